"""Delivery zones: where a shop brings goods to, for how much, and in which of them an address lies."""

import re
from collections.abc import Sequence
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from core.language.folding import fold

Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]

_EARTH_KM = 6371.0


class Circle(BaseModel):
    """What lies within some kilometres of a place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    radius_km: float = Field(gt=0, le=500)

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether a place lies in it, by the great circle (haversine)."""
        here, there = radians(self.latitude), radians(latitude)
        half = sin((there - here) / 2) ** 2 + cos(here) * cos(there) * sin(radians(longitude - self.longitude) / 2) ** 2
        return 2 * _EARTH_KM * asin(sqrt(half)) <= self.radius_km


class DeliveryZone(BaseModel):
    """A part of town to which the shop delivers; an address lies in it by a word, a place on the map by the circle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=2, max_length=60)
    words: tuple[Annotated[str, Field(min_length=2, max_length=60)], ...] = Field(
        (), max_length=200, description="Districts, streets or postal codes that an address in it names, beside its name."
    )
    around: Circle | None = None
    fee: Money
    minimum: Money = Field(Decimal(0), description="What an order must come to, where that is more than elsewhere.")
    store: str | None = Field(None, max_length=50, description="The code of the store that serves it.")


def zones_at(
    zones: Sequence[DeliveryZone], address: str, latitude: float | None, longitude: float | None
) -> tuple[DeliveryZone, ...]:
    """The zones in which an address may lie: several where it names several, none where nothing tells.

    A place on the map is more certain than words, and the narrowest circle around it is the one that was meant. A longer
    name hides the shorter one that it contains: `Palermo Soho` is not `Palermo`.
    """
    if latitude is not None and longitude is not None:
        near = [(zone.around.radius_km, zone) for zone in zones if zone.around and zone.around.holds(latitude, longitude)]
        if near:
            return (min(near, key=lambda each: each[0])[1],)
    folded = fold(address)
    named = [
        (found.span(), zone)
        for zone in zones
        for phrase in (zone.name, *zone.words)
        for found in re.finditer(rf"(?<!\w){re.escape(fold(phrase))}(?!\w)", folded)
    ]
    spans = [span for span, _ in named]
    shown = [zone for span, zone in named if not any(_hides(other, span) for other in spans)]
    return tuple(dict.fromkeys(shown))


def _hides(longer: tuple[int, int], span: tuple[int, int]) -> bool:
    return longer != span and longer[0] <= span[0] and span[1] <= longer[1]
