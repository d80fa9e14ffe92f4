"""Stage 6, which one of its kind: sizes said apart from the name, and what a thing shall not be or have."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from agent.lexical.reader.certainty import is_guess
from agent.lexical.reader.goods import Goods
from agent.lexical.reader.lines import Line, Mode
from agent.lexical.reader.quantities import LARGEST_SHOE, SMALLEST_SHOE, Quantity
from agent.lexical.reader.tokens import Token
from agent.lexical.vocabulary import vocabulary
from core.language.words import MEASURES

_APART = frozenset({",", ";", ".", "y", "e", "and"})
_WITHOUT = frozenset({"sin", "without", "sem"})
_IS = frozenset(
    {"sea", "sean", "es", "son", "tenga", "tengan", "tiene", "tienen", "lleve", "lleva", "traiga", "trae", "venga", "viene"}
)
"""What something is or has; no wish and no order."""
_DEGREES = frozenset({"muy", "tan", "demasiado", "too", "very", "muito"})
_NOT = frozenset({"no", "not", "nao"})
_SOME = frozenset({"unas", "unos", "otras", "otros", "otra", "otro", "some", "others"})
_FARTHEST = 6


def described(lines: list[Line], goods: Goods, tokens: Sequence[Token]) -> list[Line]:
    """`leche que no sea en polvo`, `buzo sin capucha`, `la que no tiene azúcar`: which one, and nothing that is refused."""
    found: list[Line] = []
    for line in lines:
        last = next((other for other in reversed(found) if other.mention is not None), None)
        if line.mention is None or last is None or last.mention is None or not _is_lacking(line, tokens):
            found.append(line)
            continue
        noun = line.mention.words.split()[-1]
        left = goods.lacking(last.mention, noun)
        is_other = last.mode is Mode.REFUSE or (line.quantity is not None and last.quantity is not None)
        between = {token.text for token in tokens[last.end : line.start]}
        is_idle = last.mention.is_label or (left is not None and left.products == last.mention.products)
        if is_idle and line.mention.has_head and between & _APART:
            # `dos leches, y sin desodorante`: a thing of its own, which all of the others lack.
            found.append(line)
            continue
        if left is None or not set(line.mention.products) & set(last.mention.products) | set(goods.matches(noun)):
            last.touched += tuple(range(line.start, line.end))
        elif is_other:
            # `nada de coca normal, de la que no tiene azúcar sí, 2`
            line.mention, line.mode, line.is_doubted = left, Mode.ADD, len(left.products) > 1
            found.append(line)
            continue
        else:
            last.mention, last.end = left, line.end
        if line.quantity is not None and last.quantity is None:
            last.quantity, last.counted_at = line.quantity, line.counted_at
    return found


def _is_lacking(line: Line, tokens: Sequence[Token]) -> bool:
    before = [token.text for token in tokens[max(0, line.start - 5) : line.start]]
    while before and before[-1] in vocabulary().articles | vocabulary().prepositions | {"en", "con", "in", "with"}:
        before.pop()
    if before and before[-1] in _WITHOUT:
        return True
    if len(before) > 1 and before[-1] in _DEGREES and before[-2] in _NOT:
        # `aguacates, no muy maduros`
        return True
    return len(before) > 2 and before[-1] in _IS and before[-2] == "no" and before[-3] in ("que", "q")


def in_sizes(lines: list[Line], goods: Goods, tokens: Sequence[Token]) -> list[Line]:
    """`bermudas, una 40 y una 42`, `3 boxer M, 3 L`, `corpiños, 85, tres`: a size alone is of the thing named before it."""
    found: list[Line] = []
    head: Line | None = None
    for line in lines:
        if line.mention is not None and not line.mention.is_label:
            _name_size(line, goods, tokens)
            _give_size(line, found, head, goods)
            head = head if is_guess(line) else line
            found += [line, *_take_own_size(line, goods)]
            continue
        if line.of_size or (line.mention is not None and line.mode is Mode.REFUSE):
            # `talle L, no M`
            found.append(line)
            continue
        label = line.mention.label if line.mention is not None else _figure(line)
        about = head.mention if head is not None else None
        named = goods.labelled(about, label) if about is not None and label else None
        letter = tokens[line.end - 1].text
        if about is not None and line.mention is None and line.quantity and line.quantity.unit == letter:
            # `2 S y 1 L`: no litre.
            line.mention = goods.labelled(about, letter)
            line.quantity = replace(line.quantity, unit=None) if line.mention is not None else line.quantity
            found.append(line)
            continue
        if named is None or head is None or head.mention is None:
            if line.mention is not None and line.quantity is None:  # `mejor L`: another size of what the thread is about
                line.mention, line.sized = None, tuple(range(line.start, line.end))
            found.append(line)
            continue
        counting = found[-1] if found[-1] is not head and found[-1].is_bare and _is_near(found[-1], line, tokens) else None
        before = tokens[line.start - 1].text if line.start else ""
        if counting is not None and (line.mention is None or line.quantity is None):
            counting.mention, counting.end, counting.is_more = named, line.end, False
        elif head.mode is Mode.CORRECT and head.quantity is None and line.quantity is not None and line.quantity.is_article:
            # `make the dress a medium`
            head.mention, head.end = named, line.end
        elif (line.mention is not None and line.quantity is not None) or head.mention.label or before in _SOME:
            one = Quantity(Decimal(1), is_article=True) if before in _SOME else None
            line.quantity = line.quantity if line.mention is not None and line.quantity is not None else one
            line.mention, line.is_more = named, False
            found.append(line)
        else:
            head.mention, head.end, head.is_set = named, line.end, head.is_set or line.is_set
    return found


def resized(lines: list[Line]) -> list[Line]:
    """`el 39 que sea 37`, `la L mejor M`, `no L, M`: what an article points to by its size alone is what shall be otherwise."""
    found: list[Line] = []
    for line in lines:
        old = found[-1] if found else None
        is_pair = old is not None and old.clause == line.clause and bool(size_said(old) and size_said(line))
        is_changed = old is not None and old.is_definite and (line.is_set or line.is_changed)
        if old is not None and is_pair and (is_changed or (old.mode is line.mode is Mode.REFUSE and not line.quantity)):
            line.of_size, line.start, line.mode = size_said(found.pop()), old.start, Mode.CORRECT
        found.append(line)
    return found


def size_said(line: Line) -> str:
    """The size or bare number that a line says, where it names nothing: `39`, `m`; empty if it names something."""
    if line.mention is None:
        return _figure(line)
    return line.mention.label if line.mention.is_label and line.quantity is None else ""


def _name_size(line: Line, goods: Goods, tokens: Sequence[Token]) -> None:
    """`Musculosa Morley $4200 talle S x 2`, `coca cola de las de 2 litros`: a size that stands apart from the name."""
    said = line.quantity if line.mode is Mode.REFUSE or line.is_definite else None
    is_package = line.mention is not None and not any(goods.by_sku[sku].is_measured for sku in line.mention.products)
    if said is not None and is_package and said.unit in MEASURES and tokens[line.counted_at - 1].text in ("de", "of"):
        # `la coca de 2 litros no`
        line.size, line.quantity = said, None
    sized = goods.sized(line.mention, line.size) if line.mention is not None and line.size is not None else None
    if line.mention is not None and sized is not None:
        both = tuple(sku for sku in line.mention.products if sku in sized.products)
        if 0 < len(both) < len(line.mention.products):
            line.mention, line.sized, line.size = replace(line.mention, products=both, has_size=True), (), None
    label = tokens[line.sized[-1]].text if line.sized and line.size is None and not line.is_out else ""
    named = goods.labelled(line.mention, label) if line.mention is not None and label and not line.mention.label else None
    if named is not None:
        line.mention, line.sized = named, ()
        line.touched = tuple(at for at in line.touched if tokens[at].text != label)


def _give_size(line: Line, found: list[Line], head: Line | None, goods: Goods) -> None:
    """`bermudas, una 42, las de gabardina`: the number before a name is the size of what was named before."""
    is_behind = bool(found) and found[-1].is_bare and found[-1].end == line.start == line.counted_at
    if head is None or head.mention is None or not is_behind:
        return
    named = goods.labelled(head.mention, _figure(line)) if _figure(line) else None
    if named is not None and found[-1].quantity is not None and found[-1].quantity.is_article:
        found[-1].mention, line.quantity = named, None


def _take_own_size(line: Line, goods: Goods) -> list[Line]:
    """`ojotas para la playa, 37`: a number behind the name that is a size of the thing, or of any feet."""
    figure = _figure(line)
    if line.mention is None or line.quantity is None or not figure or line.counted_at <= line.start:
        return []
    if (named := goods.labelled(line.mention, figure)) is not None:
        line.quantity = None
        if line.mention.label:
            # `botas 38 y 39`
            return [replace(line, mention=named, start=line.counted_at)]
        line.mention = named
        return []
    products = [goods.by_sku[sku] for sku in line.mention.products]
    if all(product.is_set for product in products) and SMALLEST_SHOE <= line.quantity.value <= LARGEST_SHOE:
        line.sized, line.quantity = (line.counted_at,), None
    return []


def _figure(line: Line) -> str:
    said = line.quantity
    is_bare = said is not None and said.is_plain and not said.is_article and said.value == said.value.to_integral_value()
    return f"{said.value.normalize():f}" if said is not None and is_bare else ""


def _is_near(counting: Line, line: Line, tokens: Sequence[Token]) -> bool:
    """Whether a number and a size behind it belong together: `una 40`, `uno para mi que soy talle M`."""
    between = tokens[counting.end : line.start]
    return len(between) <= _FARTHEST and all(token.kind == "word" for token in between)


def strung(lines: Sequence[Line], tokens: Sequence[Token]) -> list[Line]:
    """`2 kilos de carne de bistec`: two names in a row with one quantity are one thing in doubt."""
    found: list[Line] = []
    for line in lines:
        last = found[-1] if found else None
        between = [token.text for token in tokens[last.end : line.start]] if last is not None else [""]
        if last is not None and _describes(line, last, between):
            continue
        is_tail = line.mention is not None and line.quantity is None and not line.is_single and line.mode is Mode.ADD
        is_tail = is_tail and between in ([], ["de"], ["of"])
        if last is not None and last.mention is not None and last.quantity is not None and is_tail:
            last.touched += tuple(range(line.start, line.end))
            continue
        found.append(line)
    return found


def _describes(line: Line, last: Line, between: list[str]) -> bool:
    """`unas ojotas para la playa`, `aguacates maduros`: words of the same product, or a word that is nobody's noun."""
    if line.mention is None or last.mention is None or line.quantity is not None or line.clause != last.clause:
        return False
    if line.mention.has_head and set(last.mention.products) != set(line.mention.products):
        return False
    return set(last.mention.products) <= set(line.mention.products) or (not between and line.mention.count == 1)
