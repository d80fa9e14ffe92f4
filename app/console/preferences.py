"""Notification preferences: how somebody wants to be told of what, and when they want quiet."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, forms
from app.console.catalogue import PREFERENCES
from app.console.rendering import page
from app.console.visits import Visit, may
from core.work import open_work
from domain.connections import service as connections
from domain.connections.medium import Medium
from domain.conversations.kinds import NoticeKind
from domain.notifications import service as notifications
from domain.notifications.kinds import Way
from domain.notifications.schemas import ChangePreferences, Preferences
from domain.phones import service as phones
from domain.phones.service import NewPhone, NewPin, PhoneView

router = APIRouter(prefix="/console/@{workspace}/preferences")

Person = Annotated[Visit, may(PREFERENCES.permission)]

_EMPTIED: Final = ("quiet_from", "quiet_to")
_NO_CHOICE: Final = (NoticeKind.OTHER, NoticeKind.ASSISTANT_ANSWERED)
_KINDS: Final = [kind.value for kind in NoticeKind if kind not in _NO_CHOICE]


def _ticked(kinds: list[str]) -> list[str]:
    """Whoever ticks everything also wants what a later release tells of."""
    return ["*"] if set(_KINDS) <= set(kinds) else kinds


@router.get("")
async def show(request: Request, visit: Person, said: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Show how the person wants to be told."""
    async with open_work(visit.principal) as work:
        chosen = await notifications.preferences(work)
        phone = await phones.own(work)
    return await _show(request, visit, chosen, phone, said)


async def _show(request: Request, visit: Visit, chosen: Preferences, phone: PhoneView, said: str = "") -> Response:
    """The page; a code to be sent from the telephone is in this answer and in no other."""
    async with open_work(visit.principal) as work:
        lines = [each for each in await connections.all_of_workspace(work) if each.is_active and each.medium is Medium.WHATSAPP]
    return page(
        request,
        "preferences.html",
        visit,
        current=PREFERENCES,
        chosen=chosen,
        phone=phone,
        lines=lines,
        ways=list(Way),
        kinds=_KINDS,
        said=said,
    )


@router.post("")
async def change(request: Request, visit: Person) -> Response:
    """Choose on which ways one is told of what, and when one wants quiet."""
    emptied = await forms.emptied(request, *_EMPTIED)
    ways = {way.value: _ticked(await forms.chosen(request, way.value)) for way in Way}
    command = await forms.part(request, ChangePreferences, ways=ways, **emptied)
    seen = await forms.seen(request)
    await deeds.once(request, visit, Preferences, lambda work: notifications.change_preferences(work, command, seen))
    return RedirectResponse(visit.at("preferences?said=saved"), 303)


@router.post("/phone")
async def name_phone(request: Request, visit: Person) -> Response:
    """Name one's telephone; the code that proves it is shown once."""
    command = await forms.part(request, NewPhone)
    named = await deeds.once(request, visit, PhoneView, lambda work: phones.name(work, command), is_secret=True)
    async with open_work(visit.principal) as work:
        chosen = await notifications.preferences(work)
    return await _show(request, visit, chosen, named)


@router.post("/phone/forget")
async def forget_phone(request: Request, visit: Person) -> Response:
    """Be reached on no telephone any more."""
    async with open_work(visit.principal) as work:
        await phones.forget(work)
    return RedirectResponse(visit.at("preferences?said=saved"), 303)


@router.post("/pin")
async def choose_pin(request: Request, visit: Person) -> Response:
    """Choose the PIN for changes from one's telephone."""
    command = await forms.part(request, NewPin)
    await deeds.once(request, visit, PhoneView, lambda work: phones.choose_pin(work, command))
    return RedirectResponse(visit.at("preferences?said=saved"), 303)
