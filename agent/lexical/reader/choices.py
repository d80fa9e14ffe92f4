"""Which of several products words point to that name none: a place in the list, a size, the larger, the cheapest."""

from collections.abc import Container, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal

from agent.lexical.reader.certainty import ENDS
from agent.lexical.reader.closed import Role
from agent.lexical.reader.goods import Goods, has_number, label_of
from agent.lexical.reader.lines import Line
from agent.lexical.reader.nouns import pieces
from agent.lexical.reader.path import Path
from agent.lexical.reader.quantities import Quantity
from agent.lexical.reader.tokens import Token
from agent.lexical.vocabulary import vocabulary
from domain.catalog.words import Size, read


def counting(bare: Sequence[Line], chosen: Container[int], tokens: Sequence[Token]) -> dict[int, Line]:
    """By the identity of a choice what counts it: what stands before it in its sentence, or behind if nothing does."""
    found: dict[int, Line] = {}
    counts: list[Line] = []
    last: Line | None = None
    is_behind = id(bare[0]) in chosen
    sentence = 0
    for line in bare:
        if (now := sentence_of(line.start, tokens)) != sentence:
            sentence, counts, last, is_behind = now, [], None, id(line) in chosen
        if id(line) in chosen:
            if counts:
                found[id(line)] = counts.pop(0)
            last = line
        elif line.quantity is not None and is_behind and last is not None and id(last) not in found:
            found[id(last)] = line
        elif line.quantity is not None:
            counts.append(line)
    return found


def shared_out(bare: Sequence[Line], chosen: Container[int]) -> Line | None:
    """`dos pares, uno 39 y otro 41`, `dos pares, 39 y 41`: the number that is shared out among the choices behind it."""
    counts = [line for line in bare if id(line) not in chosen and line.quantity is not None]
    choices = [line for line in bare if id(line) in chosen]
    if not counts or len(choices) < 2 or counts[0].start > choices[0].start:
        return None
    more = sum(line.is_more for line in choices)
    shares = [pieces(line.quantity) for line in counts[1:]] + [Decimal(1)] * more
    is_shared = len(shares) in (0, len(choices)) and pieces(counts[0].quantity) == (sum(shares) or len(choices))
    return counts[0] if is_shared else None


def sentence_of(at: int, tokens: Sequence[Token]) -> int:
    """In which sentence of a message a token stands."""
    return sum(token.text in ENDS for token in tokens[:at])


Span = tuple[int, int, Quantity | None]
"""Where words stand that point to something, and the size that they say."""


def pointing(
    path: Path, tokens: Sequence[Token], folded: str, labels: AbstractSet[str], closed: AbstractSet[str]
) -> list[Span]:
    """Words that name nothing and tell one of several: a size, a place in the list, `la grande`."""
    words = vocabulary()
    spans: list[Span] = [(arc.start, arc.end, arc.size) for arc in path.arcs if arc.role is Role.SIZE]
    places = [at for at, token in enumerate(tokens) if token.text in words.ordinals and token.text != "cuarto"]
    places += [at for at, token in enumerate(tokens) if token.text in labels]
    places += [at for arc in path.arcs if arc.role is Role.PURPOSE for at in range(arc.start, arc.end)]
    spans += [(at, at + 1, None) for at in places]
    for name in ("the_large", "the_small", "any_of_them", "cheapest"):
        if (found := words.matches(name, folded)) is not None:
            inside = [at for at, one in enumerate(tokens) if found.start() <= one.start < found.end()]
            spans += [(inside[0], inside[-1] + 1, None)] if inside else []
    return [span for span in spans if not _is_of_unknown(span[0], path, tokens, closed)]


def _is_of_unknown(at: int, path: Path, tokens: Sequence[Token], closed: AbstractSet[str]) -> bool:
    """`the windbreaker, size M`: the size of something that nobody knows chooses nothing."""
    before = [arc for arc in path.arcs if arc.end <= at]
    while before and (before[-1].role is Role.FILLER or tokens[before[-1].start].text == ","):
        before.pop()
    return bool(before) and before[-1].role is Role.UNKNOWN and tokens[before[-1].start].text not in closed


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
