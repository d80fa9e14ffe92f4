"""What machines emit at this moment: the newest reading of each sensor that measures a rate, by its factor."""

from collections.abc import Collection
from decimal import Decimal
from typing import Final
from uuid import UUID

from analytics.emissions.calculate import Activity, calculate
from core.access import Principal
from core.work import Work
from domain.emissions import _figuring as figuring
from domain.emissions import repository, service
from domain.emissions.collecting import factor_of
from domain.emissions.errors import EmissionUnitUnknown
from domain.emissions.permissions import EmissionsPermission
from domain.emissions.schemas import EmissionSourceView, Instant
from domain.machines import service as machines
from domain.machines.schemas import Signal

_GRAM: Final = Decimal("0.001")
SILENT: Final = "sensor_silent"
UNIT: Final = "emission_unit_unknown"


async def of_machines(work: Work, machine_ids: Collection[UUID] | None = None) -> list[Instant]:
    """Kilograms of CO2e an hour of every source of some machines, or of all, that measures a rate; or why it is not known."""
    work.require(EmissionsPermission.READ)
    sources = [EmissionSourceView.model_validate(row) for row in await repository.rates(work, machine_ids)]
    if not sources:
        return []
    system = work.acting_for(Principal.system(work.workspace_id))
    signals: dict[UUID, Signal] = {}
    for machine_id in {one.machine_id for one in sources if one.machine_id is not None}:
        signals |= {signal.sensor.id: signal for signal in await machines.signals(system, machine_id)}
    gwp = (await repository.inventory(work)).gwp
    own = await service.own_factors(work)
    year = work.now.year
    told: list[Instant] = []
    for source in sources:
        assert source.machine_id is not None, "what is measured is of a machine"
        signal = signals.get(source.sensor_id) if source.sensor_id is not None else None
        shown = Instant(source_id=source.id, source=source.name, machine_id=source.machine_id, gwp=gwp, reason=SILENT)
        if signal is None or signal.is_silent or signal.last_value is None:
            told.append(shown)
            continue
        shown = shown.model_copy(update={"value": signal.last_value, "unit": signal.sensor.unit, "at": signal.last_at})
        try:
            an_hour = Decimal(repr(max(signal.last_value, 0.0))) * factor_of(signal.sensor.unit, source)
        except EmissionUnitUnknown:
            told.append(shown.model_copy(update={"reason": UNIT}))
            continue
        activity = Activity(0, source.activity, an_hour, source.unit, source.country, year, source.scope, source.contract)
        found = calculate([activity], gwp, own)
        for figure in found.figures:
            factor = figuring.shown(figure.factor, own) if figure.factor is not None else None
            known = {"co2e": figure.co2e.quantize(_GRAM), "scope": figure.scope, "factor": factor, "notes": list(figure.notes)}
            told.append(shown.model_copy(update={**known, "reason": None}))
        told += [shown.model_copy(update={"reason": one.reason}) for one in found.unmatched]
    return told
