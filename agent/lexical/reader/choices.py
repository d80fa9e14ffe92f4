"""Which of several products words point to that name none: a place in the list, a size, the larger, the cheapest."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from agent.lexical.reader.goods import Goods, has_number, label_of
from agent.lexical.vocabulary import vocabulary
from domain.catalog.words import Size, read


def by_place(goods: Goods, said: str, skus: Sequence[str]) -> str | None:
    """`segunda`, `última`, `2`, `grande`, `más barata`, `cualquiera`: the one that is meant of a list."""
    words = vocabulary()
    if words.matches("cheapest", said):
        return min(skus, key=lambda sku: goods.by_sku[sku].price)
    if words.matches("the_large", said) or words.matches("the_small", said):
        return _by_measure(goods, skus, is_large=words.matches("the_large", said) is not None)
    at = 1 if words.matches("any_of_them", said) else int(said) if said.isdecimal() else words.ordinals.get(said, 0)
    return skus[at - 1 if at > 0 else at] if at and -1 <= at <= len(skus) else None


def _by_measure(goods: Goods, skus: Sequence[str], *, is_large: bool) -> str | None:
    """The largest or the smallest, where each has a size of one kind and another."""
    sizes = [(size, sku) for sku in skus for size in read(goods.by_sku[sku].name).sizes]
    amounts = {size.amount for size, _ in sizes}
    if not len(sizes) == len(skus) == len(amounts) or len({size.dimension for size, _ in sizes}) != 1:
        return None
    wanted = max(amounts) if is_large else min(amounts)
    return next(sku for size, sku in sizes if size.amount == wanted)


def by_size(goods: Goods, words: AbstractSet[str], size: Size | None, skus: Sequence[str]) -> str | None:
    """The only one that has a word or figure of its own, or comes in packages of a measure."""
    fits = [
        sku
        for sku in skus
        if words & own_words(goods, sku, skus)
        or size in read(goods.by_sku[sku].name).sizes
        or any(has_number(goods.by_sku[sku], word) for word in words if word.isdecimal())
    ]
    return fits[0] if len(fits) == 1 else None


def own_words(goods: Goods, sku: str, skus: Sequence[str]) -> set[str]:
    """The words of a product's name that no other of those in question has."""
    words = {other: {word.text for word in read(goods.by_sku[other].name).words} for other in skus}
    return words[sku].difference(*(known for other, known in words.items() if other != sku))


def is_size(figure: str, name: str) -> bool:
    """Whether a figure is the size that the name of a product says, and so no quantity of it."""
    return label_of(name) == figure
