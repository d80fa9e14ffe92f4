"""Stage 7, how much: the customer's amount in what the product is sold by, or None where that is to be asked."""

import re
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

from agent.lexical.reader.goods import Mention, Product, comes_in_pairs
from agent.lexical.reader.quantities import Quantity
from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold
from core.language.words import MEASURES
from domain.catalog.search import similarity
from domain.catalog.words import Size, read
from tools.measures import is_sold_by_tray, is_tray

_GRAMS_FROM = 50
"""From here on a bare number of what is weighed is one of grams: nobody wants fifty kilos by the phone."""
_ALIKE = 0.75
"""So much alike are `cartões` and `cartón`."""
_TOLERANCE = Decimal("0.02")


def amount_of(product: Product, quantity: Quantity, mention: Mention | None) -> Decimal | None:
    """How much of a product a quantity is, in its own unit; None where it cannot be told without asking."""
    if quantity.high is not None or quantity.unit == "money?":
        return None
    if quantity.unit == "money":
        return bought(product, quantity.value)
    if quantity.unit is not None:
        return _measured(product, quantity)
    if product.unit in MEASURES and product.grain < 1:
        return _weighed(product, quantity, mention)
    return _counted(product, quantity, mention)


def counted_of(products: Sequence[Product], said: Quantity) -> Decimal:
    """How many a quantity is of each of several; `un par` of shoes is one, whichever it will be."""
    counted = {amount_of(product, said, None) for product in products}
    one = counted.pop() if len(counted) == 1 else None
    return one if one is not None else said.value


def amount_asked_for(product: Product, said: Quantity) -> Decimal | None:
    """How much a quantity is of what was asked about by its name: a bare number that fills no carton counts cartons."""
    amount = amount_of(product, said, None)
    is_count = said.is_plain and said.value == said.value.to_integral_value() and product.grain == 1
    return said.value if amount is None and is_count else amount


def comes_in(product: Product, quantity: Quantity) -> bool:
    """Whether a product is called by the container that was said, or comes in packages of just that measure."""
    if quantity.container:
        return _names(quantity.container, {word.text for word in read(product.name).words})
    if quantity.unit not in MEASURES or product.unit in MEASURES:
        return False
    dimension, factor = MEASURES[quantity.unit or ""]
    return Size(dimension, (quantity.value * factor).normalize()) in read(product.name).sizes


def bought(product: Product, money: Decimal) -> Decimal | None:
    """As much as an amount of money buys: whole pieces only if the sum is theirs."""
    if not product.price:
        return None
    bought = money / product.price
    if product.grain >= 1:
        return bought if bought == bought.to_integral_value() and bought else None
    steps = (bought / product.grain).to_integral_value(ROUND_FLOOR)
    return steps * product.grain or None


def _measured(product: Product, quantity: Quantity) -> Decimal | None:
    assert quantity.unit is not None
    dimension, factor = MEASURES[quantity.unit]
    said = quantity.value * factor
    if product.unit in MEASURES:
        of, one = MEASURES[product.unit]
        return _in_grain(product, said / one) if of == dimension else None
    sizes = [size for size in read(product.name).sizes if size.dimension == dimension]
    if len(sizes) == 1 and said % sizes[0].amount == 0:
        return said / sizes[0].amount
    # Of what says no size, a litre is one.
    is_one = not sizes and quantity.unit == "l" and quantity.value == quantity.value.to_integral_value()
    return quantity.value if is_one else None


def _in_grain(product: Product, amount: Decimal) -> Decimal | None:
    """The amount if it can be sold; one that misses by a hair (454 g of a pound) is rounded to the grain."""
    steps = (amount / product.grain).to_integral_value()
    near = steps * product.grain
    return near if near and abs(near - amount) <= min(amount * _TOLERANCE, product.grain / 2) else None


def _weighed(product: Product, quantity: Quantity, mention: Mention | None) -> Decimal | None:
    """A bare number of what is weighed: kilos, or grams from fifty on; times the weight that its name was given."""
    if quantity.container and quantity.container not in vocabulary().wholes:
        return None
    value = quantity.value
    dimension, factor = MEASURES[product.unit]
    sizes = [size for size in mention.sizes if size.dimension == dimension] if mention is not None else []
    if len(sizes) == 1:
        value = value * sizes[0].amount / factor
    elif value >= _GRAMS_FROM and factor == 1000:
        value = value / 1000
    return _in_grain(product, value)


def _counted(product: Product, quantity: Quantity, mention: Mention | None) -> Decimal | None:
    value, container = quantity.value, quantity.container
    if value != value.to_integral_value():
        return None if product.unit not in MEASURES else _in_grain(product, value)
    packs = [size.amount for size in read(product.name).sizes if size == Size("u", size.amount) and size.amount > 1]
    in_name = {word.text for word in read(product.name).words}
    if container and quantity.dozen == 2:
        pairs = value / 2 if product.is_pair or comes_in_pairs(product.name, container) else value
        # `seis pares` of what comes in packages of three are two packages; `dos pares` of it are asked about.
        held = packs[0] if packs and pairs != value else Decimal(1)
        return pairs / held if pairs % held == 0 else None
    if container and quantity.dozen is not None:
        return value / quantity.dozen if quantity.dozen in packs else value
    if (pack := _holding(container or (mention.words if mention is not None else ""), product)) is not None:
        # `12 rollos` of what comes in packages of four; `8 unidades` of eight may be one or eight.
        is_either = container in vocabulary().wholes
        return (None if is_either else value / pack) if value % pack == 0 else (value if is_either else None)
    is_held = _names(container, in_name | {product.unit}) or (mention is not None and _names_holder(mention.words, product))
    if packs and not is_held and _is_held_by_tray(product):
        # `30 huevos` where the carton of thirty is sold.
        return value / packs[0] if value % packs[0] == 0 else None
    if quantity.held is not None:
        if quantity.held in packs:
            return value
        return None if packs else value * quantity.held
    if container and not is_held and (container in vocabulary().bulk or _is_odd_tray(container, product)):
        return None
    return value


def _holding(said: str, product: Product) -> Decimal | None:
    """How many of what a word says a package holds, as its name has it: `4 rollos` of `Papel 4 rollos`."""
    held = [Decimal(many) for many, what in re.findall(r"\b(\d+) ([a-z]+)", fold(product.name)) if _stem(what) == _stem(said)]
    return held[0] if said and len(held) == 1 and held[0] > 1 else None


def _is_odd_tray(container: str, product: Product) -> bool:
    return is_tray(container) and not is_sold_by_tray(product.name, container)


def _names(container: str, in_name: set[str]) -> bool:
    return bool(container) and bool(
        {word.text for word in read(container).words} & in_name or _stem(container) in {_stem(w) for w in in_name}
    )


def _stem(text: str) -> str:
    return text.removesuffix("es").removesuffix("s")


def _is_held_by_tray(product: Product) -> bool:
    words = read(product.name).words
    # Folded, `pañales` look like `panales`.
    is_itself = "ñ" not in product.name.split()[0].casefold()
    return bool(words) and is_itself and (is_tray(words[0].text) or is_tray(words[0].text + "es"))


def _names_holder(said: str, product: Product) -> bool:
    first = read(product.name).words
    is_named = any(similarity(word, first[0]) >= _ALIKE for word in read(said).words) if first else False
    return bool(first) and is_tray(first[0].text) and is_named
