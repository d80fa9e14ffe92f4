"""Emission factors as published, and which of them belongs to an activity; never changed, a new year is a new row."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from analytics.emissions.tables import rows
from analytics.emissions.units import Unit, unit

WORLD = "*"
GASES = {"co2": "CO2", "ch4": "CH4", "n2o": "N2O"}


@dataclass(frozen=True, slots=True)
class Source:
    """Who published a factor, and under what terms it is passed on."""

    title: str
    licence: str
    gwp: str
    """The report by which gases were added up to CO2e, empty where the source does not say or gives CO2 alone."""


@dataclass(frozen=True, slots=True)
class Factor:
    """Kilograms per unit of an activity: gases by name, or CO2e where only that was published."""

    id: str
    activity: str
    unit: str
    measure: Unit
    gases: Mapping[str, Decimal]
    co2e: Decimal | None
    biogenic_co2: Decimal
    scope: int
    method: str
    """`location` or `residual` for electricity."""
    country: str
    year: int
    valid_to: int | None
    """The last year that it is for; combustion has none."""
    uncertainty: Decimal | None
    """Half of the 95 % range in per cent, where the source gives one."""
    source: Source

    def is_valid(self, year: int) -> bool:
        """Whether it was published for that year."""
        return self.year <= year and (self.valid_to is None or year <= self.valid_to)


@lru_cache
def factors() -> tuple[Factor, ...]:
    """All factors; a cell that is empty says nothing, and a 0 in a published table was never a factor."""
    sources = {row["source"]: Source(row["title"], row["licence"], row["gwp"]) for row in rows("sources.csv")}
    return tuple(_factor(row, sources) for row in rows("factors.csv"))


def _factor(row: Mapping[str, str], sources: Mapping[str, Source]) -> Factor:
    measure = unit(row["unit"], row["country"])
    if measure is None:
        raise ValueError(f"{row['id']}: unknown unit {row['unit']}")
    return Factor(
        id=row["id"],
        activity=row["activity"],
        unit=row["unit"] + (f" ({row['basis']} CV)" if row["basis"] else ""),
        measure=Unit(measure.dimension, measure.factor, row["basis"]),
        gases={name: Decimal(row[column]) for column, name in GASES.items() if row[column]},
        co2e=Decimal(row["co2e"]) if row["co2e"] else None,
        biogenic_co2=Decimal(row["biogenic_co2"] or 0),
        scope=int(row["scope"]),
        method=row["method"],
        country=row["country"],
        year=int(row["year"]),
        valid_to=int(row["valid_to"]) if row["valid_to"] else None,
        uncertainty=Decimal(row["uncertainty"]) if row["uncertainty"] else None,
        source=sources[row["source"]],
    )


def words(name: str) -> frozenset[str]:
    """What a name says, whatever its order, accents, capitals and plurals."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return frozenset(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in re.findall(r"[a-z0-9]+", letters))


@lru_cache
def _aliases() -> dict[frozenset[str], str]:
    return {words(row["alias"]): row["activity"] for row in rows("aliases.csv")}


def activity_named(name: str) -> str:
    """What an activity is called here, if it is known by another name; else the name itself."""
    return _aliases().get(words(name), name)


@lru_cache(4_096)
def _words_of(activity: str) -> frozenset[str]:
    return words(activity)


def of_activity(name: str, among: Iterable[Factor]) -> list[Factor]:
    """Factors of exactly that activity; without any, those whose activity says all its words and perhaps more."""
    said = words(name)
    told = [(factor, _words_of(factor.activity)) for factor in among]
    exact = [factor for factor, known in told if known == said]
    return exact or [factor for factor, known in told if said and said <= known]


def nearest(among: Sequence[Factor], year: int | None) -> Factor:
    """The one for the year, or else the nearest before it, or else the nearest after it; the latest without a year."""
    if year is None:
        return max(among, key=lambda factor: factor.year)

    def distance(factor: Factor) -> tuple[bool, bool, int]:
        return (not factor.is_valid(year), factor.year > year, abs(year - factor.year))

    return min(among, key=distance)
