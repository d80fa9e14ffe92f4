"""All SQL of notices and preferences."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from core.work import Work, own
from domain.conversations.kinds import NoticeKind
from domain.notifications.kinds import Way
from domain.notifications.models import Notice, NotificationPreferences


async def add(work: Work, rows: Sequence[dict[str, Any]]) -> list[tuple[UUID, Way]]:
    """Add notices, each once; the ids and ways of those that are new."""
    statement = (
        insert(Notice)
        .values(list(rows))
        .on_conflict_do_nothing(index_elements=["workspace_id", "notification_id", "user_id", "way"])
        .returning(Notice.id, Notice.way)
    )
    return [(id, way) for id, way in await work.session.execute(statement)]


async def preferences(work: Work, user_ids: Collection[UUID]) -> dict[UUID, NotificationPreferences]:
    """What some people have chosen, of those who have."""
    query = select(NotificationPreferences).where(
        own(NotificationPreferences, work), NotificationPreferences.user_id.in_(user_ids)
    )
    return {row.user_id: row for row in await work.session.scalars(query)}


async def lock_preferences(work: Work, user_id: UUID) -> NotificationPreferences | None:
    """What one person has chosen, locked."""
    query = select(NotificationPreferences).where(
        own(NotificationPreferences, work), NotificationPreferences.user_id == user_id
    )
    return (await work.session.scalars(query.with_for_update(key_share=True))).one_or_none()


def _inbox(work: Work, user_id: UUID) -> Any:
    return (own(Notice, work), Notice.user_id == user_id, Notice.way == Way.INBOX)


async def inbox(
    work: Work, user_id: UUID, *, unread: bool, kinds: Collection[NoticeKind], before: UUID | None, limit: int
) -> Sequence[Notice]:
    """The inbox of a person from behind a notice, the newest first."""
    query = select(Notice).where(*_inbox(work, user_id))
    if unread:
        query = query.where(Notice.read_at.is_(None))
    if kinds:
        query = query.where(Notice.kind.in_(kinds))
    if before is not None:
        query = query.where(Notice.id < before)
    return (await work.session.scalars(query.order_by(Notice.id.desc()).limit(limit))).all()


async def unread(work: Work, user_id: UUID) -> int:
    """How much of an inbox is unread."""
    query = select(func.count()).select_from(Notice).where(*_inbox(work, user_id), Notice.read_at.is_(None))
    return await work.session.scalar(query) or 0


async def mark_read(work: Work, user_id: UUID, ids: Collection[UUID] | None) -> int:
    """Mark some of an inbox read, or all of it; how many were not before."""
    statement = update(Notice).where(*_inbox(work, user_id), Notice.read_at.is_(None)).values(read_at=work.now)
    if ids is not None:
        statement = statement.where(Notice.id.in_(ids))
    return len((await work.session.scalars(statement.returning(Notice.id))).all())


async def lock(work: Work, notice_id: UUID) -> Notice | None:
    """One notice, locked as it is now."""
    key = (work.workspace_id, notice_id)
    return await work.session.get(Notice, key, with_for_update={"key_share": True}, populate_existing=True)


async def was_read(work: Work, row: Notice) -> bool:
    """Whether the person has read it in their inbox meanwhile."""
    query = select(Notice.id).where(
        *_inbox(work, row.user_id), Notice.notification_id == row.notification_id, Notice.read_at.is_not(None)
    )
    return await work.session.scalar(query) is not None
