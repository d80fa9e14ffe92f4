"""Notifications: the inbox of whoever is signed in, and how they want to be told."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import Work, open_work
from domain.accounts.permissions import WorkspacePermission
from domain.conversations.kinds import NoticeKind
from domain.notifications import service as notifications
from domain.notifications.schemas import ChangePreferences, NoticeView, Preferences

router = noun("notifications")

Reader = Annotated[Principal, may(WorkspacePermission.READ)]
Own = Annotated[Write, may_write(WorkspacePermission.READ)]


class Inbox(Page[NoticeView]):
    """A part of an inbox, and how much of all of it is unread."""

    unread: int


class MarkRead(BaseModel):
    """What was read; null for everything."""

    model_config = ConfigDict(extra="forbid")

    ids: list[UUID] | None = Field(None, max_length=1_000)


class Marked(BaseModel):
    """How much was unread before, and how much is unread now."""

    read: int
    unread: int


@router.get("/notifications")
async def list_(
    caller: Reader,
    paging: Paged,
    unread: Annotated[bool, Query(description="Only what was not read.")] = False,
    kind: Annotated[list[NoticeKind] | None, Query(max_length=20)] = None,
) -> Inbox:
    """List what the caller was told, the newest first. A person's own; a program has no inbox."""
    async with open_work(caller) as work:
        found = await notifications.inbox(work, unread=unread, kinds=kind or (), before=paging.id, limit=paging.limit)
    page = paging.page(found.items, found.next_cursor)
    return Inbox(**dict(page), unread=found.unread)


@router.post("/notifications/read")
async def mark_read(write: Own, body: MarkRead) -> Marked:
    """Mark notices read: some, or all."""

    async def act(work: Work) -> Marked:
        read, unread = await notifications.mark_read(work, body.ids)
        return Marked(read=read, unread=unread)

    return await write.once(Marked, act)


@router.get("/notifications/preferences")
async def get_preferences(caller: Reader, response: Response) -> Preferences:
    """Show how the caller wants to be told."""
    async with open_work(caller) as work:
        found = await notifications.preferences(work)
    tell(response, found.version)
    return found


@router.patch("/notifications/preferences")
async def change_preferences(write: Own, seen: SeenVersion, body: ChangePreferences, response: Response) -> Preferences:
    """Choose on which ways one is told of what, and when one wants quiet."""
    changed = await write.once(Preferences, lambda work: notifications.change_preferences(work, body, seen))
    tell(response, changed.version)
    return changed
