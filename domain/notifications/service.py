"""The inbox of each person, and how they want to be told."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from core import events, messages, vault
from core.access import PrincipalKind
from core.errors import NotPermitted
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.errors import VersionConflict
from domain.accounts.permissions import WorkspacePermission
from domain.conversations.kinds import NoticeKind
from domain.notifications import repository
from domain.notifications.models import Notice, NotificationPreferences
from domain.notifications.schemas import ChangePreferences, NoticePage, NoticeView, Preferences, Ways

NUMBERED = frozenset(
    {
        NoticeKind.PAYMENT_CLAIMED,
        NoticeKind.PAYMENT_REFERENCE_REUSED,
        NoticeKind.ORDER_AMENDED,
        NoticeKind.ORDER_EXPIRED,
        NoticeKind.CHANGE_NOT_AGREED,
    }
)
"""Kinds that name the order's number where they know it."""


class PersonNeeded(NotPermitted):
    """An inbox is a person's: a program has none."""

    code = "person_needed"


def words(kind: NoticeKind, details: dict[str, object], language: str) -> str:
    """What a notice says."""
    key = f"notice.{kind}_numbered" if kind in NUMBERED and details.get("number") is not None else f"notice.{kind}"
    return messages.filled(messages.text(key, language), details)


def chosen(row: NotificationPreferences | None) -> Preferences:
    """What somebody has chosen, or what holds for who has not."""
    if row is None:
        return Preferences()
    return Preferences(
        ways=Ways.model_validate(row.ways),
        has_webhook=row.sealed_url is not None,
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
        version=row.version,
    )


async def inbox(
    work: Work, *, unread: bool = False, kinds: Collection[NoticeKind] = (), before: UUID | None = None, limit: int = 20
) -> NoticePage:
    """What the caller was told, the newest first; raises PersonNeeded."""
    user_id = _person(work)
    language = (await accounts.get_workspace(work)).language
    rows = await repository.inbox(work, user_id, unread=unread, kinds=kinds, before=before, limit=limit + 1)
    items = [_view(row, language) for row in rows[:limit]]
    cursor = items[-1].id if len(rows) > limit else None
    return NoticePage(items, cursor, await repository.unread(work, user_id))


async def mark_read(work: Work, ids: Collection[UUID] | None) -> tuple[int, int]:
    """Mark some of the caller's notices read, or all; how many were not before, and how many are not now."""
    user_id = _person(work)
    return await repository.mark_read(work, user_id, ids), await repository.unread(work, user_id)


async def preferences(work: Work) -> Preferences:
    """How the caller wants to be told; raises PersonNeeded."""
    user_id = _person(work)
    return chosen((await repository.preferences(work, [user_id])).get(user_id))


async def change_preferences(work: Work, command: ChangePreferences, seen: int) -> Preferences:
    """Choose how one is told. Raises PersonNeeded and VersionConflict."""
    user_id = _person(work)
    row = await repository.lock_preferences(work, user_id)
    if (row.version if row else 0) != seen:
        raise VersionConflict
    if row is None:
        row = NotificationPreferences(
            workspace_id=work.workspace_id, id=new_id(), user_id=user_id, ways=Ways().model_dump(mode="json"), version=0
        )
        work.session.add(row)
    before = chosen(row).model_dump(mode="json")
    given = command.model_fields_set
    if command.ways is not None:
        row.ways = command.ways.model_dump(mode="json")
    for name in ("quiet_from", "quiet_to"):
        if name in given:
            setattr(row, name, getattr(command, name))
    if "webhook_url" in given:
        row.sealed_url = vault.seal({"url": str(command.webhook_url)}) if command.webhook_url is not None else None
    row.version += 1
    await work.session.flush()
    after = chosen(row)
    told = after.model_dump(mode="json")
    events.record(work, EventType.NOTIFICATION_PREFERENCES_CHANGED, subject=row.id, before=before, after=told)
    return after


def _person(work: Work) -> UUID:
    work.require(WorkspacePermission.READ)
    if work.principal.kind is not PrincipalKind.USER or work.principal.id is None:
        raise PersonNeeded
    return work.principal.id


def _view(row: Notice, language: str) -> NoticeView:
    at: datetime = row.created_at
    return NoticeView(
        id=row.id,
        kind=row.kind,
        text=words(row.kind, row.details, language),
        conversation_id=row.conversation_id,
        subject_id=row.subject_id,
        details=row.details,
        created_at=at,
        read_at=row.read_at,
    )
