"""SQL of alerts: what stands, and looking for what should."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, DateTime, Integer, Uuid, bindparam, case, func, select, text

from core.paging import part
from core.work import Work, own
from domain.alerts.catalogue import CAUSES, MOST_OF_KIND
from domain.alerts.kinds import AlertKind, AlertStatus, Severity
from domain.alerts.models import Alert
from domain.alerts.schemas import Finding

_TYPES: Final[Mapping[str, Any]] = {"workspace": Uuid, "today": Date, "now": DateTime(timezone=True)}


async def findings(work: Work, kind: AlertKind, values: Mapping[str, Any]) -> Iterator[Finding]:
    """What of a kind is wrong now; `values` are the thresholds."""
    statement = f"SELECT * FROM ({CAUSES[kind]}) found ORDER BY subject_id LIMIT {MOST_OF_KIND}"  # noqa: S608 - our own words
    known = {**values, "workspace": work.workspace_id}
    given = {name: value for name, value in known.items() if f":{name}" in statement}
    typed = [bindparam(name, value, _TYPES.get(name, Integer)) for name, value in given.items()]
    rows = await work.session.execute(text(statement).bindparams(*typed))
    return (Finding(kind, row.subject_id, row.store_id, row.variant_id, Severity(row.severity), row.evidence) for row in rows)


async def standing(work: Work) -> Sequence[Alert]:
    """All alerts that are not resolved, locked."""
    query = select(Alert).where(own(Alert, work), Alert.status != AlertStatus.RESOLVED).order_by(Alert.id)
    return (await work.session.scalars(query.with_for_update(key_share=True))).all()


async def get(work: Work, alert_id: UUID) -> Alert | None:
    """One alert."""
    return (await work.session.scalars(select(Alert).where(own(Alert, work), Alert.id == alert_id))).one_or_none()


async def lock(work: Work, alert_id: UUID) -> Alert | None:
    """One alert, locked and read afresh."""
    query = select(Alert).where(own(Alert, work), Alert.id == alert_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(locked)).one_or_none()


_RANK = case({severity.value: severity.rank for severity in Severity}, value=Alert.severity)


async def page(
    work: Work,
    *,
    statuses: Collection[AlertStatus],
    kinds: Collection[AlertKind],
    severities: Collection[Severity],
    store_id: UUID | None,
    owner_id: UUID | None,
    after: tuple[int, UUID] | None,
    limit: int,
) -> Sequence[Alert]:
    """Alerts, the gravest first and of these the newest, behind one of them."""
    query = select(Alert).where(own(Alert, work))
    for column, wanted in ((Alert.status, statuses), (Alert.kind, kinds), (Alert.severity, severities)):
        if wanted:
            query = query.where(column.in_(wanted))
    for owned, value in ((Alert.store_id, store_id), (Alert.owner_id, owner_id)):
        if value is not None:
            query = query.where(owned == value)
    return (await work.session.scalars(part(query, [_RANK, Alert.id], after, limit, falls=True))).all()


async def counts(work: Work) -> dict[str, int]:
    """How many alerts stand open, by severity."""
    query = select(Alert.severity, func.count()).where(own(Alert, work), Alert.status == AlertStatus.OPEN)
    rows = await work.session.execute(query.group_by(Alert.severity))
    return {severity.value: count for severity, count in rows}
