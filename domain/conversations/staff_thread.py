"""The one thread that each member of the staff has with the agent. Nobody else reads it, and no customer is in it."""

from uuid import UUID

from core import observability
from core.access import PrincipalKind
from core.errors import DomainError
from core.work import Work
from domain.accounts.permissions import WorkspacePermission
from domain.conversations import _desk, repository
from domain.conversations.content import Text
from domain.conversations.kinds import Author
from domain.conversations.schemas import ThreadMessage, ThreadPage


class MembersOnly(DomainError):
    """Only a person talks with the agent; a program calls the tools."""

    code = "members_only"
    http_status = 403


async def write(work: Work, text: str) -> tuple[UUID, ThreadMessage]:
    """Write to the agent; the thread begins with the first message, and its id is told with it. Raises MembersOnly."""
    work.require(WorkspacePermission.READ)
    member_id = _member(work)
    conversation = await repository.lock(work, await repository.ensure_own_of_member(work, member_id))
    assert conversation is not None, "threads are never deleted"
    conversation.last_inbound_at = work.now
    values = {
        "author": Author.OPERATOR,
        "author_id": member_id,
        "content": Text(text=text),
        "correlation_id": observability.correlation_id(),
        "received_at": work.now,
    }
    message_id = await repository.insert_incoming(work, conversation, None, values)
    assert message_id is not None, "without a line no two messages are the same"
    return conversation.id, ThreadMessage.model_validate(await repository.message(work, message_id))


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
