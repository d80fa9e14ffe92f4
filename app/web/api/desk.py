"""The desk: canned replies, macros, replies that go out later, and views of the queues."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from agent import macros as doing
from app.web.api.callers import may
from app.web.api.lists import Page
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Why, Write, may_write
from core.access import Principal
from core.work import open_work
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import DeskEntry
from domain.desk import canned, macros, planned, views
from domain.desk.schemas import (
    CannedReplyView,
    MacroView,
    PlannedReplyView,
    PlanReply,
    SetCannedReply,
    SetMacro,
    SetView,
    ViewOfDesk,
)
from domain.teams.permissions import DeskPermission

router = noun("desk")

Reader = Annotated[Principal, may(DeskPermission.READ)]
Manager = Annotated[Write, may_write(DeskPermission.MANAGE)]
Writer = Annotated[Write, may_write(ConversationsPermission.REPLY)]


class RunMacro(BaseModel):
    """In which state a macro is run."""

    model_config = ConfigDict(extra="forbid")

    last_seen_message_id: UUID


@router.get("/canned-replies")
async def list_canned(caller: Reader) -> Page[CannedReplyView]:
    """List the texts that are written often."""
    async with open_work(caller) as work:
        return Page(data=await canned.list_canned(work), has_more=False, next_cursor=None)


@router.post("/canned-replies", status_code=201)
async def create_canned(write: Manager, body: SetCannedReply, response: Response) -> CannedReplyView:
    """Add a text that is written often."""
    made = await write.once(CannedReplyView, lambda work: canned.create(work, body))
    tell(response, made.version)
    return made


@router.put("/canned-replies/{canned_id}")
async def change_canned(
    write: Manager, seen: SeenVersion, canned_id: UUID, body: SetCannedReply, response: Response
) -> CannedReplyView:
    """Change a text that is written often."""
    changed = await write.once(CannedReplyView, lambda work: canned.change(work, canned_id, body, seen))
    tell(response, changed.version)
    return changed


@router.delete("/canned-replies/{canned_id}", status_code=204)
async def delete_canned(write: Manager, canned_id: UUID, why: Why) -> None:
    """Give up a text that is written often."""
    await write.run(lambda work: canned.delete(work, canned_id, why))


@router.get("/macros")
async def list_macros(caller: Reader) -> Page[MacroView]:
    """List the deeds that are done together."""
    async with open_work(caller) as work:
        return Page(data=await macros.list_macros(work), has_more=False, next_cursor=None)


@router.post("/macros", status_code=201)
async def create_macro(write: Manager, body: SetMacro, response: Response) -> MacroView:
    """Add deeds that are done together."""
    made = await write.once(MacroView, lambda work: macros.create(work, body))
    tell(response, made.version)
    return made


@router.put("/macros/{macro_id}")
async def change_macro(write: Manager, seen: SeenVersion, macro_id: UUID, body: SetMacro, response: Response) -> MacroView:
    """Change deeds that are done together."""
    changed = await write.once(MacroView, lambda work: macros.change(work, macro_id, body, seen))
    tell(response, changed.version)
    return changed


@router.delete("/macros/{macro_id}", status_code=204)
async def delete_macro(write: Manager, macro_id: UUID, why: Why) -> None:
    """Give up deeds that are done together."""
    await write.run(lambda work: macros.delete(work, macro_id, why))


@router.post("/conversations/{conversation_id}/macros/{macro_id}")
async def run_macro(write: Writer, conversation_id: UUID, macro_id: UUID, body: RunMacro) -> DeskEntry:
    """Do the deeds of a macro in a conversation, all of them or none."""
    return await write.once(DeskEntry, lambda work: doing.run(work, conversation_id, macro_id, body.last_seen_message_id))


@router.get("/conversations/{conversation_id}/planned")
async def list_planned(
    caller: Annotated[Principal, may(ConversationsPermission.READ)], conversation_id: UUID
) -> Page[PlannedReplyView]:
    """List the replies of a conversation that go out later."""
    async with open_work(caller) as work:
        return Page(data=list(await planned.waiting(work, conversation_id)), has_more=False, next_cursor=None)


@router.post("/conversations/{conversation_id}/planned", status_code=201)
async def plan(write: Writer, conversation_id: UUID, body: PlanReply) -> PlannedReplyView:
    """Have a reply go out later, if it still fits then."""
    return await write.once(PlannedReplyView, lambda work: planned.plan(work, conversation_id, body))


@router.post("/conversations/{conversation_id}/planned/{planned_id}/cancel")
async def cancel_planned(write: Writer, conversation_id: UUID, planned_id: UUID) -> PlannedReplyView:
    """Take back one's own reply that waits for its time."""
    return await write.once(PlannedReplyView, lambda work: planned.cancel(work, conversation_id, planned_id))


@router.get("/views")
async def list_views(caller: Annotated[Principal, may(ConversationsPermission.READ)]) -> Page[ViewOfDesk]:
    """List the views of the queues: the caller's own, and everybody's."""
    async with open_work(caller) as work:
        return Page(data=await views.list_views(work), has_more=False, next_cursor=None)


@router.post("/views", status_code=201)
async def create_view(write: Annotated[Write, may_write(ConversationsPermission.READ)], body: SetView) -> ViewOfDesk:
    """Keep filters of the queues under a name; one that is shared is everybody's."""
    return await write.once(ViewOfDesk, lambda work: views.create(work, body))


@router.delete("/views/{view_id}", status_code=204)
async def delete_view(write: Annotated[Write, may_write(ConversationsPermission.READ)], view_id: UUID) -> None:
    """Give up a view."""
    await write.run(lambda work: views.delete(work, view_id))
