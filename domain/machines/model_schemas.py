"""What other rooms see of the models of machines, and how they ask for one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.machines.kinds import ModelKind, ModelSource, ModelStatus
from domain.machines.schemas import SensorCode, View

MachineKind = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]


class NewModel(BaseModel):
    """A model of the machines of one kind, to be learned from the workspace's own history.

    A failure counts as near for `horizon_hours`, and so few hours left as a warning. `settings` are the sensors that tell in
    which regime the machine works; only a remaining life asks for them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ModelKind
    machine_kind: MachineKind
    horizon_hours: Annotated[float, Field(gt=0, le=720, allow_inf_nan=False)] = 24.0
    settings: Annotated[tuple[SensorCode, ...], Field(max_length=10)] = ()


class ModelView(View):
    """A model: of what it was made and when, how good it was on what it had not seen, and who decided.

    `figures` are shares of 0 to 1 and hours; `apart` is by how much the file differs from its trainer.
    """

    id: UUID
    number: int
    kind: ModelKind
    machine_kind: str
    source: ModelSource
    filename: str | None
    horizon_hours: float
    settings: tuple[str, ...]
    status: ModelStatus
    sha256: str | None
    sensors: tuple[str, ...]
    figures: Mapping[str, float]
    learned_from: Mapping[str, Any]
    reason: str | None
    details: Mapping[str, Any]
    asked_by: UUID | None
    trained_at: datetime | None
    decided_at: datetime | None
    decided_by: UUID | None
    created_at: datetime


class ModelPage(View):
    """A page of models, the newest first, and where the next one starts."""

    items: tuple[ModelView, ...]
    next_cursor: UUID | None
