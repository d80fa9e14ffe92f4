"""Stage 6: what only the whole message tells: corrections, headings, of each, units carried on, parts of a total."""

from collections.abc import Container, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate, takewhile

from agent.lexical.reader.denial import denied_numbers
from agent.lexical.reader.either import alternatives
from agent.lexical.reader.goods import Goods, Mention, comes_in_pairs
from agent.lexical.reader.lines import Line, Mode
from agent.lexical.reader.nouns import weighed, without_adjectives, without_shares
from agent.lexical.reader.quantities import Quantity
from agent.lexical.reader.sizes import described, in_sizes, resized, size_said
from agent.lexical.reader.tokens import Token
from agent.lexical.vocabulary import vocabulary

_FEWEST_CARRIED = 50


def settle_lines(lines: Sequence[Line], goods: Goods, tokens: Sequence[Token], ors: Container[str]) -> list[Line]:
    """The lines with what the whole message says of them."""
    found = without_adjectives(weighed(resized(list(lines)), goods), tokens)
    found = in_sizes(described(found, goods, tokens), goods, tokens)
    found = without_shares(denied_numbers(found), tokens)
    found = _of_those(found, tokens)
    found = _corrected(alternatives(_supposed(_doubled(found, tokens)), goods, tokens, ors), goods, tokens)
    found = without_shares(found, tokens)
    found = _headed(_parts_of_total(_one_more(found), goods, tokens), goods, tokens)
    found = _of_each(found, tokens)
    found = _torn(found, tokens)
    found = _named_again(_shared(found, goods))
    return _carried(_taken_back(found, goods), tokens)


def _between(first: Line, second: Line, tokens: Sequence[Token]) -> list[str]:
    return [token.text for token in tokens[first.end : second.start]]


def _one_more(lines: list[Line]) -> list[Line]:
    """`4 remeras… sumale una más`: so many beside those of this message."""
    found: list[Line] = []
    for line in lines:
        wanted = [other for other in found if other.mention is not None and other.mode is Mode.ADD and not other.is_set]
        last = wanted[-1] if wanted else None
        more = line.quantity if line.is_bare and line.is_more and line.mode is Mode.ADD else None
        said = last.quantity if last is not None and not last.is_more else None
        # `el otro` is no more than what was said.
        is_sum = more is not None and _is_count(more) and not more.is_more
        if last is not None and more is not None and said is not None and _is_count(said) and is_sum:
            last.quantity = replace(said, value=said.value + more.value, is_article=False)
            last.is_doubted = last.is_doubted or bool(line.touched)
            continue
        found.append(line)
    return found


def _is_count(said: Quantity) -> bool:
    return said.unit is None and not said.container and said.high is None


def _parts_of_total(lines: list[Line], goods: Goods, tokens: Sequence[Token]) -> list[Line]:
    """`4 harinas, y que una sea amarilla`, `4 harinas pero una amarilla`: one of those, and not one more."""
    for at, line in enumerate(lines):
        if line.quantity is None or line.mention is None or line.mode is Mode.CORRECT:
            continue
        before = tokens[line.start - 1].text if line.start else ""
        inside = {token.text for token in tokens[line.start : line.end]}
        is_so = bool({"sea", "sean"} & inside) and "no" not in inside
        is_part = (is_so and before in ("que", "q")) or (before in ("pero", "but") and not line.mention.has_head)
        total = lines[at - 1] if at else None
        if not is_part or total is None or total.quantity is None or total.mention is None:
            line.is_part = is_part and is_so
            line.is_doubted = line.is_doubted or line.is_part
            continue
        if total.quantity.unit == line.quantity.unit and total.quantity.value > line.quantity.value:
            total.quantity = replace(total.quantity, value=total.quantity.value - line.quantity.value)
            line.mention = goods.completed(total.mention, line.mention) if not line.mention.has_head else line.mention
            line.mode, total.is_rest = Mode.ADD, True
        else:
            total.is_doubted = line.is_doubted = True
    return lines


def _of_those(lines: list[Line], tokens: Sequence[Token]) -> list[Line]:
    """`dos jeans; uno de los jeans es para mi hermano`: so many of what is counted already, and no more of it."""
    left: list[Line] = []
    for line in lines:
        inside = {token.text for token in tokens[line.start : line.end]}
        said = line.quantity if {"de", "of"} & inside and {"los", "las", "the", "those"} & inside else None
        whole = next((other for other in left if _is_same(other.mention, line.mention) and other.mode is Mode.ADD), None)
        counted = whole.quantity if whole is not None else None
        if said is None or whole is None or counted is None or line.mode is not Mode.ADD or said.value > counted.value:
            left.append(line)
            continue
        whole.is_doubted = whole.is_doubted or line.is_wished
    return left


def _supposed(lines: list[Line]) -> list[Line]:
    """`10 remeras. Si no hay descuento que sean 6`: how many it shall be hangs on what only the shop knows."""
    found: list[Line] = []
    for line in lines:
        wanted = [other for other in found if other.mention is not None and other.mode is Mode.ADD]
        wanted = [other for other in wanted if other.quantity is not None] or wanted
        if line.is_bare and line.is_supposed and wanted and (line.mode in (Mode.CORRECT, Mode.CONDITION)):
            wanted[-1].is_doubted = True
            wanted[-1].touched += tuple(range(line.start, line.end))
            continue
        found.append(line)
    return found


def _corrected(lines: list[Line], goods: Goods, tokens: Sequence[Token]) -> list[Line]:
    """`que sean 3`, `digo 3 kilos`, `no, mejor 2 de azúcar`: what is said again replaces what was said."""
    found: list[Line] = []
    for line in lines:
        wanted = [other for other in found if other.mode in (Mode.ADD, Mode.REFUSE) and not other.is_out]
        wanted = [other for other in wanted if other.mention is not None or other.is_more]
        # `no jacket, never mind. Just one pair of chinos`: what is refused in another sentence is done with.
        wanted = [other for other in wanted if other.mode is Mode.ADD or other.clause == line.clause]
        is_correction = line.mode is Mode.CORRECT or (line.is_bare and line.is_set and line.mode is Mode.ADD)
        if is_correction and wanted and not line.of_size:
            if (named := _other_size(wanted[-1], line, goods)) is not None:
                wanted[-1].mention, wanted[-1].end, wanted[-1].mode = named, line.end, Mode.ADD
                continue
            if line.is_bare:
                _measure_again(lines, wanted[-1], line, tokens)
                wanted[-1].is_set = wanted[-1].is_set or _is_only_named(wanted[-1])
                wanted[-1].quantity, wanted[-1].end, wanted[-1].mode = line.quantity, line.end, Mode.ADD
                wanted[-1].counted_at = line.counted_at
                wanted[-1].touched += line.touched
                wanted[-1].instead_of, wanted[-1].is_more = line.instead_of, wanted[-1].is_more or line.is_more
                continue
            same = [other for other in wanted if _is_same(other.mention, line.mention)]
            if same:
                same[-1].is_set = same[-1].is_set or _is_only_named(same[-1])
                same[-1].mode, same[-1].instead_of = Mode.ADD, line.instead_of
                # `ah no, remeras tengo un montón`: named after a no, and nothing new is said of it.
                says_nothing = line.quantity is None and not _narrow_to(same[-1], line)
                same[-1].is_doubted = same[-1].is_doubted or (line.is_denied and says_nothing)
                if line.quantity is not None:
                    same[-1].quantity, same[-1].counted_at = line.quantity, line.counted_at
                continue
            if not line.is_weak and line.clause == wanted[-1].clause and wanted[-1].mode is Mode.ADD:
                line.quantity = line.quantity if line.quantity is not None else wanted[-1].quantity
                if _is_only_named(wanted[-1]):
                    # `el arroz mejor azúcar`: one takes the place of the other, if that is in the order.
                    wanted[-1].mode, wanted[-1].is_out = Mode.REFUSE, True
                else:
                    found.remove(wanted[-1])
            elif (line.is_denied or not (line.is_weak or line.is_more)) and wanted[-1].mode is Mode.ADD:
                # `quería una campera… dejame mejor el rompeviento`, `2 kilos de tomate, no, y un kilo de papa`
                wanted[-1].is_doubted = True
        line.mode = Mode.ADD if line.mode is Mode.CORRECT else line.mode
        found.append(line)
    return found


def _other_size(line: Line, said: Line, goods: Goods) -> Mention | None:
    """`una calça 42, quer dizer 44`: another size of what was named in one is that, and no number and no other thing."""
    label = size_said(said) or (said.mention.label if said.mention is not None and said.quantity is None else "")
    if line.mention is None or not line.mention.label or label in ("", line.mention.label):
        return None
    named = goods.labelled(line.mention, label)
    return named if named is not None and (said.mention is None or named.products == said.mention.products) else None


def _measure_again(lines: Sequence[Line], line: Line, said: Line, tokens: Sequence[Token]) -> None:
    """`una libra de carne, o sea medio kilo, y dos libras de papa`: so much is a pound to whoever says so."""
    known, meant = line.quantity, said.quantity
    is_same = tokens[said.start - 1].text in ("sea", "osea")
    if not is_same or known is None or meant is None or known.unit != "lb" or meant.unit is None or not known.value:
        return
    for other in lines:
        if other is not line and other.quantity is not None and other.quantity.unit == "lb":
            value = other.quantity.value * meant.value / known.value
            other.quantity = replace(other.quantity, value=value, unit=meant.unit)


def _narrow_to(line: Line, said: Line) -> bool:
    """`el jean era azul`: the words that are said again tell which one; whether they do."""
    if line.mention is None or said.mention is None:
        return False
    both = tuple(sku for sku in line.mention.products if sku in said.mention.products)
    if len(both) < len(line.mention.products):
        words = f"{line.mention.words} {said.mention.words}"
        line.mention, line.end = replace(line.mention, products=both, words=words), max(line.end, said.end)
    return len(both) < len(line.mention.products) or said.mention.has_size


def _is_only_named(line: Line) -> bool:
    """Whether it was named to say how much of it there shall be, not ordered in this message."""
    return line.quantity is None and not line.is_wished


def _is_same(first: Mention | None, second: Mention | None) -> bool:
    return first is not None and second is not None and bool(set(first.products) & set(second.products))


def _headed(lines: list[Line], goods: Goods, tokens: Sequence[Token]) -> list[Line]:
    """`remeras: 2 blancas, 1 negra`, `2 cafés de 500 y 1 de 250`: what lacks its noun has that of the line before."""
    head: Mention | None = None
    for at, line in enumerate(lines):
        if line.mention is not None and (line.mention.has_head or head is None):
            head = line.mention
        elif line.mention is not None and head is not None:
            line.mention = goods.completed(head, line.mention)
        behind = lines[at + 1] if at + 1 < len(lines) else None
        about = head if line.is_bare else line.mention
        if behind is None or about is None or line.quantity is None or not behind.is_bare or behind.quantity is None:
            continue
        # `tienen café? dame 2 de 250`: the number behind `de` is the size of what was named before.
        is_open = line.is_bare or len(about.products) > 1
        if is_open and _between(line, behind, tokens) in (["de"], ["of"]) and (named := goods.sized(about, behind.quantity)):
            line.mention, line.end, behind.quantity = named, behind.end, None
    return lines


def _of_each(lines: list[Line], tokens: Sequence[Token]) -> list[Line]:
    """`cebolla y papa, dos kilos de cada una`; said first, it is of all that follows, and of nothing that `y` adds to it."""
    for line in lines:
        if not line.is_each or line.quantity is None:
            continue
        # `una de cada una, y toddy no`: what is refused is none of them.
        named = [other for other in lines if other.mention is not None and other.quantity is None]
        named = [other for other in named if other.mode is not Mode.REFUSE]
        before = [other for other in named if other.start < line.start]
        behind = [other for other in named if other.start > line.start]
        if behind and vocabulary().conjunctions.intersection(_between(line, behind[0], tokens)):
            behind = []
        for other in before or behind:
            other.quantity = line.quantity
            other.mode, other.is_wished = Mode.ADD, True
        if line.is_bare and (before or behind):
            line.quantity = None
    return [line for line in lines if line.mention is not None or line.quantity is not None or line.sized or line.is_taken]


def _torn(lines: list[Line], tokens: Sequence[Token]) -> list[Line]:
    """`queso, medio kilo`; `se me acabó el café, mándame 2`: a quantity alone is of what was named right before it."""
    found: list[Line] = []
    for line, behind in zip(lines, [*lines[1:], None], strict=False):
        last = found[-1] if found else None
        is_lacking = last is not None and not last.is_bare and last.quantity is None and last.mode is not Mode.REFUSE
        is_alone = line.is_bare and line.quantity is not None and not line.touched and not line.is_size
        if last is None or not (is_lacking and is_alone) or (behind is not None and behind.is_bare):
            found.append(line)
            continue
        last.quantity, last.mode, last.is_wished = line.quantity, Mode.ADD, last.is_wished or line.is_wished
    return found


def _doubled(lines: list[Line], tokens: Sequence[Token]) -> list[Line]:
    """`2 arroz x3`: two numbers on one product, with nothing between: how many is asked."""
    found: list[Line] = []
    for at, line in enumerate(lines):
        beside = [other for other in lines[max(0, at - 1) : at + 2] if other is not line and other.mention is not None]
        doubled = [other for other in beside if other.quantity is not None and _is_glued(line, other, tokens)]
        if line.is_bare and line.quantity is not None and doubled:
            doubled[0].quantity, doubled[0].is_doubled = None, True
            continue
        found.append(line)
    return found


def _is_glued(first: Line, second: Line, tokens: Sequence[Token]) -> bool:
    before, behind = (first, second) if first.start < second.start else (second, first)
    return (
        all(text in ("de", "of", "x", "-", "(") for text in _between(before, behind, tokens)) and first.clause == second.clause
    )


def _shared(lines: list[Line], goods: Goods) -> list[Line]:
    """`dos jugos: uno de naranja y uno de pera` are two, not four; the group is left out only if its parts are of its kind."""
    left: list[Line] = []
    for at, total in enumerate(lines):
        parts = _parts(total, lines[at + 1 :], goods)
        if not parts:
            left.append(total)
        for part in parts:
            part.quantity = part.quantity if part.quantity is not None else Quantity(Decimal(1), is_article=True)
    return left


def _named_again(lines: list[Line]) -> list[Line]:
    """A heading (`remeras:`), or the same once more (`el café de 500`): named without a quantity beside a line that has one."""
    for line in list(lines):
        is_only_named = line.quantity is None and line.mode is Mode.ADD
        if line.mention is None or not (is_only_named or line.mode is Mode.TELL):
            continue
        counted = [other for other in lines if other.quantity is not None and _is_same(other.mention, line.mention)]
        # `una M, y unos pants`: a size of nobody knows what is none of them.
        counted = [one for one in counted if one.mode is Mode.ADD and one.mention is not None and not one.mention.is_label]
        if not counted:
            continue
        is_narrower = any(
            set(line.mention.products) < set(other.mention.products) for other in counted if other.mention is not None
        )
        if is_narrower and len(counted) == 1:
            counted[0].mention = line.mention
        for other in counted:
            # `tres bufandas, pero las bufandas mejor en otra ocasión`
            other.is_doubted = other.is_doubted or (line.is_doubted and line.start > other.start)
        lines.remove(line)
    return lines


def _parts(total: Line, following: Sequence[Line], goods: Goods) -> list[Line]:
    if total.mention is None or total.quantity is None or len(total.mention.products) < 2 or total.is_rest:
        return []
    whole, count = set(total.mention.products), _count(total, goods)
    named = list(takewhile(lambda line: line.mention is not None and set(line.mention.products) <= whole, following))
    # `dos buzos, la que trae capucha, una M y una L`; `2 faros, izquierdo y derecho` are one of each.
    parts = [line for line in named if line.quantity is not None or line.is_single] or named
    sums = list(accumulate(_count(line, goods) for line in parts))
    return parts[: sums.index(count) + 1] if count in sums else []


def _count(line: Line, goods: Goods) -> Decimal:
    """How many pieces, or pairs of what comes in pairs."""
    said = line.quantity
    if said is None or line.mention is None:
        return Decimal(1)
    is_pair = said.dozen == 2 and comes_in_pairs(goods.by_sku[line.mention.products[0]].name, said.container)
    return said.value / 2 if is_pair else said.value


def _taken_back(lines: list[Line], goods: Goods) -> list[Line]:
    """`2 arroz y un café, el café no`: a refusal takes out what was said before it, and is done with that."""
    found: list[Line] = []
    for line in lines:
        if line.mode is Mode.REFUSE and line.mention is not None:
            same = [other for other in found if other.mode is not Mode.REFUSE and _is_same(other.mention, line.mention)]
            if same and (line.quantity is None or same[-1].quantity is None or line.quantity.value == same[-1].quantity.value):
                found.remove(same[-1])
                continue
            if same and not line.is_taken:
                # `2 kilos de tomate, no, kilo y medio de tomate`: said again, or denied.
                same[-1].quantity, same[-1].is_doubted = line.quantity, True
                continue
            if found and not line.is_taken and line.mention.has_head and goods.in_sizes(found[-1].mention, line.mention):
                # `una bermuda en 42, no pará la bermuda en 44`: the one or the other.
                found[-1].either = (line.mention,)
                continue
        found.append(line)
    return found


def _carried(lines: list[Line], tokens: Sequence[Token]) -> list[Line]:
    """`2 libras de queso y 3 de jamón`, `300 g de jamón y 200 de queso`: the unit goes on; so does a dozen before `de`."""
    unit: str | None = None
    dozen: Decimal | None = None
    last: Quantity | None = None
    for line in lines:
        said = line.quantity
        if said is None:
            continue
        is_of = any(token.text in ("de", "of") for token in tokens[line.start + 1 : line.start + 2])
        if said.is_more and is_of and last is not None and (last.value < 1 or last.unit is not None or last.dozen is not None):
            # `un cuarto de jamón y otro de queso`
            line.quantity = last
            continue
        last = said
        if unit == "money" and said.unit == "money?":
            line.quantity = replace(said, unit=unit)
            continue
        if dozen is not None and said.is_plain and is_of and line.counted_at == line.start:
            line.quantity = replace(said, value=said.value * dozen)
            continue
        dozen = said.dozen
        if said.unit in ("g", "lb", "oz", "money"):
            unit = said.unit
        elif said.unit is not None or said.container or said.is_marked:
            unit = None
        elif said.is_plain and unit not in (None, "money") and (unit != "g" or said.value >= _FEWEST_CARRIED):
            line.quantity = replace(said, unit=unit, is_plain=False)
    return lines
