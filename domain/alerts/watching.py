"""Watching: what is wrong now becomes an alert once, what is not wrong any more resolves its own, and nobody is stormed.

One look tells of all that is new in one notice. What nobody takes on is brought to notice again, and then to those above.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from core import events
from core.event_types import EventType
from core.events import Happening
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.thresholds import AlertSettings
from domain.alerts import repository
from domain.alerts.kinds import AlertKind, AlertStatus, Severity
from domain.alerts.models import Alert
from domain.alerts.schemas import Finding, Watched
from domain.conversations import service as conversations
from domain.conversations.kinds import NoticeDetails, NoticeKind

TOLD_ELSEWHERE: Final = frozenset(
    {AlertKind.STOCK_LOW, AlertKind.STOCK_OUT, AlertKind.PAYMENT_WAITING, AlertKind.HOLD_EXPIRING}
)
"""Kinds whose beginning has a notice of its own, or is not worth one."""


async def watch(work: Work) -> Watched:
    """Look for everything once."""
    work.require_runtime()
    workspace = await accounts.get_workspace(work)
    settings = workspace.settings.alerts
    values = {
        "today": workspace.today(work.now),
        "now": work.now,
        "critical_percent": workspace.settings.low_stock_critical_percent,
        "lead_days": workspace.settings.replenishment.lead_days,
        **settings.thresholds,
    }
    found = {one.key: one for kind in AlertKind for one in await repository.findings(work, kind, values)}
    there = {(row.kind, row.subject_id): row for row in await repository.standing(work)}
    raised = [_raised(work, one, settings) for key, one in found.items() if key not in there]
    work.session.add_all(raised)
    for key, row in there.items():
        if key in found:
            _seen(work, row, found[key], settings)
    resolved = [_resolved(work, row) for key, row in there.items() if key not in found]
    escalated = [row for key, row in there.items() if key in found and _is_due(row, work.now)]
    for row in escalated:
        row.stage, row.version = row.stage + 1, row.version + 1
        row.due_at = _due(settings, row.severity, row.stage, work.now)
    await events.record_all(
        work,
        [
            *(_told(EventType.ALERT_RAISED, row) for row in raised),
            *(_told(EventType.ALERT_RESOLVED, row) for row in resolved),
            *(_told(EventType.ALERT_ESCALATED, row) for row in escalated),
        ],
    )
    await _tell(work, [row for row in raised if row.kind not in TOLD_ELSEWHERE], escalated)
    return Watched(len(raised), len(resolved), len(escalated))


def _raised(work: Work, finding: Finding, settings: AlertSettings) -> Alert:
    return Alert(
        workspace_id=work.workspace_id,
        id=new_id(),
        kind=finding.kind,
        subject_id=finding.subject_id,
        store_id=finding.store_id,
        variant_id=finding.variant_id,
        severity=finding.severity,
        status=AlertStatus.OPEN,
        evidence=finding.evidence,
        stage=0,
        opened_at=work.now,
        seen_at=work.now,
        due_at=_due(settings, finding.severity, 0, work.now),
        version=1,
    )


def _seen(work: Work, row: Alert, finding: Finding, settings: AlertSettings) -> None:
    """The cause still stands. One that has become graver is nobody's any more, and a snooze that is over ends."""
    row.seen_at = work.now
    if row.evidence != finding.evidence:
        row.evidence = finding.evidence
    is_graver = finding.severity.rank > row.severity.rank
    is_over = row.snoozed_until is not None and row.snoozed_until <= work.now
    if finding.severity is not row.severity:
        row.severity, row.version = finding.severity, row.version + 1
    if is_graver or is_over:
        row.status, row.snoozed_until = AlertStatus.OPEN, None
        row.due_at = _due(settings, row.severity, row.stage, work.now)
        row.version += 1


def _resolved(work: Work, row: Alert) -> Alert:
    row.status, row.resolved_at, row.snoozed_until, row.due_at = AlertStatus.RESOLVED, work.now, None, None
    row.version += 1
    return row


def _is_due(row: Alert, now: datetime) -> bool:
    return row.status is AlertStatus.OPEN and row.due_at is not None and row.due_at <= now


def _due(settings: AlertSettings, severity: Severity, stage: int, now: datetime) -> datetime | None:
    """When it is brought to notice the next time; None after the last stage."""
    delays = settings.delays(severity.value)
    return now + timedelta(minutes=delays[stage]) if stage < len(delays) else None


def _told(type: EventType, row: Alert) -> Happening:
    return Happening(
        type, row.id, after={"kind": row.kind, "subject_id": row.subject_id, "severity": row.severity, "stage": row.stage}
    )


async def _tell(work: Work, raised: Iterable[Alert], escalated: Iterable[Alert]) -> None:
    """One notice of all that is new, and one of all that nobody has taken on, to those above from the second time on."""
    again = [row for row in escalated if row.stage < 2]
    for kind, rows in (
        (NoticeKind.ALERTS_RAISED, [row for row in raised if row.severity is not Severity.INFO]),
        (NoticeKind.ALERTS_WAITING, again),
        (NoticeKind.ALERTS_ESCALATED, [row for row in escalated if row.stage >= 2]),
    ):
        if rows:
            payload: NoticeDetails = {"count": len(rows), "critical": sum(row.severity is Severity.CRITICAL for row in rows)}
            if len({row.store_id for row in rows}) == 1 and rows[0].store_id is not None:
                payload["store_id"] = str(rows[0].store_id)
            await conversations.notify(work, kind, dedupe_key=f"{kind.value}:{work.now.isoformat()}", payload=payload)
