"""The closed sets of forecasts."""

from enum import StrEnum


class Level(StrEnum):
    """What a forecast is added up over. Those of one run agree: each is the sum of those below it."""

    VARIANT_STORE = "variant_store"
    VARIANT = "variant"
    CATEGORY = "category"
    STORE = "store"
    TOTAL = "total"


class Basis(StrEnum):
    """What an interval rests on."""

    MEASURED = "measured"
    """Errors of past forecasts of the same sum."""
    SUMMED = "summed"
    """The intervals of its parts, as if all of them erred together: rather too wide."""
