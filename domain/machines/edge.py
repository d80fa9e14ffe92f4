"""What a box beside machines is told: the limits and the pace of their sensors, and the model by which it may judge alone."""

import hashlib
from collections.abc import Collection
from uuid import UUID

from pydantic import BaseModel

from core.work import Work
from domain.machines import _model_repository as models
from domain.machines import repository
from domain.machines.errors import ModelNotFound
from domain.machines.kinds import ModelKind
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import Limits, View

MOST_MACHINES = 200
WINDOW_SECONDS = 60
"""Of what span a box makes features."""


class EdgeSensor(Limits):
    """A sensor as a box knows it, in the unit in which it is stored."""

    code: str
    unit: str
    sampling_seconds: float


class EdgeMachine(View):
    """A machine as a box knows it, and its failure model by the digest of the file, if one is in use."""

    code: str
    sensors: tuple[EdgeSensor, ...]
    model_sha256: str | None


class EdgeConfiguration(BaseModel):
    """What a box is told. `version` is made of all the rest: the same version says the same."""

    version: str
    window_seconds: int
    machines: tuple[EdgeMachine, ...]


async def configuration(work: Work, codes: Collection[str]) -> EdgeConfiguration:
    """What a box is told of these machines, or of all in use; a device may ask that sends their readings."""
    work.require(MachinesPermission.INGEST)
    machines = await repository.in_use(work, codes, MOST_MACHINES)
    sensors: dict[UUID, list[EdgeSensor]] = {machine.id: [] for machine in machines}
    for row in await repository.sensors(work, list(sensors)):
        if row.is_active:
            sensors[row.machine_id].append(EdgeSensor.model_validate(row))
    of_kind = {row.machine_kind: row.sha256 for row in await models.promoted(work, ModelKind.FAILURE)}
    told = tuple(
        EdgeMachine(
            code=machine.code,
            sensors=tuple(sensors[machine.id]),
            model_sha256=of_kind.get(machine.kind) if machine.kind is not None else None,
        )
        for machine in machines
    )
    said = repr((WINDOW_SECONDS, [each.model_dump_json() for each in told]))
    version = hashlib.sha256(said.encode()).hexdigest()
    return EdgeConfiguration(version=version, window_seconds=WINDOW_SECONDS, machines=told)


async def require_model(work: Work, sha256: str) -> None:
    """Raises ModelNotFound unless a file is a failure model in use."""
    work.require(MachinesPermission.INGEST)
    if all(row.sha256 != sha256 for row in await models.promoted(work, ModelKind.FAILURE)):
        raise ModelNotFound
