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
from domain.phones import service as phones
from domain.phones.service import NewPhone, NewPin, PhoneView

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


@router.get("/assistant/phone")
async def phone(caller: Reader) -> PhoneView:
    """Show the telephone from which the caller asks, and whether it is proven."""
    async with open_work(caller) as work:
        return await phones.own(work)


@router.post("/assistant/phone", status_code=201)
async def name_phone(write: Writer, body: NewPhone) -> PhoneView:
    """Name a telephone; it is proven by sending the code of this answer from it to a line of the shop."""
    return await write.once(PhoneView, lambda work: phones.name(work, body), is_secret=True)


@router.delete("/assistant/phone", status_code=204)
async def forget_phone(write: Writer) -> None:
    """Ask from no telephone any more, and be told on none."""
    await write.run(phones.forget)


@router.post("/assistant/pin")
async def choose_pin(write: Writer, body: NewPin) -> PhoneView:
    """Choose the PIN with which a change that was asked for from the telephone is agreed to."""
    return await write.once(PhoneView, lambda work: phones.choose_pin(work, body))
