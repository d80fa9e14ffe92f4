"""Notification preferences: how somebody wants to be told of what, and when they want quiet."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, forms
from app.console.catalogue import PREFERENCES
from app.console.rendering import page
from app.console.visits import Visit, may
from core.work import open_work
from domain.conversations.kinds import NoticeKind
from domain.notifications import service as notifications
from domain.notifications.kinds import Way
from domain.notifications.schemas import ChangePreferences, Preferences

router = APIRouter(prefix="/console/@{workspace}/preferences")

Person = Annotated[Visit, may(PREFERENCES.permission)]

_EMPTIED: Final = ("phone", "quiet_from", "quiet_to")
_KINDS: Final = [kind.value for kind in NoticeKind if kind is not NoticeKind.OTHER]


def _ticked(kinds: list[str]) -> list[str]:
    """Whoever ticks everything also wants what a later release tells of."""
    return ["*"] if set(_KINDS) <= set(kinds) else kinds


@router.get("")
async def show(request: Request, visit: Person, said: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Show how the person wants to be told."""
    async with open_work(visit.principal) as work:
        chosen = await notifications.preferences(work)
    return page(
        request,
        "preferences.html",
        visit,
        current=PREFERENCES,
        chosen=chosen,
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
