"""Stage 6, one noun phrase: what weighs, describes or shares out a thing that is named beside it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from agent.lexical.reader.closed import closed_phrases
from agent.lexical.reader.goods import Goods
from agent.lexical.reader.lines import Line
from agent.lexical.reader.quantities import Quantity
from agent.lexical.reader.tokens import Token
from core.language.words import MEASURES


def weighed(lines: list[Line], goods: Goods) -> list[Line]:
    """`un pollo de 2 kilos`, `3 quesos de medio kilo`: so much of each, where it is sold by weight."""
    for line in lines:
        if line.size is None or line.mention is None:
            continue
        dimension = MEASURES[line.size.unit or "kg"][0]
        products = [goods.by_sku[sku] for sku in line.mention.products]
        if any(product.unit not in MEASURES or MEASURES[product.unit][0] != dimension for product in products):
            continue
        times = line.quantity.value if line.quantity is not None and line.quantity.unit is None else Decimal(1)
        if line.quantity is None or line.quantity.unit is None:
            line.quantity, line.sized = replace(line.size, value=line.size.value * times), ()
    return lines


def without_adjectives(lines: list[Line], tokens: Sequence[Token]) -> list[Line]:
    """`4 remeras blancas`, `medias cortitas 1 pack`: a word right behind a name that is nobody's noun only describes it."""
    found: list[Line] = []
    for line in lines:
        last = found[-1] if found else None
        own = line.mention
        if last is not None and _is_front(last, line, tokens):
            found[-1] = line
            continue
        is_adjective = own is not None and not own.has_head and own.count == 1 and not own.is_label and not own.has_brand
        if last is None or last.mention is None or not is_adjective or last.clause != line.clause or line.mode is not last.mode:
            found.append(line)
            continue
        if own is None or line.start != last.end or set(own.products) & set(last.mention.products):
            found.append(line)
            continue
        last.end = line.start + 1
        if last.quantity is None and line.counted_at > line.start:
            last.quantity, last.counted_at = line.quantity, line.counted_at
            last.touched += (line.start,)
        elif line.quantity is not None:
            found.append(line)
    return found


def _is_front(last: Line, line: Line, tokens: Sequence[Token]) -> bool:
    """`white linen shirt`, `2 pairs of dress socks`: what stands before its noun goes to it, with the quantity.

    A word that the thing does not have stays unexplained.
    """
    first, noun = last.mention, line.mention
    between = range(last.end, line.start)
    if first is None or noun is None or line.quantity is not None or not noun.has_head or last.clause != line.clause:
        return False
    both = tuple(sku for sku in noun.products if sku in first.products)
    is_beside = set(between) <= set(line.touched) if both and not first.has_head else not between and not both
    if not is_beside or (first.has_head and not (first.is_foreign and noun.is_foreign)):
        return False
    line.mention = replace(noun, products=both, words=f"{first.words} {noun.words}", count=noun.count + 1) if both else noun
    line.touched = tuple(
        sorted({*last.touched, *line.touched, *(() if both else range(last.start, last.end))} - _counting(last))
    )
    line.quantity, line.counted_at, line.start, line.mode = last.quantity, last.counted_at, last.start, last.mode
    line.is_wished, line.is_single, line.is_borrowed = last.is_wished, last.is_single, last.is_borrowed
    return True


def _counting(line: Line) -> set[int]:
    """The tokens of the quantity that stands before a name."""
    words = len(line.mention.words.split()) if line.mention is not None else 0
    return set(range(line.start, line.end - words)) - set(line.touched)


def without_shares(lines: list[Line], tokens: Sequence[Token]) -> list[Line]:
    """`2 pairs of shoes, one for me and one for him`: numbers that add up to what they stand behind only share it out.

    So does one less than that, for somebody: `los anteojos que sean 2, uno para Juli` are two.
    """
    found: list[Line] = []
    at = 0
    while at < len(lines):
        line, end = lines[at], at + 1
        found.append(line)
        while end < len(lines) and lines[end].is_bare and not lines[end].is_more and lines[end].clause == line.clause:
            end += 1
        shares, whole = [pieces(one.quantity) for one in lines[at + 1 : end]], pieces(line.quantity)
        is_whole = len(shares) > 1 and sum(shares) == whole
        is_for_one = len(shares) == 1 and 0 < shares[0] < whole and _is_for(lines[at + 1], tokens)
        at = end if line.counted_at >= 0 and (is_whole or is_for_one) else at + 1
    return found


def _is_for(line: Line, tokens: Sequence[Token]) -> bool:
    """`, uno para Juli`: behind a comma, and for somebody."""
    before, behind = tokens[line.start - 1].text, tokens[line.end].text if line.end < len(tokens) else ""
    return before in (",", "(") and behind in closed_phrases()["purpose"]


def pieces(said: Quantity | None) -> Decimal:
    """How many a quantity counts; of pairs the pairs, and of what is measured none."""
    if said is None or said.unit is not None:
        return Decimal(0)
    return said.value / 2 if said.dozen == 2 and said.container else said.value
