"""A circuit breaker per model, shared by all workers: what fails again and again is left alone for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ColumnElement, String, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core import observability
from core.settings import get_settings
from core.tables import Base
from core.work import open_system_work

log = observability.log("agent.breaker")

PROBE_SECONDS = 60.0
"""How long one worker may try an open breaker's model before another one may."""


class CircuitBreaker(Base):
    """How a model has fared lately. It belongs to the installation, not to a workspace, and holds no content.

    Closed: `opened_until` is null. Open: it lies ahead. Half open: it has passed, and one worker at a time probes.
    """

    __tablename__ = "circuit_breakers"
    __table_args__ = (CheckConstraint("failures >= 0", name="failures"),)

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    opened_until: Mapped[datetime | None]
    probe_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(100))
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


@dataclass(frozen=True, slots=True)
class Admission:
    """Leave to call a model. `is_probe` says that this call decides whether the breaker closes."""

    name: str
    is_probe: bool
    failures: int


async def admit(name: str) -> Admission | None:
    """Ask whether a model may be called now; None while its breaker is open or another worker probes it."""
    async with open_system_work() as session:
        found = await session.get(CircuitBreaker, name)
        if found is None or found.opened_until is None:
            observability.BREAKER_OPEN.labels(model=name).set(0)
            return Admission(name, is_probe=False, failures=found.failures if found else 0)
        now = func.clock_timestamp()
        probing = await session.scalar(
            update(CircuitBreaker)
            .where(
                CircuitBreaker.name == name,
                CircuitBreaker.opened_until <= now,
                or_(CircuitBreaker.probe_until.is_(None), CircuitBreaker.probe_until <= now),
            )
            .values(probe_until=now + timedelta(seconds=PROBE_SECONDS))
            .returning(CircuitBreaker.failures)
        )
    observability.BREAKER_OPEN.labels(model=name).set(1)
    return None if probing is None else Admission(name, is_probe=True, failures=probing)


async def succeeded(admission: Admission) -> None:
    """Tell that the call worked: the count starts again, and a probe closes the breaker.

    A call that began before the breaker opened does not close it.
    """
    if not admission.is_probe and not admission.failures:
        return
    condition: ColumnElement[bool] = CircuitBreaker.name == admission.name
    if not admission.is_probe:
        condition = condition & CircuitBreaker.opened_until.is_(None)
    async with open_system_work() as session:
        await session.execute(
            update(CircuitBreaker)
            .where(condition)
            .values(failures=0, opened_until=None, probe_until=None, changed_at=func.clock_timestamp())
        )
    if admission.is_probe:
        observability.BREAKER_OPEN.labels(model=admission.name).set(0)
        log.info("breaker.closed", model=admission.name)


async def failed(admission: Admission, error: str) -> None:
    """Count a failure; the last of a row, or a failed probe, opens the breaker."""
    settings = get_settings()
    later = func.clock_timestamp() + timedelta(seconds=settings.breaker_open_seconds)
    limit = 1 if admission.is_probe else settings.breaker_failures
    statement = insert(CircuitBreaker).values(
        name=admission.name, failures=1, last_error=error[:100], opened_until=later if limit <= 1 else None
    )
    count = CircuitBreaker.failures + 1
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "failures": count,
            "last_error": error[:100],
            "opened_until": case((count >= limit, later), else_=CircuitBreaker.opened_until),
            "probe_until": None if admission.is_probe else CircuitBreaker.probe_until,
            "changed_at": func.clock_timestamp(),
        },
    )
    async with open_system_work() as session:
        opened = await session.scalar(statement.returning(CircuitBreaker.opened_until))
    if opened is not None:
        observability.BREAKER_OPEN.labels(model=admission.name).set(1)
        log.warning("breaker.opened", model=admission.name, error=error)


async def abandoned(admission: Admission) -> None:
    """Give a probe back unused, because the call was never made or its outcome says nothing of the model."""
    if not admission.is_probe:
        return
    async with open_system_work() as session:
        await session.execute(update(CircuitBreaker).where(CircuitBreaker.name == admission.name).values(probe_until=None))


async def states() -> dict[str, bool]:
    """Every known model, and whether its breaker is open now; for `nexova doctor` and the health page."""
    async with open_system_work() as session:
        rows = await session.execute(
            select(CircuitBreaker.name, func.coalesce(CircuitBreaker.opened_until > func.clock_timestamp(), False))
        )
        return dict(rows.all())
