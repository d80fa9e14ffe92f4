"""What a model in a file says of itself, and a model that can be asked: all that judging needs of one."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from analytics.machines.conditions import Conditions, regime
from analytics.machines.drift import Reference
from analytics.machines.life_features import features
from analytics.machines.rolling import Floats

EQUAL: Final = 1e-4
"""By how much the file may differ from what it was made of: of a probability, or of the cap of a remaining life."""

KEY: Final = "nexova"
"""Under this name a file carries its card."""

EXAMPLES: Final = 8
_MOST_SENSORS: Final = 200
_FAR: Final = 1e6

Kind = Literal["failure", "remaining_life"]
"""What a model says: how probable a failure is within some hours, or how many hours of work are left."""

_MOST_REGIMES: Final = 50
_MOST_INPUTS: Final = 1_000

Row = Annotated[tuple[float, ...], Field(max_length=_MOST_INPUTS)]
Name = Annotated[str, Field(min_length=1, max_length=50)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Regimes(_Strict):
    """`Conditions` and the health indices of a remaining life."""

    scale: Row
    centres: Annotated[tuple[Row, ...], Field(max_length=_MOST_REGIMES)]
    informative: Annotated[tuple[int, ...], Field(max_length=_MOST_SENSORS)]
    means: Annotated[tuple[Row, ...], Field(max_length=_MOST_REGIMES)]
    spreads: Annotated[tuple[Row, ...], Field(max_length=_MOST_REGIMES)]
    centre: Row
    indices: Annotated[tuple[Row, ...], Field(max_length=_MOST_SENSORS)]


class Card(_Strict):
    """What a file says of itself."""

    version: Literal[1] = 1
    kind: Kind
    sensors: Annotated[tuple[Name, ...], Field(min_length=1, max_length=_MOST_SENSORS)]
    units: tuple[Name, ...]
    settings: Annotated[tuple[int, ...], Field(max_length=_MOST_SENSORS)] = ()
    """The sensors that tell in which regime the machine works, by their places."""
    horizon_hours: Annotated[float, Field(gt=0, le=24 * 365)]
    threshold: float
    """The probability, or the hours left, from which it is a warning."""
    sound_mean: Row
    sound_spread: Annotated[Row, Field(min_length=1)]
    weights: Row
    """The share of each sensor in what it says."""
    reference: Reference
    regimes: Regimes | None = None
    examples: Annotated[tuple[Row, ...], Field(min_length=1, max_length=EXAMPLES)]
    answers: Annotated[Row, Field(min_length=1, max_length=EXAMPLES)]
    error_hours: float | None = None
    """The root of the mean squared error of a remaining life."""


class Session(Protocol):
    """What runs a model: the arrays that it gives for named arrays."""

    def run(self, names: None, given: dict[str, Any]) -> list[Any]:
        """Every output."""
        ...


@dataclass(frozen=True, slots=True)
class Served:
    """A model that can be asked."""

    card: Card
    session: Session

    def ask(self, rows: Floats) -> Floats:
        """(N,) the answers to rows of its inputs."""
        (made,) = self.session.run(None, {"rows": np.asarray(rows, dtype=np.float32)})
        return np.asarray(made, dtype=float).reshape(-1)

    def hours_left(self, values: Floats) -> float:
        """Hours of work left after the last of the hours (T, K) since the machine was as new."""
        assert self.card.regimes is not None, "a remaining life has regimes"
        return float(self.ask(life_inputs(self.card, self.card.regimes, values)[-1:])[0])

    def strayed(self, values: Floats) -> dict[str, float]:
        """By how many spreads of sound rows the sensors (K,) that weigh lie off."""
        # So far off is off, and a number that is none could not be kept.
        with np.errstate(over="ignore"):
            off = np.clip((values - np.array(self.card.sound_mean)) / np.array(self.card.sound_spread), -_FAR, _FAR)
        weighs = [place for place, share in enumerate(self.card.weights) if share >= 1 / (2 * len(self.card.weights))]
        return {self.card.sensors[place]: round(float(off[place]), 2) for place in weighs}


def life_inputs(card: Card, regimes: Regimes, values: Floats) -> Floats:
    """(T, F) what a remaining life is said of, from hours (T, K)."""
    conditions = Conditions(
        np.array(regimes.scale),
        np.array(regimes.centres),
        np.array(regimes.informative, dtype=np.intp),
        np.array(regimes.means),
        np.array(regimes.spreads),
    )
    signal = conditions.normalise(regime(values, card.settings), values)
    return features((signal - np.array(regimes.centre)) @ np.array(regimes.indices))
