"""The models of a plant: asked for by somebody, made by a worker of what is known, used once a person says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from core import events, outbox
from core.db import storable
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.machines import _model_repository as repository
from domain.machines.errors import ModelNotFound, ModelNotReady, ModelsUnderWay
from domain.machines.kinds import ModelSource, ModelStatus
from domain.machines.model_schemas import ModelPage, ModelView, NewModel
from domain.machines.models import MachineModel
from domain.machines.permissions import MachinesPermission
from domain.machines.service import MOST_ITEMS

JOB: Final = "machine.learn"
MOST_BYTES: Final = 20_000_000
"""Of a file of which a model is to be made."""

PATIENCE: Final = timedelta(minutes=15)
MOST_ATTEMPTS: Final = 3
MOST_PENDING: Final = 5
"""Models of a workspace that wait or are made: each takes a worker for minutes, which those of others wait for too."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file that somebody brought: under which key its bytes are stored, how it was called, and what it is."""

    sha256: str
    filename: str
    source: ModelSource


async def ask(work: Work, command: NewModel, given: Given | None = None) -> ModelView:
    """Have a model made of a file, or else of the workspace's own history; a worker makes it. Raises ModelsUnderWay."""
    work.require(MachinesPermission.WRITE)
    number = await repository.next_number(work)
    if await repository.count_pending(work) >= MOST_PENDING:
        raise ModelsUnderWay(most=MOST_PENDING)
    row = MachineModel(
        workspace_id=work.workspace_id,
        id=new_id(),
        number=number,
        source=given.source if given is not None else ModelSource.HISTORY,
        filename=storable(given.filename[:255]) if given is not None else None,
        sha256=given.sha256 if given is not None else None,
        status=ModelStatus.PENDING,
        sensors=[],
        figures={},
        learned_from={},
        details={},
        asked_by=work.principal.id,
        attempts=0,
        next_try_at=work.system_time + PATIENCE,
        **storable(command.model_dump()) | {"settings": list(command.settings)},
    )
    work.session.add(row)
    await work.session.flush()
    await work.session.refresh(row)
    after = {"number": row.number, "source": row.source, **command.model_dump(mode="json")}
    events.record(work, EventType.MACHINE_MODEL_REQUESTED, subject=row.id, after=after)
    outbox.enqueue(work, JOB, model_id=row.id)
    return ModelView.model_validate(row)


async def list_models(work: Work, before: UUID | None = None, limit: int = 20, *, machine_kind: str | None = None) -> ModelPage:
    """Models, the newest first, of one kind of machine or of all."""
    work.require(MachinesPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.models(work, before, limit + 1, machine_kind)
    items = tuple(ModelView.model_validate(row) for row in rows[:limit])
    return ModelPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


async def get(work: Work, model_id: UUID) -> ModelView:
    """One model; raises ModelNotFound."""
    work.require(MachinesPermission.READ)
    row = await repository.model(work, model_id)
    if row is None:
        raise ModelNotFound
    return ModelView.model_validate(row)


async def promote(work: Work, model_id: UUID) -> ModelView:
    """Judge the machines of its kind by a model, and by no other of its sort; raises ModelNotFound and ModelNotReady."""
    row = await _decided(work, model_id)
    if row.status is not ModelStatus.PROMOTED:
        for other in await repository.promoted(work, row.kind, row.machine_kind):
            await _decide(work, other, ModelStatus.RETIRED, EventType.MACHINE_MODEL_RETIRED)
        await _decide(work, row, ModelStatus.PROMOTED, EventType.MACHINE_MODEL_PROMOTED)
    return ModelView.model_validate(row)


async def retire(work: Work, model_id: UUID) -> ModelView:
    """Judge no machine by a model any more; raises ModelNotFound and ModelNotReady."""
    row = await _decided(work, model_id)
    if row.status is not ModelStatus.RETIRED:
        await _decide(work, row, ModelStatus.RETIRED, EventType.MACHINE_MODEL_RETIRED)
    return ModelView.model_validate(row)


async def _decided(work: Work, model_id: UUID) -> MachineModel:
    """A model about which a person may decide."""
    work.require(MachinesPermission.WRITE)
    # Who promotes retires another: two of them at once take turns.
    await repository.next_number(work)
    row = await repository.model(work, model_id, locked=True)
    if row is None:
        raise ModelNotFound
    if row.status in {ModelStatus.PENDING, ModelStatus.REFUSED}:
        raise ModelNotReady(status=row.status)
    return row


async def _decide(work: Work, row: MachineModel, status: ModelStatus, told: EventType) -> None:
    before = {"status": row.status}
    row.status, row.decided_at, row.decided_by = status, work.system_time, work.principal.id
    await work.session.flush()
    events.record(work, told, subject=row.id, before=before, after={"status": status, "number": row.number})


async def take(work: Work, model_id: UUID) -> ModelView | None:
    """What is to be made; None if it is over. One of which many workers have died is refused."""
    work.require_runtime()
    row = await repository.model(work, model_id, locked=True)
    if row is None or row.status is not ModelStatus.PENDING:
        return None
    if row.attempts >= MOST_ATTEMPTS:
        _refuse(work, row, "model_never_made", {})
        return None
    row.attempts += 1
    row.next_try_at = work.system_time + PATIENCE
    return ModelView.model_validate(row)


async def finish(
    work: Work,
    model_id: UUID,
    sha256: str,
    *,
    sensors: tuple[str, ...],
    figures: Mapping[str, float],
    learned_from: Mapping[str, Any],
) -> None:
    """Keep a model as a candidate."""
    work.require_runtime()
    row = await repository.model(work, model_id, locked=True)
    if row is None or row.status is not ModelStatus.PENDING:
        return
    row.status, row.sha256, row.trained_at = ModelStatus.CANDIDATE, sha256, work.system_time
    row.sensors, row.figures, row.learned_from = list(sensors), dict(figures), dict(learned_from)
    after = {"number": row.number, "figures": row.figures, "learned_from": row.learned_from}
    events.record(work, EventType.MACHINE_MODEL_LEARNED, subject=row.id, after=after)


async def refuse(work: Work, model_id: UUID, reason: str, details: Mapping[str, Any]) -> None:
    """Say why no model could be made."""
    work.require_runtime()
    row = await repository.model(work, model_id, locked=True)
    if row is not None and row.status is ModelStatus.PENDING:
        _refuse(work, row, reason, details)


def _refuse(work: Work, row: MachineModel, reason: str, details: Mapping[str, Any]) -> None:
    row.status, row.reason = ModelStatus.REFUSED, reason
    row.details = storable(
        {name: value if isinstance(value, int | float) else str(value)[:200] for name, value in details.items()}
    )
    events.record(work, EventType.MACHINE_MODEL_REFUSED, subject=row.id, after={"number": row.number, "reason": reason})


async def in_use(work: Work, machine_id: UUID) -> list[ModelView]:
    """The models by which a machine is judged."""
    work.require_runtime()
    return [ModelView.model_validate(row) for row in await repository.in_use(work, machine_id)]
