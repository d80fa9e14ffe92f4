"""The one thread that each member of the staff has with the agent. Nobody else reads it, and no customer is in it."""

from collections.abc import Collection
from uuid import UUID

from core import observability
from core.access import PrincipalKind
from core.errors import DomainError
from core.work import Work
from domain.accounts.permissions import WorkspacePermission
from domain.conversations import _desk, _turns, repository
from domain.conversations.content import Text
from domain.conversations.kinds import Author
from domain.conversations.schemas import Incoming, ThreadMessage, ThreadPage


class MembersOnly(DomainError):
    """Only a person talks with the agent; a program calls the tools."""

    code = "members_only"
    http_status = 403


async def write(work: Work, text: str) -> tuple[UUID, ThreadMessage]:
    """Write to the agent; the thread begins with the first message, and its id is told with it. Raises MembersOnly."""
    work.require(WorkspacePermission.READ)
    member_id = _member(work)
    conversation_id, message_id = await _written(work, member_id, Text(text=text), None, {})
    assert message_id is not None, "without a line no two messages are the same"
    return conversation_id, ThreadMessage.model_validate(await repository.message(work, message_id))


async def write_from_line(
    work: Work, member_id: UUID, line_id: UUID, incoming: Incoming, text: str
) -> tuple[UUID, UUID | None]:
    """What a member has written on a line of the shop, as `text`; the thread, and the message, None for a repetition."""
    work.require_runtime()
    known: dict[str, object] = {
        "provider_message_id": incoming.provider_message_id,
        "inbound_event_id": incoming.inbound_event_id,
        "batch_position": incoming.batch_position,
        "received_at": min(incoming.received_at, work.now),
    }
    return await _written(work, member_id, Text(text=text), line_id, known)


async def line_of(work: Work, message_ids: Collection[UUID]) -> UUID | None:
    """The line by which some messages of a member's thread came, None where they were written on a page."""
    work.require_agent()
    return await _turns.line_of(work, message_ids)


async def _written(
    work: Work, member_id: UUID, content: Text, line_id: UUID | None, known: dict[str, object]
) -> tuple[UUID, UUID | None]:
    conversation = await repository.lock(work, await repository.ensure_own_of_member(work, member_id))
    assert conversation is not None, "threads are never deleted"
    conversation.last_inbound_at = work.now
    values = {
        "author": Author.OPERATOR,
        "author_id": member_id,
        "content": content,
        "correlation_id": observability.correlation_id(),
        "received_at": work.now,
        **known,
    }
    return conversation.id, await repository.insert_incoming(work, conversation, line_id, values)


async def read(work: Work, limit: int = 20, after: str | None = None) -> ThreadPage:
    """What was said in one's own thread, the newest first. Raises MembersOnly."""
    work.require(WorkspacePermission.READ)
    conversation = await repository.own_of_member(work, _member(work))
    if conversation is None:
        return ThreadPage(items=[], next_cursor=None)
    return await _desk.page_of_thread(work, conversation.id, limit, after)


def _member(work: Work) -> UUID:
    if work.principal.kind is not PrincipalKind.USER or work.principal.id is None:
        raise MembersOnly
    return work.principal.id
