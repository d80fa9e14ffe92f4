"""The assistant: a member of the staff asks the shop for its figures, in a thread of their own."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from agent.audiences.staff import chat
from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.accounts.permissions import WorkspacePermission
from domain.conversations import staff_thread
from domain.conversations.schemas import ThreadMessage

router = noun("assistant")

Reader = Annotated[Principal, may(WorkspacePermission.READ)]
Writer = Annotated[Write, may_write(WorkspacePermission.READ)]


class NewMessage(BaseModel):
    """What a member writes to the assistant."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=1_000)


@router.post("/assistant/messages", status_code=202)
async def write(write: Writer, body: NewMessage) -> ThreadMessage:
    """Ask for something; the answer stands in the thread as soon as it is thought. With the same key it is asked once."""
    return await write.once(ThreadMessage, lambda work: chat.write(work, body.text))


@router.get("/assistant/messages")
async def list_(caller: Reader, paging: Paged) -> Page[ThreadMessage]:
    """Show what was said in one's own thread, the newest first. Nobody else's can be read."""
    async with open_work(caller) as work:
        found = await staff_thread.read(work, paging.limit, paging.place)
    return paging.page(found.items, found.next_cursor)
