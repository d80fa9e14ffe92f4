"""Teams, and the seats at the desk: who attends what, and who is there."""

from typing import Annotated
from uuid import UUID

from fastapi import Response

from app.web.api.callers import may
from app.web.api.lists import Page
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.accounts.permissions import WorkspacePermission
from domain.teams import service as teams
from domain.teams.permissions import DeskPermission
from domain.teams.schemas import ChangeSeat, ChangeTeam, NewTeam, Presence, SeatView, TeamView

router = noun("teams")

Reader = Annotated[Principal, may(DeskPermission.READ)]
Manager = Annotated[Write, may_write(DeskPermission.MANAGE)]


@router.get("/teams")
async def list_(caller: Reader) -> Page[TeamView]:
    """List the teams by name."""
    async with open_work(caller) as work:
        return Page(data=await teams.list_teams(work), has_more=False, next_cursor=None)


@router.post("/teams", status_code=201)
async def create(write: Manager, body: NewTeam, response: Response) -> TeamView:
    """Add a team."""
    made = await write.once(TeamView, lambda work: teams.create_team(work, body))
    tell(response, made.version)
    return made


@router.patch("/teams/{team_id}")
async def change(write: Manager, seen: SeenVersion, team_id: UUID, body: ChangeTeam, response: Response) -> TeamView:
    """Change a team."""
    changed = await write.once(TeamView, lambda work: teams.change_team(work, team_id, body, seen))
    tell(response, changed.version)
    return changed


@router.get("/seats")
async def seats(caller: Reader) -> Page[SeatView]:
    """List who may attend customers: their teams, what they know, and whether they are there."""
    async with open_work(caller) as work:
        return Page(data=(await teams.list_seats(work)).items, has_more=False, next_cursor=None)


@router.patch("/seats/{user_id}")
async def change_seat(write: Manager, user_id: UUID, body: ChangeSeat) -> SeatView:
    """Say in which teams somebody is, what they know, and how much they are given."""
    return await write.once(SeatView, lambda work: teams.change_seat(work, user_id, body))


@router.put("/presence", status_code=204)
async def be_present(write: Annotated[Write, may_write(WorkspacePermission.READ)], body: Presence) -> None:
    """Say that the caller is at the desk, and whether they take conversations; it holds for a little more than a minute."""
    await write.run(lambda work: teams.be_present(work, body))
