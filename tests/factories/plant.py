"""A plant for tests: one site, a mill with three sensors, and readings of it."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.access import Principal, PrincipalKind
from core.clock import process_now
from core.work import open_work
from domain.machines import intake
from domain.machines import service as machines
from domain.machines.intake_schemas import IntakeView
from domain.machines.schemas import Limits, NewMachine, NewSensor, NewSite

SENSORS = (
    NewSensor(code="temperature", name="Temperatura", unit="°C", limits=Limits(low=-50, high=400), sampling_seconds=60),
    NewSensor(code="vibration", name="Vibración", unit="mm/s", sampling_seconds=60),
    NewSensor(code="power", name="Potencia", unit="kW", sampling_seconds=60),
)
START = process_now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=30)
"""An hour that is over, in the history that is stored."""


@dataclass(frozen=True)
class Plant:
    """What `open_plant` made."""

    workspace_id: UUID
    site_id: UUID
    machine_id: UUID
    sensors: dict[str, UUID]

    @property
    def principal(self) -> Principal:
        """The system, working in this plant's workspace."""
        return Principal.system(self.workspace_id)

    @property
    def device(self) -> Principal:
        """A device, which may send readings and nothing else."""
        return Principal(PrincipalKind.API_KEY, self.workspace_id, frozenset({"machines:ingest"}))

    async def send(self, *items: object) -> IntakeView:
        """Send readings as the device does."""
        async with open_work(self.device) as work:
            return await intake.take(work, items)


def reading(
    minute: float, value: object, sensor: str = "temperature", machine: str = "MILL-3", **more: object
) -> dict[str, Any]:
    """A reading so many minutes after `START`."""
    at = (START + timedelta(minutes=minute)).isoformat()
    return {"machine": machine, "sensor": sensor, "at": at, "value": value, **more}


async def open_plant(workspace_id: UUID, code: str = "MILL-3", sensors: tuple[NewSensor, ...] = SENSORS) -> Plant:
    """Open a site with one machine."""
    async with open_work(Principal.system(workspace_id)) as work:
        site = await machines.create_site(work, NewSite(name=f"Planta de {code}", latitude=10.5, longitude=-66.9))
        machine = await machines.create_machine(work, NewMachine(site_id=site.id, code=code, name="Molino tres", kind="molino"))
        made = {each.code: (await machines.create_sensor(work, machine.id, each)).id for each in sensors}
    return Plant(workspace_id, site.id, machine.id, made)


async def run_hours(plant: Plant, hours: float, until: datetime, **signals: float) -> None:
    """Send readings of every minute of some hours: the value of each sensor with a little noise of its own."""
    chance = random.Random(1)
    minutes = int(hours * 60)
    for start in range(0, minutes, 500):
        items = []
        for minute in range(start, min(start + 500, minutes)):
            at = (until - timedelta(minutes=minutes - minute)).isoformat()
            items.append(
                {"machine": "MILL-3", "at": at, "values": {code: v + chance.gauss(0, 1) for code, v in signals.items()}}
            )
        await plant.send(*items)
