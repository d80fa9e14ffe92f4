"""How much is meant of what is weighed or counted by the dozen, where the unit is left out."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from agent.lexical.acts import Act, ActKind
from agent.lexical.vocabulary import vocabulary
from domain.catalog.words import read, word

_FEWEST_GRAMS = 100
_FEWEST_CARRIED = 50
"""From here on a number behind `300 g` is one of grams as well; `1 de pollo` is a kilo."""
_FEWEST_WHOLESALE = 10
_KINDS = (ActKind.ADD, ActKind.SET, ActKind.MORE)
_WEIGHTS = frozenset({"g", "kg", "lb", "oz"})
_SMALL = frozenset({"lb", "oz"})


def carried(acts: Sequence[Act]) -> list[Act]:
    """The acts, each with the unit or the dozen that was said last before it: `300 g de jamón y 200 de queso`."""
    found: list[Act] = []
    unit, dozen = "", ""
    for act in acts:
        if act.details.get("again") and found and _is_one_measure(found[-1]):
            # `un cuarto de jamón y otro de queso`
            act = replace(act, quantity=found[-1].quantity, unit=found[-1].unit)
        if act.kind in _KINDS and act.phrase and act.quantity is not None:
            if act.unit or act.details.get("container") or act.details.get("dozen"):
                unit = act.unit if act.unit in _WEIGHTS and not _is_household(act) else ""
                dozen = act.details.get("dozen", "")
            elif unit:
                act = replace(act, details={**act.details, "carried": unit})
            elif dozen and act.details.get("of"):
                act = replace(act, details={**act.details, "dozens": dozen})
            else:
                dozen = ""
        found.append(act)
    return found


def _is_one_measure(act: Act) -> bool:
    """Whether an amount is said as one measure, of which there may be another: a quarter, a dozen, 200 g."""
    is_part = act.quantity is not None and act.quantity < 1
    return act.kind in _KINDS and (is_part or bool(act.unit) or bool(act.details.get("dozen")))


def _is_household(act: Act) -> bool:
    """Whether so many kilos are said that `200` behind them is one of grams: `medio kilo de queso, 200 de jamón`."""
    return act.unit == "kg" and act.quantity is not None and act.quantity < _FEWEST_WHOLESALE


def as_weighed(act: Act, name: str) -> Act:
    """The amount of what is sold by weight: grams in `300 de jamón`, two kilos in `un pollo de 2 kilos`."""
    if act.quantity is None or act.unit is not None:
        return act
    unit = act.details.get("carried")
    if unit and (unit in _SMALL or act.quantity >= _FEWEST_CARRIED):
        return replace(act, unit=unit)
    if is_in_grams(act.quantity):
        return replace(act, unit="g")
    sizes = [size for size in read(act.phrase).sizes - read(name).sizes if size.dimension in ("g", "ml")]
    return replace(act, quantity=act.quantity * sizes[0].amount, unit=sizes[0].dimension) if len(sizes) == 1 else act


def is_in_grams(quantity: Decimal) -> bool:
    """Whether a bare number is one of grams: of what is weighed nobody wants hundreds of kilos by the phone."""
    return quantity >= _FEWEST_GRAMS


def in_dozens(act: Act) -> Act:
    """`dos docenas de huevos y una de aguacates`: the dozen goes on counting."""
    dozen = act.details.get("dozens")
    return replace(act, quantity=act.quantity * Decimal(dozen)) if dozen and act.quantity is not None else act


def comes_in_pairs(name: str) -> bool:
    """Whether a product is of a kind that comes in pairs wherever it is sold: shoes, socks."""
    nouns = {noun for known in vocabulary().pairs.values() for noun in known}
    return any(said.forms & word(noun).forms for said in read(name).words[:1] for noun in nouns)
