"""Greenhouse gases: their 100-year warming potentials by assessment report, and refrigerants that are blends of them."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from analytics.emissions.tables import rows


class Gwp(StrEnum):
    """The IPCC assessment report whose potentials are used; a statement holds one only."""

    AR5 = "AR5"
    AR6 = "AR6"


@lru_cache
def potentials(gwp: Gwp) -> Mapping[str, Decimal]:
    """Kilograms of CO2 that warm as much in 100 years as one of the gas, for gases of that report."""
    return {row["gas"]: Decimal(row[gwp]) for row in rows("gwp.csv") if row[gwp]}


@lru_cache
def composition() -> Mapping[str, Mapping[str, Decimal]]:
    """The gases in a kilogram of what a gas or refrigerant is called: `SF6`, `HFC134A`, `R134A`, `R410A`."""
    known: dict[str, dict[str, Decimal]] = {}
    for row in rows("gwp.csv"):
        gas = row["gas"]
        known[gas.upper()] = {gas: Decimal(1)}
        for family in ("HCFC", "HFC", "CFC"):
            if gas.startswith(family):
                known.setdefault("R" + gas.removeprefix(family).upper(), {gas: Decimal(1)})
                break
    for row in rows("blends.csv"):
        known.setdefault(row["blend"], {})[row["gas"]] = Decimal(row["share"])
    return known


def gas_named(activity: str) -> Mapping[str, Decimal] | None:
    """The gases of a kilogram, if the activity is called after a gas: `R-410A`, `HFC-134a`, `sf6`."""
    return composition().get("".join(c for c in activity.upper() if c.isalnum()))
