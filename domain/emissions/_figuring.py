"""Figures of records: the arithmetic of `analytics.emissions` with the factors of the house and of the workspace."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from analytics.emissions.calculate import Activity, Figure, Unmatched, calculate
from analytics.emissions.factors import GASES, Factor, Source
from analytics.emissions.gases import Gwp
from analytics.emissions.units import unit
from core.tables import new_id
from domain.emissions.models import EmissionFactor, EmissionFigure, EmissionRecord, EmissionSource
from domain.emissions.schemas import FactorView

_EXACT: Final = Decimal("1E-9")
_PLACES: Final = Decimal("0.01")
_MOST_UNCERTAIN: Final = Decimal(99_999)


def own_factor(row: EmissionFactor) -> Factor:
    """A factor of the workspace, as the calculation takes it."""
    measure = unit(row.unit, row.country)
    assert measure is not None, "no factor is added without a unit that is known"
    gases = {name: amount for column, name in GASES.items() if (amount := getattr(row, column)) is not None}
    return Factor(
        id=str(row.id),
        activity=row.activity,
        unit=row.unit,
        measure=measure,
        gases=gases,
        co2e=row.co2e,
        biogenic_co2=row.biogenic_co2 or Decimal(0),
        scope=row.scope,
        method="residual" if row.is_residual else "location",
        country=row.country,
        year=row.year,
        valid_to=row.valid_to or row.year,
        uncertainty=row.uncertainty,
        source=Source(row.source, row.licence, str(row.gwp or "")),
    )


def shown(factor: Factor, own: Sequence[Factor]) -> FactorView:
    """A factor as people see it."""
    return FactorView(
        id=factor.id,
        activity=factor.activity,
        unit=factor.unit,
        scope=factor.scope,
        country=factor.country,
        year=factor.year,
        valid_to=factor.valid_to,
        method=factor.method,
        gases=dict(factor.gases),
        co2e=factor.co2e,
        biogenic_co2=factor.biogenic_co2,
        uncertainty=factor.uncertainty,
        source=factor.source.title,
        licence=factor.source.licence,
        gwp=factor.source.gwp,
        is_own=factor in own,
    )


def figures(
    records: Sequence[tuple[EmissionRecord, EmissionSource]], gwp: Gwp, own: Sequence[Factor], calculation: int
) -> list[EmissionFigure]:
    """A figure or a reason for each record, in their order. It may run beside the event loop: no row is loaded by it."""
    activities = [
        Activity(
            line=place,
            name=source.activity,
            amount=record.amount,
            unit=record.unit,
            country=source.country,
            year=record.first_day.year,
            scope=source.scope,
            contract=record.contract,
        )
        for place, (record, source) in enumerate(records)
    ]
    statement = calculate(activities, gwp, own)
    told: list[Figure | Unmatched] = [*statement.figures, *statement.unmatched]
    found = {one.activity.line: one for one in told}
    return [_row(record, found[place], gwp, own, calculation) for place, (record, _) in enumerate(records)]


def _row(
    record: EmissionRecord, found: Figure | Unmatched, gwp: Gwp, own: Sequence[Factor], calculation: int
) -> EmissionFigure:
    row = EmissionFigure(
        workspace_id=record.workspace_id, id=new_id(), record_id=record.id, calculation=calculation, gwp=gwp,
        gases={}, notes=[], market_notes=[], candidates=[],
    )  # fmt: skip
    if isinstance(found, Unmatched):
        row.reason, row.candidates = found.reason, list(found.candidates)
        return row
    row.scope, row.quality = found.scope, found.quality
    row.co2e, row.biogenic_co2 = found.co2e.quantize(_EXACT), found.biogenic_co2.quantize(_EXACT)
    row.gases = {gas: f"{mass.quantize(_EXACT):f}" for gas, mass in found.gases.items()}
    row.factor = _kept(found, own)
    row.notes = [*found.notes]
    row.uncertainty = _uncertainty(record.uncertainty, found)
    if record.coverage is not None and record.coverage < 1:
        row.notes.append("telemetry_incomplete")
    if row.uncertainty is not None and record.uncertainty is None:
        row.notes.append("amount_taken_as_exact")
    if found.market is not None:
        row.market, row.market_notes = found.market.co2e.quantize(_EXACT), [*found.market.notes]
        row.market_factor = _kept(found.market, own)
    return row


def _kept(found: Figure, own: Sequence[Factor]) -> dict[str, Any] | None:
    return None if found.factor is None else shown(found.factor, own).model_dump(mode="json")


def _uncertainty(amount: Decimal | None, found: Figure) -> Decimal | None:
    """Per cent of the figure: amount and factor are independent; None where the factor's is not known."""
    factor = found.factor.uncertainty if found.factor is not None else Decimal(0) if amount is not None else None
    if factor is None:
        return None
    return min((factor**2 + (amount or Decimal(0)) ** 2).sqrt().quantize(_PLACES), _MOST_UNCERTAIN)


def is_same(one: EmissionFigure, other: EmissionFigure) -> bool:
    """Whether two calculations came to the same, by the same factors and potentials."""
    names = ("gwp", "scope", "co2e", "market", "biogenic_co2", "factor", "market_factor", "uncertainty", "reason", "notes")
    return all(getattr(one, name) == getattr(other, name) for name in names)
