"""Who is given what waits: the longest waiting first, to whoever is there, knows of it and has room."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.attending import Assignment
from domain.conversations import _handoffs as sql
from domain.conversations import handoffs, repository
from domain.conversations.kinds import Voice
from domain.conversations.models import Handoff
from domain.teams import service as teams
from domain.teams.service import Attendant

AGAIN: Final = timedelta(seconds=20)
"""How soon somebody is looked for again where nobody was there or had room."""

_LOCK: Final = 0x6E786173
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def assign(work: Work) -> int:
    """Offer what waits and is nobody's, the longest waiting first; how many were offered.

    One worker does so in a workspace at a time, or two would fill the same room.
    """
    work.require_runtime()
    await work.session.execute(select(func.pg_advisory_xact_lock(_LOCK, func.hashtext(str(work.workspace_id)))))
    waiting = await sql.to_assign(work)
    if not waiting:
        return 0
    desk = (await accounts.get_workspace(work)).settings.desk
    ways = await teams.assignments(work)
    people = await teams.attendants(work)
    loads = await sql.loads(work)
    offered = 0
    # In the order in which whoever locks several does so, or this one and a merge of customers would wait for each other.
    locked = {id: await repository.lock(work, id) for id in sorted(id for id, _ in waiting)}
    for conversation_id, handoff_id in waiting:
        conversation = locked[conversation_id]
        handoff = await repository.open_handoff(work, conversation_id)
        if conversation is None or handoff is None or handoff.id != handoff_id or not _is_free(conversation.voice, handoff):
            continue
        way = ways.get(handoff.team_id, desk.assignment) if handoff.team_id is not None else desk.assignment
        if way is Assignment.PICK:
            handoff.assign_at = None
            continue
        fit = [each for each in _fit(people, handoff) if loads.get(each.user_id, 0) < (each.capacity or desk.capacity)]
        chosen = _next(fit, way, loads, await sql.last_left_by(work, handoff.id))
        if chosen is None:
            handoff.assign_at = work.system_time + AGAIN
            continue
        await handoffs.offer(work, conversation, handoff, chosen.user_id)
        loads[chosen.user_id] = loads.get(chosen.user_id, 0) + 1
        if chosen.seat is not None:
            chosen.seat.offered_at = func.clock_timestamp()
            await work.session.flush()
            await work.session.refresh(chosen.seat)
        offered += 1
    return offered


def _is_free(voice: Voice, handoff: Handoff) -> bool:
    return voice == Voice.WAITING and handoff.offered_to is None and not handoff.is_snoozed


def _fit(people: Iterable[Attendant], handoff: Handoff) -> list[Attendant]:
    """Whoever is there, in the team, and knows of the topic; where nobody at all knows of it, everybody in the team."""
    team = [each for each in people if handoff.team_id is None or handoff.team_id in each.team_ids]
    about = handoff.topic or handoff.reason.value
    knowing = [each for each in team if about in each.skills]
    return [each for each in (knowing or team) if each.is_online]


def _next(fit: list[Attendant], way: Assignment, loads: dict[UUID, int], left_by: UUID | None) -> Attendant | None:
    """The next of those who fit; whoever has just let it wait is asked only where nobody else is there."""
    others = [each for each in fit if each.user_id != left_by] or fit

    def turn(each: Attendant) -> tuple[int, datetime, str]:
        last = each.seat.offered_at if each.seat is not None and each.seat.offered_at is not None else _NEVER
        load = loads.get(each.user_id, 0)
        return (load if way is Assignment.LOAD else 0, last, str(each.user_id))

    return min(others, key=turn, default=None)
