"""The desk: who attends what and who is there, what is promised, and what is at hand to whoever attends."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, forms
from app.console.catalogue import DESK
from app.console.rendering import Speech, page
from app.console.visits import Visit, may
from core.access import OperationsPermission
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.attending import Assignment, DeskSettings
from domain.accounts.schemas import WorkspaceSettings, WorkspaceView
from domain.desk import canned, macros
from domain.desk.schemas import CannedReplyView, MacroView, SetCannedReply, SetMacro
from domain.teams import service as teams
from domain.teams.permissions import DeskPermission
from domain.teams.schemas import ChangeSeat, ChangeTeam, NewTeam, SeatView, TeamView

router = APIRouter(prefix="/console/@{workspace}/desk")

Manager = Annotated[Visit, may(DeskPermission.MANAGE)]

_MINUTES: Final = ("first_response_minutes", "next_response_minutes", "resolution_minutes", "unanswered_minutes")


@router.get("")
async def show(
    request: Request,
    visit: Annotated[Visit, may(DESK.permission)],
    said: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show how people attend."""
    async with open_work(visit.principal) as work:
        shop = await accounts.get_workspace(work)
        found: dict[str, Any] = {
            "seats": (await teams.list_seats(work)).items,
            "teams": await teams.list_teams(work),
            "canned_replies": await canned.list_canned(work),
            "macros": await macros.list_macros(work),
        }
    say = Speech(visit.manners.language)
    return page(
        request,
        "desk.html",
        visit,
        current=DESK,
        shop=shop,
        promised=shop.settings.desk,
        minutes=_MINUTES,
        ways_named=[(way.value, say(f"assignment.{way}")) for way in Assignment],
        variables=canned.VARIABLES,
        may_change=visit.principal.may(DeskPermission.MANAGE),
        may_promise=visit.principal.may(OperationsPermission.MANAGE),
        said=said,
        **found,
    )


def _back(visit: Visit) -> Response:
    return RedirectResponse(visit.at("desk?said=saved"), 303)


@router.post("/promises")
async def promise(request: Request, visit: Annotated[Visit, may(OperationsPermission.MANAGE)]) -> Response:
    """Say how soon people answer, who is given what, and what the agent leaves to them."""
    form = await request.form()
    topics = [line.partition(":") for line in str(form.get("topics", "")).splitlines() if line.strip()]
    given: dict[str, Any] = {
        **{name: form.get(name) or None for name in (*_MINUTES, "amount_from")},
        "assignment": form.get("assignment"),
        "capacity": form.get("capacity"),
        "vip_tags": forms.separated(form.get("vip_tags")),
        "leaves_insistent": "leaves_insistent" in form,
        "topics": [{"name": name, "words": forms.separated(words) or [name]} for name, _, words in topics],
    }
    desk = forms.judge(request, DeskSettings, given)
    seen = await forms.seen(request)
    settings = forms.judge(request, WorkspaceSettings, {"desk": desk, "open_days": await forms.chosen(request, "open_days")})
    await deeds.once(request, visit, WorkspaceView, lambda work: accounts.update_settings(work, settings, seen))
    return _back(visit)


@router.post("/teams")
async def add_team(
    request: Request,
    visit: Manager,
    name: Annotated[str, Form(max_length=60)],
    topics: Annotated[str, Form(max_length=800)] = "",
    assignment: Annotated[str, Form(max_length=20)] = Assignment.PICK,
) -> Response:
    """Add a team."""
    command = forms.judge(request, NewTeam, {"name": name, "topics": forms.separated(topics), "assignment": assignment})
    await deeds.once(request, visit, TeamView, lambda work: teams.create_team(work, command))
    return _back(visit)


@router.post("/teams/{team_id}")
async def change_team(
    request: Request,
    visit: Manager,
    team_id: UUID,
    name: Annotated[str, Form(max_length=60)],
    topics: Annotated[str, Form(max_length=800)] = "",
    assignment: Annotated[str, Form(max_length=20)] = Assignment.PICK,
    is_active: Annotated[bool, Form()] = False,
) -> Response:
    """Change a team."""
    given = {"name": name, "topics": forms.separated(topics), "assignment": assignment, "is_active": is_active}
    command, seen = forms.judge(request, ChangeTeam, given), await forms.seen(request)
    await deeds.once(request, visit, TeamView, lambda work: teams.change_team(work, team_id, command, seen))
    return _back(visit)


@router.post("/seats/{user_id}")
async def change_seat(
    request: Request,
    visit: Manager,
    user_id: UUID,
    skills: Annotated[str, Form(max_length=800)] = "",
    capacity: Annotated[str, Form(max_length=4)] = "",
) -> Response:
    """Say in which teams somebody is, what they know and how much they are given."""
    given = {"team_ids": await forms.chosen(request, "team"), "skills": forms.separated(skills), "capacity": capacity or None}
    command = forms.judge(request, ChangeSeat, given)
    await deeds.once(request, visit, SeatView, lambda work: teams.change_seat(work, user_id, command))
    return _back(visit)


@router.post("/canned")
async def set_canned(request: Request, visit: Manager, id: Annotated[UUID | None, Form()] = None) -> Response:
    """Add a text that is written often, or change it."""
    command = await forms.part(request, SetCannedReply)
    seen = await forms.seen(request) if id is not None else 0

    async def act(work: Work) -> CannedReplyView:
        return await canned.create(work, command) if id is None else await canned.change(work, id, command, seen)

    await deeds.once(request, visit, CannedReplyView, act)
    return _back(visit)


@router.post("/canned/{canned_id}/remove")
async def remove_canned(
    request: Request, visit: Manager, canned_id: UUID, reason: Annotated[str, Form(min_length=1, max_length=500)]
) -> Response:
    """Give up a text that is written often."""
    await deeds.run(request, visit, lambda work: canned.delete(work, canned_id, reason))
    return _back(visit)


@router.post("/macros")
async def set_macro(
    request: Request,
    visit: Manager,
    name: Annotated[str, Form(max_length=60)],
    id: Annotated[UUID | None, Form()] = None,
    tags: Annotated[str, Form(max_length=800)] = "",
    text: Annotated[str, Form(max_length=4000)] = "",
    then: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Add deeds that are done together, or change them."""
    command = forms.judge(request, SetMacro, {"name": name, "deeds": _deeds(forms.separated(tags), text.strip(), then)})
    seen = await forms.seen(request) if id is not None else 0

    async def act(work: Work) -> MacroView:
        return await macros.create(work, command) if id is None else await macros.change(work, id, command, seen)

    await deeds.once(request, visit, MacroView, act)
    return _back(visit)


def _deeds(tags: list[str], text: str, then: str) -> list[dict[str, object]]:
    """The deeds of a form: tags, words, and at last what becomes of the conversation."""
    last, _, detail = then.partition(":")
    ends: dict[str, dict[str, object]] = {
        "resolve": {"deed": "resolve"},
        "snooze": {"deed": "snooze", "minutes": detail or None},
        "team": {"deed": "assign", "team_id": detail},
        "person": {"deed": "assign", "operator_id": detail},
    }
    begun: list[dict[str, object]] = [{"deed": "tag", "tags": tags}] if tags else []
    spoken: list[dict[str, object]] = [{"deed": "reply", "text": text}] if text else []
    return [*begun, *spoken, *([ends[last]] if last in ends else [])]


@router.post("/macros/{macro_id}/remove")
async def remove_macro(
    request: Request, visit: Manager, macro_id: UUID, reason: Annotated[str, Form(min_length=1, max_length=500)]
) -> Response:
    """Give up deeds that are done together."""
    await deeds.run(request, visit, lambda work: macros.delete(work, macro_id, reason))
    return _back(visit)
