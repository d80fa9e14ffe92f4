"""Teams and seats: who attends what, who knows what, and who is at the desk now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from core import events, outbox
from core.access import Principal
from core.event_types import EventType
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts import colleagues, roles
from domain.accounts.attending import Assignment
from domain.accounts.colleagues import Colleague
from domain.accounts.errors import VersionConflict
from domain.accounts.permissions import WorkspacePermission
from domain.teams import repository
from domain.teams.errors import NobodyThere, TeamExists, TeamNotFound
from domain.teams.models import Seat, Team
from domain.teams.permissions import DeskPermission
from domain.teams.schemas import ChangeSeat, ChangeTeam, NewTeam, Presence, SeatList, SeatView, TeamView

ONLINE_FOR: Final = timedelta(seconds=75)
"""For how long somebody counts as there after they were seen; an open desk is seen every 15 s."""

_NOTED_FOR: Final = timedelta(seconds=14)

_ATTEND: Final = "conversations:take"
"""What whoever attends customers may do."""


@dataclass(frozen=True, slots=True)
class Attendant:
    """Somebody who may attend customers: what they know, what they are given, and whether they are there."""

    colleague: Colleague
    team_ids: frozenset[UUID]
    skills: frozenset[str]
    capacity: int | None
    is_away: bool
    is_online: bool
    seat: Seat | None

    @property
    def user_id(self) -> UUID:
        """The person."""
        return self.colleague.user_id


async def list_teams(work: Work) -> list[TeamView]:
    """All teams by name."""
    work.require(DeskPermission.READ)
    return [TeamView.model_validate(row) for row in await repository.teams(work)]


async def create_team(work: Work, command: NewTeam) -> TeamView:
    """Add a team; raises TeamExists."""
    work.require(DeskPermission.MANAGE)
    row = Team(workspace_id=work.workspace_id, id=new_id(), version=1, is_active=True, **command.model_dump())
    row.topics = list(command.topics)
    async with unique(work, TeamExists()):
        work.session.add(row)
    events.record(work, EventType.TEAM_CREATED, subject=row.id, after=command.model_dump(mode="json"))
    return TeamView.model_validate(row)


async def change_team(work: Work, team_id: UUID, command: ChangeTeam, seen: int) -> TeamView:
    """Change a team; raises TeamNotFound, TeamExists and VersionConflict."""
    work.require(DeskPermission.MANAGE)
    row = await repository.lock_team(work, team_id)
    if row is None:
        raise TeamNotFound
    if row.version != seen:
        raise VersionConflict(version=row.version)
    changed = {name: value for name, value in command.model_dump(mode="json").items() if value is not None}
    before = {name: getattr(row, name) for name in changed}
    async with unique(work, TeamExists()):
        for name, value in changed.items():
            setattr(row, name, value)
        row.version += 1
    events.record(work, EventType.TEAM_CHANGED, subject=row.id, before=before, after=changed)
    return TeamView.model_validate(row)


async def list_seats(work: Work) -> SeatList:
    """Everybody who may attend customers, by name, and whether they are at the desk."""
    work.require(DeskPermission.READ)
    found = await attendants(work.acting_for(Principal.system(work.workspace_id)))
    return SeatList(items=[_seat_view(each) for each in found])


def _seat_view(each: Attendant) -> SeatView:
    return SeatView(
        user_id=each.user_id,
        name=each.colleague.name,
        team_ids=tuple(sorted(each.team_ids)),
        skills=tuple(sorted(each.skills)),
        capacity=each.capacity,
        is_away=each.is_away,
        is_online=each.is_online,
        seen_at=each.seat.seen_at if each.seat is not None else None,
    )


async def change_seat(work: Work, user_id: UUID, command: ChangeSeat) -> SeatView:
    """Say in which teams somebody is, what they know and how much they are given. Raises NobodyThere and TeamNotFound."""
    work.require(DeskPermission.MANAGE)
    await require_attendant(work, user_id)
    if not set(command.team_ids or ()) <= {team.id for team in await repository.teams(work)}:
        raise TeamNotFound
    row = await repository.lock_seat(work, user_id)
    given = command.model_fields_set
    if command.team_ids is not None:
        row.team_ids = list(command.team_ids)
    if command.skills is not None:
        row.skills = sorted(set(command.skills))
    if "capacity" in given:
        row.capacity = command.capacity
    await work.session.flush()
    events.record(work, EventType.SEAT_CHANGED, subject=user_id, after=command.model_dump(mode="json", exclude_unset=True))
    outbox.enqueue(work, "handoff.assign")
    return next(each for each in (await list_seats(work)).items if each.user_id == user_id)


async def be_present(work: Work, presence: Presence | None = None) -> None:
    """Note that the caller is at the desk, and whether they take conversations if they say so.

    Whoever comes back is given what waits. Raises NotPermitted for a program: nobody sits there.
    """
    work.require(WorkspacePermission.READ)
    user_id = work.require_person()
    if presence is None:
        await repository.see(work, user_id, work.system_time - _NOTED_FOR)
        return
    row = await repository.lock_seat(work, user_id)
    row.is_away, row.seen_at = presence.is_away, work.system_time
    await work.session.flush()
    if not presence.is_away:
        outbox.enqueue(work, "handoff.assign")


async def attendants(work: Work) -> list[Attendant]:
    """Everybody who may attend customers, as that is now."""
    work.require_runtime()
    seats = await repository.seats(work)
    attend = next(each for each in roles.permissions() if each == _ATTEND)
    people = [person for person in await colleagues.active(work) if person.may(attend)]
    return [_attendant(work, person, seats.get(person.user_id)) for person in people]


def _attendant(work: Work, person: Colleague, seat: Seat | None) -> Attendant:
    is_there = seat is not None and seat.seen_at is not None and work.system_time - seat.seen_at <= ONLINE_FOR
    is_away = seat is not None and seat.is_away
    return Attendant(
        colleague=person,
        team_ids=frozenset(seat.team_ids if seat is not None else ()),
        skills=frozenset(seat.skills if seat is not None else ()),
        capacity=seat.capacity if seat is not None else None,
        is_away=is_away,
        is_online=is_there and not is_away,
        seat=seat,
    )


async def require_attendant(work: Work, user_id: UUID) -> None:
    """Raise NobodyThere unless somebody works here and may attend customers."""
    work.require(DeskPermission.READ)
    found = await attendants(work.acting_for(Principal.system(work.workspace_id)))
    if user_id not in {each.user_id for each in found}:
        raise NobodyThere


async def require_team(work: Work, team_id: UUID) -> None:
    """Raise TeamNotFound unless there is such a team that is active."""
    work.require(DeskPermission.READ)
    if team_id not in {team.id for team in await repository.teams(work) if team.is_active}:
        raise TeamNotFound


async def route(work: Work, about: Collection[str]) -> UUID | None:
    """The team to which a conversation about something comes: the first by name that has one of the words."""
    work.require_agent()
    found = await repository.teams(work)
    return next((team.id for team in found if team.is_active and not set(team.topics).isdisjoint(about)), None)


async def assignments(work: Work) -> dict[UUID, Assignment]:
    """How each active team finds the person for a conversation."""
    work.require_runtime()
    return {team.id: team.assignment for team in await repository.teams(work) if team.is_active}


async def is_desk_empty(work: Work) -> bool:
    """Whether nobody is at the desk, in a shop whose desk is used at all."""
    work.require_agent()
    people = await attendants(work.acting_for(Principal.system(work.workspace_id)))
    known = [each for each in people if each.seat is not None and each.seat.seen_at is not None]
    return bool(known) and not any(each.is_online for each in known)
