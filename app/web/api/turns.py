"""Turns: how the agent came to what it said, for whoever runs the house."""

from typing import Annotated
from uuid import UUID

from agent import traces
from agent.traces import Trace, TurnLine
from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from core.access import OperationsPermission, Principal
from core.work import open_work

router = noun("turns")

Reader = Annotated[Principal, may(OperationsPermission.MANAGE)]


@router.get("/turns")
async def list_(caller: Reader, paging: Paged, conversation_id: UUID | None = None) -> Page[TurnLine]:
    """List the turns of the agent with customers, of one conversation or of all, the newest first."""
    async with open_work(caller) as work:
        found = await traces.turns(work, conversation_id, paging.limit, paging.place)
    return paging.page(found.items, found.next_cursor)


@router.get("/turns/{turn_id}")
async def read(caller: Reader, turn_id: UUID) -> Trace:
    """Show one turn: what was heard, each step of model and tools, the moves, those that did not hold, and what went out."""
    async with open_work(caller) as work:
        return await traces.trace(work, turn_id)
