"""`nexova handoff`: the conversations that need a person, and giving one back to the agent."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from pydantic import BaseModel

from agent import takeover
from app.cli import session
from app.cli.terminal import AsJson, InWorkspace, fail, show
from core.work import Work, open_work
from domain.accounts.schemas import WorkspaceRef
from domain.conversations import service as conversations

group = typer.Typer(no_args_is_help=True)


class Row(BaseModel):
    """One conversation that needs a person, or has one."""

    workspace: str
    conversation: UUID
    reason: str
    detail: str | None
    requested_at: datetime
    taken_by: UUID | None


async def _of(work: Work, ref: WorkspaceRef) -> list[Row]:
    return [
        Row(
            workspace=ref.slug,
            conversation=one.conversation_id,
            reason=one.reason,
            detail=one.detail,
            requested_at=one.requested_at,
            taken_by=one.taken_by,
        )
        for one in await conversations.open_handoffs(work)
    ]


async def _release(conversation: UUID, note: str | None) -> bool:
    """Give the conversation back, in whichever workspace it is open."""
    for _, principal in await session.workspaces(None):
        async with open_work(principal) as work:
            if any(one.conversation_id == conversation for one in await conversations.open_handoffs(work)):
                await takeover.release(work, conversation, note)
                return True
    return False


@group.command("list")
def list_handoffs(workspace: InWorkspace = None, as_json: AsJson = False) -> None:
    """List the conversations that wait for a person or are with one, with the reason."""
    show(session.run(lambda: session.in_each(workspace, _of)), as_json=as_json, empty="No conversation needs a person.")


@group.command()
def release(
    conversation: Annotated[UUID, typer.Argument(help="The id of the conversation.")],
    note: Annotated[str | None, typer.Option(help="What was agreed; the agent is told.")] = None,
) -> None:
    """Give a conversation back to the agent."""
    if not session.run(lambda: _release(conversation, note)):
        fail(f"the conversation {conversation} does not wait for a person and is not with one.")
    print("The agent has the conversation again.")
