"""What is done with a conversation in the inbox besides answering it: passed on, put off, settled, tagged, and by macro."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from agent import macros, takeover
from agent.takeover import Takeover
from app.console import deeds, forms, talk
from app.console.at_hand import at_hand
from app.console.catalogue import INBOX
from app.console.inbox import Reader, Taker, Writer
from app.console.parts import answer
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.bulk import BulkAnswer, told
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.attending import Word
from domain.accounts.permissions import WorkspacePermission
from domain.conversations import desk, handoffs, numbers
from domain.conversations.kinds import HandoffOutcome
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import DeskEntry, DeskFilter, HandoffView, Queue, ShownNumber, Transfer
from domain.customers.permissions import CustomersPermission
from domain.desk import planned, views
from domain.desk.schemas import DeedForMany, PlannedReplyView, PlanReply, SetView, ViewOfDesk
from domain.teams import service as teams
from domain.teams.schemas import Presence

router = APIRouter(prefix="/console/@{workspace}/inbox")

Rest = Literal["writes", "60", "240", "tomorrow"]

_MORNING: Final = timedelta(hours=9)


class _Tags(BaseModel):
    model_config = ConfigDict(frozen=True)

    tags: Annotated[tuple[Word, ...], Field(max_length=20)]


class _DeedInMany(BaseModel):
    model_config = ConfigDict(frozen=True)

    deed: DeedForMany


@router.post("/presence")
async def be_present(
    request: Request, visit: Annotated[Visit, may(WorkspacePermission.READ)], is_away: Annotated[bool, Form()]
) -> Response:
    """Say whether one takes conversations now."""
    await deeds.run(request, visit, lambda work: teams.be_present(work, Presence(is_away=is_away)))
    return RedirectResponse(visit.at("inbox"), 303)


@router.post("/views")
async def keep_view(request: Request, visit: Reader) -> Response:
    """Keep the filters that are set under a name."""
    values = {name: str(value) for name, value in (await request.form()).items() if isinstance(value, str) and value}
    fields = DeskFilter.model_fields.keys() - {"customer_ids"}
    filters = forms.judge(request, DeskFilter, {name: value for name, value in values.items() if name in fields})
    command = forms.judge(
        request,
        SetView,
        {"name": values.get("name", ""), "is_shared": "is_shared" in values, "filters": filters},
    )
    made = await deeds.once(request, visit, ViewOfDesk, lambda work: views.create(work, command))
    query = talk.Wanted(made.filters).address
    return RedirectResponse(visit.at(f"inbox?{query}"), 303)


@router.post("/views/{view_id}/remove")
async def remove_view(request: Request, visit: Reader, view_id: UUID) -> Response:
    """Give up a view."""
    await deeds.run(request, visit, lambda work: views.delete(work, view_id))
    return RedirectResponse(visit.at("inbox"), 303)


Chosen = Annotated[list[UUID], Query(alias="id", min_length=1, max_length=100)]
Choice = Literal["assign", "snooze", "resolve", "tag"]


@router.get("/many")
async def choose_many(request: Request, visit: Reader, chosen: Chosen) -> Response:
    """Show the chosen conversations, and what can be done in all of them."""
    return await _many(request, visit, chosen)


async def _many(request: Request, visit: Visit, chosen: Sequence[UUID], answer: BulkAnswer | None = None) -> Response:
    async with open_work(visit.principal) as work:
        entries = [await desk.get_entry(work, each) for each in dict.fromkeys(chosen)]
        names = await accounts.names(work, {each.operator_id for each in entries if each.operator_id})
        hand = await at_hand(work, None)
    return page(
        request,
        "inbox_many.html",
        visit,
        current=INBOX,
        entries=entries,
        names=names,
        at_hand=hand,
        answer=answer,
        may_take=visit.principal.may(ConversationsPermission.TAKE),
        may_reply=visit.principal.may(ConversationsPermission.REPLY),
    )


@router.post("/many")
async def do_in_many(
    request: Request,
    visit: Reader,
    chosen: Annotated[list[UUID], Form(alias="id", min_length=1, max_length=100)],
    deed: Annotated[Choice, Form()],
    to: Annotated[str, Form(max_length=60)] = "",
    rests: Annotated[Rest, Form(alias="for")] = "writes",
    note: Annotated[str, Form(max_length=1000)] = "",
    tags: Annotated[str, Form(max_length=800)] = "",
) -> Response:
    """Pass on, put off, settle or tag the chosen conversations, each by itself, and say beside each what came of it."""
    ids = list(dict.fromkeys(chosen))

    async def act(work: Work) -> BulkAnswer:
        until = _until(visit, rests, work.now)
        fields: dict[Choice, dict[str, Any]] = {
            "assign": _recipient(to),
            "snooze": {"minutes": None if until is None else math.ceil((until - work.now) / timedelta(minutes=1))},
            "resolve": {"note": note.strip() or None},
            "tag": {"tags": forms.separated(tags)},
        }
        command = forms.judge(request, _DeedInMany, {"deed": {"deed": deed, **fields[deed]}})
        return told(await macros.in_each(work, ids, command.deed), visit.manners.language)

    return await _many(request, visit, ids, await deeds.once(request, visit, BulkAnswer, act))


def _recipient(to: str) -> dict[str, Any]:
    """Whom a field `team:…` or `person:…` names."""
    kind, _, chosen = to.partition(":")
    return {"team_id" if kind == "team" else "operator_id": chosen or None}


@router.post("/{conversation_id}/resolve")
async def resolve(
    request: Request,
    visit: Taker,
    conversation_id: UUID,
    note: Annotated[str, Form(max_length=1000)] = "",
    go: Annotated[Literal["", "next"], Form()] = "",
) -> Response:
    """Settle what people were asked for, and go on to the next conversation if that is wanted."""
    said = note.strip() or None
    await deeds.once(
        request, visit, HandoffView, lambda work: takeover.release(work, conversation_id, said, HandoffOutcome.RESOLVED)
    )
    return await _next(visit) if go else await answer(request, visit, conversation_id)


async def _next(visit: Visit) -> Response:
    """The one of one's own that is open, or the one that waits longest."""
    async with open_work(visit.principal) as work:
        for queue in (Queue.MINE, Queue.WAITING):
            found = (await desk.list_conversations(work, DeskFilter(queue=queue), limit=1)).items
            if found:
                return RedirectResponse(visit.at(f"inbox/{found[0].id}?queue={queue}"), 303)
    return RedirectResponse(visit.at("inbox?queue=waiting"), 303)


@router.post("/{conversation_id}/reopen")
async def reopen(request: Request, visit: Taker, conversation_id: UUID) -> Response:
    """Take up again what was given back or settled."""
    taken = await deeds.once(request, visit, Takeover, lambda work: takeover.reopen(work, conversation_id))
    return await answer(request, visit, conversation_id, taken=taken)


@router.post("/{conversation_id}/transfer")
async def transfer(
    request: Request,
    visit: Taker,
    conversation_id: UUID,
    to: Annotated[str, Form(max_length=60)],
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Give a conversation to a colleague or a team."""
    command = forms.judge(request, Transfer, _recipient(to) | {"note": note.strip() or None})
    await deeds.once(request, visit, HandoffView, lambda work: handoffs.transfer(work, conversation_id, command))
    return await answer(request, visit, conversation_id)


@router.post("/{conversation_id}/snooze")
async def snooze(
    request: Request,
    visit: Taker,
    conversation_id: UUID,
    rests: Annotated[Rest, Form(alias="for")],
) -> Response:
    """Let a conversation rest until the customer writes, for some hours, or until the shop opens tomorrow."""

    async def act(work: Work) -> HandoffView:
        return await handoffs.snooze(work, conversation_id, _until(visit, rests, work.now))

    await deeds.once(request, visit, HandoffView, act)
    return await answer(request, visit, conversation_id)


def _until(visit: Visit, rests: str, now: datetime) -> datetime | None:
    if rests == "writes":
        return None
    if rests != "tomorrow":
        return now + timedelta(minutes=int(rests))
    zone = visit.workspace.zone
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), datetime.min.time(), zone)
    return visit.workspace.hours.opening(midnight) or midnight + _MORNING


@router.post("/{conversation_id}/wake")
async def wake(request: Request, visit: Taker, conversation_id: UUID) -> Response:
    """End the rest of a conversation."""
    await deeds.once(request, visit, HandoffView, lambda work: handoffs.wake(work, conversation_id))
    return await answer(request, visit, conversation_id)


@router.post("/{conversation_id}/tags")
async def tag(
    request: Request, visit: Writer, conversation_id: UUID, tags: Annotated[str, Form(max_length=800)] = ""
) -> Response:
    """Give a conversation tags, separated by commas, in the place of those that it had."""
    wanted = forms.judge(request, _Tags, {"tags": forms.separated(tags)})
    await deeds.once(request, visit, DeskEntry, lambda work: desk.tag(work, conversation_id, wanted.tags))
    return await answer(request, visit, conversation_id)


@router.post("/{conversation_id}/number")
async def show_number(
    request: Request, visit: Annotated[Visit, may(CustomersPermission.REVEAL)], conversation_id: UUID
) -> Response:
    """Show the customer's whole number until the page is left; that it was shown is kept."""
    shown = await deeds.once(request, visit, ShownNumber, lambda work: numbers.show(work, conversation_id), is_secret=True)
    return await answer(request, visit, conversation_id, number=shown.number)


@router.post("/{conversation_id}/macros/{macro_id}")
async def run_macro(
    request: Request, visit: Writer, conversation_id: UUID, macro_id: UUID, seen: Annotated[UUID, Form()]
) -> Response:
    """Do the deeds of a macro, all of them or none."""
    await deeds.once(request, visit, DeskEntry, lambda work: macros.run(work, conversation_id, macro_id, seen))
    return await answer(request, visit, conversation_id)


@router.post("/{conversation_id}/planned")
async def plan(
    request: Request,
    visit: Writer,
    conversation_id: UUID,
    text: Annotated[str, Form(min_length=1, max_length=4096)],
    seen: Annotated[UUID, Form()],
    send_at: Annotated[datetime | None, Form()] = None,
) -> Response:
    """Have a reply go out later, by the clock of the shop."""
    at = send_at.replace(tzinfo=visit.workspace.zone) if send_at is not None else None
    command = forms.judge(request, PlanReply, {"text": text, "send_at": at, "last_seen_message_id": seen})
    await deeds.once(request, visit, PlannedReplyView, lambda work: planned.plan(work, conversation_id, command))
    return await answer(request, visit, conversation_id, planned=True)


@router.post("/{conversation_id}/planned/{planned_id}/cancel")
async def cancel_planned(request: Request, visit: Writer, conversation_id: UUID, planned_id: UUID) -> Response:
    """Take back one's own reply that waits for its time; its words are given back."""
    kept = await deeds.once(request, visit, PlannedReplyView, lambda work: planned.cancel(work, conversation_id, planned_id))
    return await answer(request, visit, conversation_id, taken_back=kept.text)
