"""Stage 5: the walk over the chosen arcs that tells of each product whether it is wanted, refused, corrected or only told."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import takewhile
from typing import NamedTuple

from agent.lexical.reader.arcs import Arc
from agent.lexical.reader.certainty import OPERATORS, is_borrowed, lay_doubts
from agent.lexical.reader.closed import DENIALS, Role
from agent.lexical.reader.denial import has_pronoun
from agent.lexical.reader.lines import Line, Mode
from agent.lexical.reader.path import Path, arcs_between, word_before
from agent.lexical.reader.quantities import ANOTHER, Quantity
from agent.lexical.reader.tokens import Token

_MODES = {
    Role.WISH: Mode.ADD,
    Role.REFUSE: Mode.REFUSE,
    Role.SWAP: Mode.REFUSE,
    Role.CHANGE: Mode.REFUSE,
    Role.KEEP: Mode.ADD,
    Role.CORRECT: Mode.CORRECT,
    Role.CONDITION: Mode.CONDITION,
    Role.TELL: Mode.TELL,
    Role.BUT: Mode.ADD,
    Role.ASK: Mode.ASK,
    Role.ASK_PRICE: Mode.ASK_PRICE,
}
_SINGULAR = frozenset({"el", "la", "ese", "esa", "este", "esta", "the", "that", "this", "o"})
_PLURAL = frozenset({"all", "los", "las", "the", "os", "as", "esos", "esas", "these", "those"})
_WITH = frozenset({"con", "with", "com"})
_WEAK = frozenset(
    {"nada", "solo", "solamente", "nomas", "son", "es", "ponle", "ponele", "dejame", "deja", "dejale", "dejeme", "only", "just"}
)
"""Words that set a quantity, and take nothing back."""
_TOGETHER = frozenset({"en total", "in total", "in all", "no total", "ao todo"})
_IN_ALL = frozenset({"nada mas", "nomas", "no mas", "entonces", "then"}) | _TOGETHER
"""What says behind a quantity that it is all of it."""
_UNCLEAR = frozenset({"ponle", "ponele", "pongale"})
_INTO = frozenset({"por", "a", "x", "en", "for", "with", "to", "by"})
"""Words between a thing and what takes its place."""
_TO_SIZE = frozenset({Role.FILLER, Role.CHANGE, Role.CORRECT, Role.WISH})
"""What may stand between a product and the size that it shall have: `la remera la quiero en talle S`."""
_JOINED = _SINGULAR | _PLURAL | {"y", "e", "and", "ni", "nem"}
_LEAVE = "dej"
"""The stem of what means both to leave out and to leave as it is."""
_GOVERNED = frozenset({Mode.REFUSE, Mode.CORRECT, Mode.CONDITION})


@dataclass
class _Walk:
    """The state of the walk."""

    tokens: Sequence[Token]
    mode: Mode = Mode.ADD
    is_wished: bool = False
    is_parted: bool = False
    """A comma or `y` stands since the last product."""
    is_weak: bool = False
    operator: Role | None = None
    """The last operator, and what it began with."""
    said: str = ""
    is_more: bool = False
    """What follows comes to what there is: `otras 2`."""
    is_behind: bool = False
    """It stands right behind a product that is wanted."""
    clause: int = 0
    supposed: int = -1
    """The clause of the last condition."""
    at: int = -1
    """Where the last operator begins."""
    idle: set[int] = field(default_factory=set)
    """Where the operators begin that have done nothing yet, and how many lines there were at the last."""
    lines_at: int = 0
    used: set[int] = field(default_factory=set)
    """Where the operators begin that stand between a thing and its number, and do something to it."""
    lines: list[Line] = field(default_factory=list)


def lines_of(path: Path, tokens: Sequence[Token]) -> list[Line]:
    """The lines of a message, in its order."""
    walk = _Walk(tokens)
    linked = {id(quantity): start for start, quantity in path.quantity_of.items()}
    products = {arc.start: arc for arc in path.arcs if arc.mention is not None}
    for place, arc in enumerate(path.arcs):
        if arc.quantity is not None and id(arc) in linked:
            _open(walk, path, place, products[linked[id(arc)]], arc)
        elif arc.mention is not None or arc.quantity is not None:
            _open(walk, path, place, arc if arc.mention is not None else None, arc if arc.quantity is not None else None)
        else:
            _pass(walk, path.arcs, place)
    lay_doubts(walk.lines, path.arcs, tokens, walk.idle)
    return walk.lines


def _take_size(walk: _Walk, arc: Arc, before: Sequence[Arc]) -> None:
    """A size right behind a product is its own."""
    last = walk.lines[-1] if walk.lines else None
    between = {one.role for one in before if last is not None and one.start >= last.end}
    if last is not None and between <= _TO_SIZE and last.mention is not None:
        last.is_set = last.is_set or bool(between & {Role.CHANGE, Role.CORRECT})
        last.size, last.sized, last.end = arc.size, tuple(range(arc.start, arc.end)), arc.end
    elif walk.mode is Mode.CORRECT and not walk.lines:
        # `mejor en talle L`
        sized = tuple(range(arc.start, arc.end))
        walk.lines.append(Line(arc.start, arc.end, mode=walk.mode, is_set=True, clause=walk.clause, sized=sized))
    elif arc.size is not None:
        walk.lines.append(Line(arc.start, arc.end, None, arc.size, walk.mode, walk.is_wished, clause=walk.clause, is_size=True))


def _pass(walk: _Walk, arcs: Sequence[Arc], place: int) -> None:
    """Take up what is no product and no quantity."""
    arc = arcs[place]
    if walk.lines and _tells_of(walk, walk.lines[-1], arc):
        return
    if arc.role is Role.MARK:
        _pass_mark(walk, walk.tokens[arc.start].text)
    elif arc.role is Role.SIZE:
        _take_size(walk, arc, arcs[:place])
    elif arc.role is Role.AND:
        walk.is_parted = True
    elif arc.role is Role.MORE:
        _take_more(walk, arcs, place)
    elif arc.role is Role.FILLER and walk.operator is Role.CHANGE and walk.tokens[arc.start].text in _INTO:
        walk.idle.discard(walk.at)
        walk.mode, walk.operator = Mode.ADD, None
    elif arc.role is Role.UNKNOWN:
        walk.is_more = False  # `llegó más gente, que sean tres`: more of something else
    elif arc.role in _MODES:
        _take_mode(walk, arcs, place)


def _tells_of(walk: _Walk, last: Line, arc: Arc) -> bool:
    """Whether something only tells more of the line before it, which it then does."""
    words = " ".join(token.text for token in walk.tokens[arc.start : arc.end])
    if words in _IN_ALL and last.end == arc.start and last.quantity is not None:
        # `2 paquetes nada más`, `6 remeras entonces`, `4 en total`
        last.is_set = True
        last.is_total = words in _TOGETHER
    elif arc.role is Role.LET_GO:
        # `el vestido olvidate` is out; `2 remeras… dejá` is left out, or left as it is.
        is_near = all(token.kind == "mark" for token in walk.tokens[last.end : arc.start])
        is_kept = _LEAVE in words and any(one.is_taken for one in walk.lines[-2:-1])  # `quita el queso, el jamón dejalo`
        is_clear = not is_kept and (last.mode is Mode.REFUSE or (not last.quantity and is_near and _LEAVE not in words))
        last.mode = Mode.REFUSE if is_clear else Mode.ADD if is_kept else last.mode
        last.is_doubted, last.is_left = last.is_doubted or not is_clear, not is_clear
    elif last.clause != walk.clause and last.end < arc.start:
        return False
    elif arc.role is Role.PRICE:
        last.price = arc.price if last.price is None else last.price
    elif arc.role is Role.EACH:
        last.is_each = True
        for line in walk.lines:
            # `botas 38 y 39, un par de cada`: the number is said to be that of all.
            line.is_borrowed = line.is_borrowed and (line.clause != walk.clause or line.end > arc.start)
    else:
        return False
    return True


def _take_more(walk: _Walk, arcs: Sequence[Arc], place: int) -> None:
    """`2 más`, `2 más de azúcar`, `otras 2`, and `otro` alone."""
    arc = arcs[place]
    last = walk.lines[-1] if walk.lines else None
    if last is not None and last.quantity is not None and last.start < arc.start <= last.end:
        last.is_more = True
    elif walk.tokens[arc.start].text in ANOTHER and not _has_object(arcs, place):
        # `otro ☕`: a picture says of what, and nobody reads it.
        is_last = place + 1 == len(arcs) or unicodedata.category(walk.tokens[arc.end].text[0]) != "So"
        one = Quantity(Decimal(1), is_article=True, is_more=is_last)
        walk.lines.append(Line(arc.start, arc.end + (not is_last), None, one, clause=walk.clause, is_more=is_last))
    else:
        walk.is_more = True


def _pass_mark(walk: _Walk, text: str) -> None:
    if text in ("?", "!", ".", ";", "\n", "|"):
        if text == "?":
            _ask_all([line for line in walk.lines if line.clause == walk.clause])
        # A wish goes on over the lines of a list.
        walk.is_wished = walk.is_wished and text in ("\n", "|")
        walk.mode, walk.clause = Mode.ADD, walk.clause + 1
    if text == "," and walk.operator is Role.SWAP and walk.lines and walk.lines[-1].is_out:
        walk.mode, walk.operator = Mode.ADD, None
    walk.is_parted = walk.is_parted or text in (",", ";", "\n", "|", ".")


def _ask_all(lines: Sequence[Line]) -> None:
    """`¿cuánto es todo: 2 diablitos, 1 pan?`: behind a question of price nothing is ordered, unless it is wished for."""
    is_priced = False
    for line in lines:
        line.is_asked = True
        is_priced = is_priced or line.mode is Mode.ASK_PRICE
        if is_priced and line.mode is Mode.ADD and not line.is_wished:
            line.mode, line.is_about = Mode.ASK_PRICE, True


def _take_mode(walk: _Walk, arcs: Sequence[Arc], place: int) -> None:
    """What an operator changes; a refusal with nothing behind it is about what stands before it: `la gorra no`."""
    arc = arcs[place]
    mode = _MODES[arc.role]
    if arc.role is Role.WISH and walk.mode is Mode.CORRECT:  # `mejor ponme 3`: what is wished for corrects as well
        walk.is_wished = True
        return
    if mode is Mode.CONDITION:
        walk.supposed = walk.clause
    behind = takewhile(lambda one: one.role is not Role.MARK, arcs[place + 1 :])
    if arc.role is Role.WISH and walk.lines and walk.lines[-1].is_asked and all(one.role is Role.FILLER for one in behind):
        walk.lines[-1].is_wished = True  # `¿hay borcegos 42? si hay, me llevo unos`
    _hold_idle(walk, arcs, place)
    said = [token.text for token in walk.tokens[arc.start : arc.end]]
    walk.operator, walk.at = arc.role, arc.start
    walk.said = next((word for word in said if word in DENIALS), said[0])
    walk.is_behind = bool(walk.lines) and walk.lines[-1].mode is not Mode.REFUSE and not walk.is_parted
    if _corrects_number(walk, arcs, place):
        # `24 maltas, no, 18 mejor, y 2 pepsi`
        walk.lines[-1].mode, walk.mode = mode, Mode.ADD
        walk.idle.discard(arc.start)
        return
    is_whole = arc.role is Role.REFUSE and any(has_pronoun(word) for word in said)
    if arc.role is Role.REFUSE and (is_whole or not _has_object(arcs, place)):
        _refuse_alone(walk, arc, is_whole=is_whole, is_doubted=any(one.role is Role.UNKNOWN for one in arcs[:place]))
        return
    is_last = not any(one.mention is not None or one.quantity is not None or one.role is Role.SIZE for one in arcs[place:])
    is_closing = is_last and (place + 1 == len(arcs) or arcs[place + 1].role is Role.MARK)
    is_meant = bool(walk.lines) and not walk.is_parted and (is_closing or (is_last and walk.lines[-1].says_which))
    if arc.role is Role.CORRECT and is_meant:
        # `la remera la quiero en talle S mejor`
        walk.idle.discard(arc.start)
        walk.lines[-1].is_set = walk.lines[-1].is_set or walk.lines[-1].clause == walk.clause
        return
    if arc.role is Role.BUT:
        # `pero que sean 3`: the wish before it goes on, a refusal does not.
        walk.mode, walk.is_parted, walk.supposed = Mode.ADD, True, -1
        return
    is_verb = arc.role in (Role.WISH, Role.CHANGE) or (arc.role is Role.REFUSE and walk.said not in DENIALS)
    if is_verb and (walk.mode is Mode.CONDITION or (walk.mode is Mode.TELL and not walk.is_parted)):
        # `si no hay arroz, dame pasta`, `ojalá pudiera llevar 2`: the verb is part of what is only supposed.
        return
    walk.mode = mode
    walk.is_wished = arc.role is Role.WISH or (walk.is_wished and mode is Mode.CORRECT)
    walk.is_weak = walk.tokens[arc.start].text in _WEAK
    walk.is_parted = False


def _refuse_alone(walk: _Walk, arc: Arc, *, is_whole: bool, is_doubted: bool) -> None:
    """A refusal with nothing behind it: of what stands right before it, or of all that was said; perhaps of what is unknown."""
    last = walk.lines[-1] if walk.lines else None
    is_same = last is not None and last.clause == walk.clause
    if last is not None and ((is_same and not walk.is_parted) or (is_whole and (is_same or last.quantity is None))):
        walk.idle.discard(arc.start)
        behind = last.start
        for line in reversed(walk.lines):
            # `botas y sandalias no quiero`: all that is only named in one breath.
            joined = {token.text for token in walk.tokens[line.end : behind]} <= _JOINED
            is_listed = line.mention is not None and line.quantity is None and last.quantity is None and not line.is_wished
            if line is not last and not (joined and is_listed and line.mode is Mode.ADD):
                break
            behind, line.mode = line.start, Mode.REFUSE
            line.is_taken = walk.said not in DENIALS or walk.said == "menos"
        walk.mode = Mode.ADD
    elif walk.lines and (walk.is_parted or walk.lines[-1].clause != walk.clause):
        # `no, cuatro`: of what was said before.
        walk.mode, walk.is_weak = Mode.CORRECT, True
    elif not walk.lines and walk.said not in DENIALS:
        # `quítalo`
        walk.idle.discard(arc.start)
        taken = Line(arc.start, arc.end, mode=Mode.REFUSE, is_taken=True, is_doubted=is_doubted, clause=walk.clause)
        walk.lines.append(taken)
    elif not walk.lines:
        # `no no, 4 packs`
        walk.mode = Mode.ADD


def _hold_idle(walk: _Walk, arcs: Sequence[Arc], place: int) -> None:
    """An operator has to do something; one that only leads to the next (`mejor que sean`, `no, no`) is done with it."""
    arc, word = arcs[place], walk.tokens[arcs[place].start].text
    if walk.lines_at == len(walk.lines):
        walk.idle.discard(walk.at)
    is_repeated = arc.role is Role.REFUSE and bool(walk.lines) and walk.lines[-1].mode is Mode.REFUSE
    if arc.role in OPERATORS and word not in _WEAK and arc.start not in walk.used and not is_repeated:
        walk.idle.add(arc.start)
        walk.lines_at = len(walk.lines)


def _corrects_number(walk: _Walk, arcs: Sequence[Arc], place: int) -> bool:
    behind = arcs[place + 1].role if place + 1 < len(arcs) else Role.MARK
    last = walk.lines[-1] if walk.lines else None
    is_bare = last is not None and last.is_bare and last.end == arcs[place].start
    return is_bare and arcs[place].role is Role.CORRECT and behind in (Role.MARK, Role.AND)


def _has_object(arcs: Sequence[Arc], place: int) -> bool:
    """Whether something stands behind an operator within its clause."""
    for arc in arcs[place + 1 :]:
        if arc.role in (Role.MARK, Role.BUT, Role.AND):
            return False
        if arc.role in (Role.PRODUCT, Role.QUANTITY, Role.REFUSE, Role.WISH, Role.SWAP, Role.ASK):  # `no hay problema`
            return True
    return False


def _end_mode(walk: _Walk) -> None:
    """What has a quantity of its own behind a comma or `y` is no part of what was refused, told or asked before it."""
    if walk.mode in (Mode.REFUSE, Mode.TELL, Mode.ASK, Mode.ASK_PRICE) and walk.is_parted:
        walk.mode = Mode.ADD
    if walk.operator is Role.SWAP and walk.lines and walk.lines[-1].is_out:
        # `en vez de arroz 3 azúcar`
        walk.mode, walk.operator = Mode.ADD, None


def _open(walk: _Walk, path: Path, place: int, product: Arc | None, quantity: Arc | None) -> None:
    """Begin a line at its first arc; its second one only widens it."""
    arc = path.arcs[place]
    for known in walk.lines:
        if product is not None and known.mention is product.mention and known.start <= product.start < known.end:
            known.end = max(known.end, arc.end)
            return
    own = quantity or (path.quantity_of.get(product.start) if product is not None else None)
    if own is not None and product is not None:
        _end_mode(walk)
    is_about = walk.mode in (Mode.ASK, Mode.ASK_PRICE) and own is not None and product is not None and own.start < product.start
    said = _said_between(walk, path, product, own)
    if said.mode in _GOVERNED or said.operator in (Role.SWAP, Role.CHANGE):
        walk.idle.discard(walk.at)
    between = arcs_between(path.arcs, product, own)
    walk.used.update(one.start for one in between)
    start = min(one.start for one in (product, own) if one is not None)
    end = max(one.end for one in (product, own) if one is not None)
    before = word_before(path.arcs, place, walk.tokens)
    quantity_said = own.quantity if own is not None else None
    walk.lines.append(
        Line(
            start,
            end,
            product.mention if product is not None else None,
            quantity_said,
            said.mode,
            said.is_wished,
            is_about=is_about,
            is_single=before in _SINGULAR,
            is_some=before in ("unos", "unas"),
            is_definite=before in _SINGULAR | _PLURAL,
            is_with=before in _WITH,
            clause=walk.clause,
            is_weak=walk.is_weak,
            is_taken=said.mode is Mode.REFUSE and said.word not in DENIALS,
            is_out=said.mode is Mode.REFUSE and said.operator in (Role.SWAP, Role.CHANGE),
            is_replaced_by_last=said.operator is Role.SWAP and walk.is_behind,
            is_more=walk.is_more or (quantity_said is not None and quantity_said.is_more),
            is_set=said.mode is Mode.CORRECT,
            is_unclear=said.mode is Mode.CORRECT and said.word in _UNCLEAR,
            is_kept=said.operator is Role.KEEP,
            is_changed=said.is_changed,
            price=quantity_said.price if quantity_said is not None else None,
            counted_at=own.start if own is not None else -1,
            is_denied=said.mode is Mode.CORRECT and said.operator is Role.REFUSE,
            is_supposed=walk.supposed == walk.clause,
            is_borrowed=is_borrowed(between, walk.tokens),
            governed_by=walk.at if said.mode in _GOVERNED else -1,
        )
    )
    walk.is_parted = False
    walk.is_weak = walk.is_more = False
    if walk.mode is Mode.CORRECT:
        walk.mode = Mode.ADD


class _Said(NamedTuple):
    """What is to be done with a line, and the operator and word that say so."""

    mode: Mode
    is_wished: bool
    operator: Role | None
    word: str
    is_changed: bool = False


def _said_between(walk: _Walk, path: Path, product: Arc | None, own: Arc | None) -> _Said:
    """What the walk has heard so far, or what stands between a product and the quantity behind it."""
    mode = Mode.CONDITION if walk.supposed == walk.clause and walk.mode is Mode.ADD else walk.mode
    said = _Said(mode, walk.is_wished, walk.operator, walk.said)
    if product is None or own is None:
        return said
    between = arcs_between(path.arcs, product, own) if product.start < own.start else []
    if any(arc.role is Role.WISH for arc in between):
        # `se me acabó el café, mándame 2`, `tienen malta? dame 6`: the wish counts.
        said = said._replace(mode=Mode.ADD, is_wished=True)
    for arc in between:
        # `las cervezas déjalas en 12`, `al arroz quítale 2`, `cambia el arroz a 4`
        word = walk.tokens[arc.start].text
        if arc.role is Role.CORRECT or (arc.role is Role.REFUSE and word not in DENIALS):
            said = said._replace(mode=_MODES[arc.role], operator=arc.role, word=word)
        elif arc.role is Role.FILLER and said.operator is Role.CHANGE and word in _INTO:
            said = said._replace(mode=Mode.CORRECT, operator=Role.CORRECT, is_changed=True)
    return said
