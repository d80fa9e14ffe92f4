"""From a notification to people: who is told of it and how, what may go out now, and what came of it.

A try is committed before the other side is called. Whoever dies in between leaves a notice that is never simply sent
again: each person hears of each cause at most once on each way.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from core import observability, outbox, vault
from core.clock import is_within
from core.settings import get_settings
from core.tables import new_id
from core.work import Work
from domain.accounts import colleagues
from domain.accounts import service as accounts
from domain.accounts.colleagues import Colleague
from domain.accounts.schemas import WorkspaceView
from domain.conversations.kinds import NoticeKind
from domain.conversations.notifications import Raised
from domain.notifications import repository, service
from domain.notifications.kinds import CONCERNED, NoticeStatus, Way
from domain.notifications.models import Notice, NotificationPreferences
from domain.notifications.schemas import STATUS_AFTER, Answer, Parcel, Preferences, Result
from domain.phones import service as phones

LEASE: Final = timedelta(seconds=60)
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 300, 1_800, 7_200))
"""How long a notice waits after each try of which it is sure that it did not go out; then it is given up."""

log = observability.log(__name__)


async def spread(work: Work, raised: Raised) -> None:
    """Make the notices of a notification: for everybody whom it concerns, on the ways that each has chosen."""
    work.require_runtime()
    kind = raised.kind
    people = [each for each in await colleagues.active(work) if _concerns(each, kind, raised)]
    if not people:
        log.warning("notification.for_nobody", kind=raised.kind)
        return
    rows_of = await repository.preferences(work, [each.user_id for each in people])
    called = await phones.confirmed(work, [each.user_id for each in people])
    workspace = await accounts.get_workspace(work)
    notices = [
        row
        for each in people
        for row in _rows(work, workspace, raised, each, rows_of.get(each.user_id), has_phone=each.user_id in called)
    ]
    if not notices:
        return
    added = set(await repository.add(work, notices))
    for row in notices:
        if (row["id"], row["way"]) in added and row["way"] is not Way.INBOX:
            outbox.enqueue(work, "notice.send", due_at=row["due_at"], notice_id=row["id"])


def _concerns(person: Colleague, kind: NoticeKind, raised: Raised) -> bool:
    if raised.only_for is not None:
        return person.user_id == raised.only_for
    return _may_act(person, kind, raised.details)


def _may_act(person: Colleague, kind: NoticeKind, details: Mapping[str, object]) -> bool:
    """Whether somebody works where it happened and may do something about it, now."""
    store = details.get("store_id")
    works_there = person.stores is None or store is None or store in {str(each) for each in person.stores}
    return works_there and person.may(CONCERNED[kind])


def _rows(
    work: Work,
    workspace: WorkspaceView,
    raised: Raised,
    person: Colleague,
    row: NotificationPreferences | None,
    *,
    has_phone: bool,
) -> Iterator[dict[str, Any]]:
    wanted, kind = service.chosen(row), raised.kind
    reachable = {Way.INBOX: True, Way.MAIL: True, Way.WEBHOOK: wanted.has_webhook, Way.WHATSAPP: has_phone}
    is_answer = kind is NoticeKind.ASSISTANT_ANSWERED
    for way in Way:
        is_wanted = way is Way.WHATSAPP if is_answer else wanted.ways.wants(way, kind)
        if not reachable[way] or not is_wanted:
            continue
        is_inbox = way is Way.INBOX
        waits = timedelta(0) if is_inbox or is_answer else quiet_for(wanted, work.now, workspace)
        yield {
            "workspace_id": work.workspace_id,
            "id": new_id(),
            "notification_id": raised.id,
            "user_id": person.user_id,
            "way": way,
            "kind": kind,
            "conversation_id": raised.conversation_id,
            "subject_id": raised.subject_id,
            "details": dict(raised.details),
            "status": NoticeStatus.SENT if is_inbox else NoticeStatus.PENDING,
            "due_at": work.system_time + waits,
            "sent_at": work.system_time if is_inbox else None,
        }


def quiet_for(wanted: Preferences, now: datetime, workspace: WorkspaceView) -> timedelta:
    """How long somebody's quiet hours still last; a span such as 22:00 to 07:00 goes over midnight."""
    if wanted.quiet_from is None or wanted.quiet_to is None:
        return timedelta(0)
    here = now.astimezone(workspace.zone)
    at = here.time().replace(tzinfo=None)
    begins, ends = wanted.quiet_from, wanted.quiet_to
    if not is_within(at, begins, ends):
        return timedelta(0)
    day = here.date() if at < ends else here.date() + timedelta(days=1)
    # Between two moments, not two clock readings: a night in which the clocks change has another length.
    return datetime.combine(day, ends, workspace.zone).astimezone(now.tzinfo) - now


async def take(work: Work, notice_id: UUID) -> Parcel | None:
    """Take a notice to be sent now; None if there is nothing to send. One whose sender died is left in doubt."""
    work.require_runtime()
    row = await repository.lock(work, notice_id)
    if row is None or row.due_at > work.system_time:
        return None
    if row.status == NoticeStatus.SENDING and row.lease_until is not None and row.lease_until <= work.system_time:
        _close(work, row, NoticeStatus.UNCONFIRMED, "its sender died")
        return None
    if row.status != NoticeStatus.PENDING:
        return None
    address = await _address(work, row)
    if address is None or await repository.was_read(work, row):
        _close(work, row, NoticeStatus.DROPPED, None)
        return None
    row.status, row.attempts, row.lease_until = NoticeStatus.SENDING, row.attempts + 1, work.system_time + LEASE
    workspace = await accounts.get_workspace(work)
    said = service.words(row.kind, row.details, workspace.language)
    if row.kind is NoticeKind.ASSISTANT_ANSWERED:
        answer = Answer(UUID(row.details["line_id"]), row.details["figures"], row.details["language"])
        return Parcel(row.id, row.way, address, workspace.name, said, workspace.language, answer)
    text = f"{said}\n{get_settings().base_url}/console/@{workspace.slug}"
    return Parcel(row.id, row.way, address, f"{workspace.name}: {said}", text, workspace.language)


async def _address(work: Work, row: Notice) -> str | None:
    """Where the person is reached on this way today; None if they are not, or it is no concern of theirs any more."""
    person = next((each for each in await colleagues.active(work) if each.user_id == row.user_id), None)
    if person is None or not _may_act(person, row.kind, row.details):
        return None
    if row.way is Way.MAIL:
        return person.email
    if row.way is Way.WHATSAPP:
        return (await phones.confirmed(work, [row.user_id])).get(row.user_id)
    own = (await repository.preferences(work, [row.user_id])).get(row.user_id)
    if own is None:
        return None
    return str(vault.unseal(own.sealed_url)["url"]) if own.sealed_url is not None else None


async def record(work: Work, notice_id: UUID, result: Result, reason: str | None = None) -> None:
    """Note what came of a try; what surely did not go out is tried again, ever more rarely."""
    work.require_runtime()
    row = await repository.lock(work, notice_id)
    if row is None or row.status != NoticeStatus.SENDING:
        return
    if result is Result.LATER and row.attempts <= len(PAUSES):
        row.status, row.lease_until, row.reason = NoticeStatus.PENDING, None, (reason or "")[:300]
        row.due_at = work.system_time + PAUSES[row.attempts - 1]
        outbox.enqueue(work, "notice.send", due_at=row.due_at, notice_id=row.id)
        return
    _close(work, row, STATUS_AFTER.get(result, NoticeStatus.FAILED), reason)


def _close(work: Work, row: Notice, status: NoticeStatus, reason: str | None) -> None:
    row.status, row.lease_until, row.reason = status, None, reason[:300] if reason else None
    row.sent_at = work.system_time if status is NoticeStatus.SENT else None
    log.info("notice.closed", notice=str(row.id), way=row.way.value, kind=row.kind.value, status=status.value, reason=reason)
