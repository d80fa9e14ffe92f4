"""How much is meant of what is weighed or counted by the dozen, where the unit is left out."""

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


def as_weighed(act: Act, name: str) -> Act:
    """The amount of what is sold by weight: grams in `300 de jamón`, two kilos in `un pollo de 2 kilos`."""
    if act.quantity is None or act.unit is not None:
        return act
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
