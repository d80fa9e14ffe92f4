"""What a shop is founded from."""

from pydantic import ConfigDict, Field

from domain.accounts.schemas import CreateWorkspace
from domain.catalog.schemas import NewStore, NewUnit

UNITS = (
    NewUnit(code="PZA", name="pieza", precision=0, aliases=("pza", "unidad", "unidades", "und", "u", "pieza", "piezas")),
    NewUnit(code="KG", name="kilo", precision=3, aliases=("kg", "kilo", "kilos", "kilogramo", "kilogramos")),
    NewUnit(code="LT", name="litro", precision=3, aliases=("l", "lt", "lts", "litro", "litros")),
    NewUnit(code="M", name="metro", precision=3, aliases=("m", "mt", "mts", "metro", "metros")),
)
"""The units that every shop begins with."""


class FoundWorkspace(CreateWorkspace):
    """A new shop: its money, place and language, its settings, and its stores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stores: tuple[NewStore, ...] = Field(min_length=1, max_length=50)
