"""A plant of the three machines in a workspace: with days behind them, what they emit, and the mill on its way to trouble."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.access import Principal
from core.work import Work, open_work
from domain.machines import intake, risk
from domain.machines import service as machines
from domain.machines.kinds import MachineEventKind
from domain.machines.schemas import NewBaseline, NewMachine, NewMachineEvent, NewSite
from sandbox.devices import footprint
from sandbox.devices.signals import DEVICES, Device, Mode, readings, values

SITES: Final = {
    "TRUCK-21": ("Mina El Callao", 7.346, -61.824),
    "MILL-3": ("Planta de molienda", 8.297, -62.712),
    "BOILER-7": ("Planta de molienda", 8.297, -62.712),
}
HOURS: Final = 40
"""How much history there is. What lies before the mill began to drift is normal, and more than a day: of one day alone
nobody can tell its sway from a trend."""

MODES: Final = {"MILL-3": Mode.DRIFT}
"""Who is not well in the demo."""

DRIFTS_FOR: Final = timedelta(hours=8)
_STEP: Final = timedelta(minutes=2)


async def equip(workspace_id: UUID) -> bool:
    """Put the plant into a workspace that has no machines; whether it did."""
    async with open_work(Principal.system(workspace_id)) as work:
        if (await machines.list_machines(work, limit=1)).items:
            return False
        sites: dict[str, UUID] = {}
        made: dict[str, UUID] = {}
        for device in DEVICES:
            name, latitude, longitude = SITES[device.code]
            if name not in sites:
                site = await machines.create_site(work, NewSite(name=name, latitude=latitude, longitude=longitude))
                sites[name] = site.id
            made[device.code] = await _install(work, device, sites[name])
        await footprint.tell(work, made)
    return True


async def _install(work: Work, device: Device, site_id: UUID) -> UUID:
    command = NewMachine(site_id=site_id, code=device.code, name=device.name, kind=device.kind, tool_grade=device.tool_grade)
    machine = await machines.create_machine(work, command)
    for signal in device.signals:
        await machines.create_sensor(work, machine.id, signal.sensor)
    begun = work.system_time.replace(second=work.system_time.second // 15 * 15, microsecond=0)
    await machines.note_event(work, machine.id, NewMachineEvent(kind=MachineEventKind.STARTED))
    past = history(device, begun)
    for start in range(0, len(past), 1_000):
        await intake.take(work, [readings(device, at, said) for at, said in past[start : start + 1_000]])
    good = NewBaseline(since=begun - timedelta(hours=HOURS), until=begun - DRIFTS_FOR)
    offered = await risk.offer_baseline(work, machine.id, good)
    await risk.promote_baseline(work, machine.id, offered.id)
    return machine.id


def history(device: Device, begun: datetime) -> list[tuple[float, dict[str, float]]]:
    """What a machine has said until it `begun` to be watched: moments (seconds since 1970) and values, the oldest first."""
    turned = (begun - DRIFTS_FOR).timestamp()
    moments = [(begun - _STEP * number).timestamp() for number in range(int(timedelta(hours=HOURS) / _STEP) - 1, -1, -1)]
    past = MODES.get(device.code, Mode.NORMAL)
    return [(at, values(device, at, mode=past if at > turned else Mode.NORMAL, since=turned)) for at in moments]
