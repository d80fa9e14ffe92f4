"""Stage 4: the cheapest way to explain all tokens, with the links between quantities and products made on the way."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from agent.lexical.reader.arcs import Arc, Arcs
from agent.lexical.reader.closed import Role
from agent.lexical.reader.tokens import Token

_BEAM = 40
"""States kept at a place: one loses a twentieth of all carts, eight a hundredth, from forty on nothing changes."""
_LEFT_OVER = 4.0
"""A quantity that belongs to nothing."""
_WITHOUT = 1.5
"""A product without a quantity."""
_POINTED_AT = 0.4
"""The same behind `el`, `la`, `the`: that may be one, or only named."""
_BEHIND = 0.4
"""A quantity that stands after its product; written as `x3`, `(3)` or `: 3` it costs nothing."""
_OTHER_ORDER = 1.0
"""A message that changes the order of quantity and product."""
_OF_ANOTHER = 2.5
"""A quantity given to the product before it although something else follows it."""
_CROSSED: dict[str, float] = {
    "y": 2.5,
    "e": 2.5,
    "and": 2.5,
    ",": 3.0,
    ".": 5.0,
    ";": 5.0,
    "!": 5.0,
    "?": 1.5,
    "\n": 8.0,
    ":": 0.2,
    "|": 5.0,
}
_ROLES: dict[Role, float] = {
    Role.FILLER: 0.3,
    Role.WISH: 1.5,
    Role.UNKNOWN: 1.5,
    Role.PURPOSE: 1.0,
    Role.REASON: 3.0,
    Role.TIME: 0.5,
    Role.PRICE: 0.4,
    Role.PEOPLE: 1.0,
    Role.AND: 2.5,
    Role.REFUSE: 3.0,
    Role.CORRECT: 2.0,
    Role.SWAP: 3.0,
    Role.CHANGE: 3.0,
    Role.KEEP: 3.0,
    Role.LET_GO: 3.0,
    Role.CONDITION: 3.0,
    Role.TELL: 2.0,
    Role.BUT: 4.0,
    Role.EACH: 0.0,
    Role.MORE: 0.3,
    Role.SIZE: 0.1,
    Role.ASK: 3.0,
    Role.ASK_PRICE: 3.0,
}
_ARTICLES = frozenset({"el", "la", "los", "las", "the", "del", "al", "ese", "esa", "este", "esta", "o", "os", "as"})
_ONES = frozenset({"un", "una", "an"})
_JOINS = frozenset({",", "y", "e", "and"})
_FREE = frozenset({"de", "del", "d", "of", "do", "da"})
_SOFT_MARKS = frozenset("()-–—*•·=/\"'¡¿>+")


@dataclass(frozen=True, slots=True)
class _State:
    """A way to explain the tokens up to a place.

    `waiting` is a quantity that lacks its product, `lacking` a product that lacks its quantity, each with what the
    marks and words since have cost; `order` is -1 where quantities stand before, 1 where they stand behind.
    """

    cost: float = 0.0
    waiting: Arc | None = None
    waited: float = 0.0
    lacking: Arc | None = None
    lacked: float = 0.0
    order: int = 0
    is_joined: bool = False
    """A quantity was just given to the product before it: what follows `de` is then counted by nothing."""
    is_named: bool = False
    """Stands behind an article that points to what is known."""
    arc: Arc | None = None
    link: tuple[Arc, Arc] | None = None
    """The quantity and the product that this step joined."""
    before: "_State | None" = None

    @property
    def bound(self) -> float:
        """What it costs, and at most what its open ends will."""
        return self.cost + min(self.waited, _LEFT_OVER) + min(self.lacked, _WITHOUT)

    @property
    def key(self) -> tuple[int, int, int]:
        return (
            self.waiting.start if self.waiting is not None else -1,
            self.lacking.start if self.lacking is not None else -1,
            self.order,
        )


@dataclass(frozen=True, slots=True)
class Path:
    """The arcs that explain a message, in order, and which quantity belongs to which product (by where they begin)."""

    arcs: Sequence[Arc]
    quantity_of: dict[int, Arc]
    """By the place of a product: its quantity."""


def cheapest(arcs: Arcs) -> Path:
    """The cheapest path through the arcs."""
    places = len(arcs.tokens)
    states: list[dict[tuple[int, int, int], _State]] = [{} for _ in range(places + 1)]
    states[0][(-1, -1, 0)] = _State()
    for at in range(places):
        for state in _kept(states[at].values(), is_new_line=at > 0 and arcs.tokens[at - 1].kind == "newline"):
            for arc in arcs.by_start[at]:
                for then in _steps(state, arc, arcs.tokens):
                    known = states[arc.end].get(then.key)
                    if known is None or then.bound < known.bound:
                        states[arc.end][then.key] = then
    return _traced(min(states[places].values(), key=_ended))


def _kept(states: Iterable[_State], *, is_new_line: bool) -> list[_State]:
    """The states from which to go on; behind a finished line only the best one for each order of quantity and product."""
    best = sorted(states, key=lambda one: one.bound)[:_BEAM]
    if not is_new_line or not best or best[0].waiting is not None or best[0].lacking is not None:
        return best
    closed: dict[int, _State] = {}
    for state in best:
        if state.waiting is None and state.lacking is None:
            closed.setdefault(state.order, state)
    return list(closed.values())


def _ended(state: _State) -> float:
    return state.cost + (_LEFT_OVER if state.waiting is not None else 0.0) + (_WITHOUT if state.lacking is not None else 0.0)


def _traced(last: _State) -> Path:
    found: list[Arc] = []
    links: dict[int, Arc] = {}
    state: _State | None = last
    while state is not None and state.arc is not None:
        found.append(state.arc)
        if state.link is not None:
            links[state.link[1].start] = state.link[0]
        state = state.before
    return Path(found[::-1], links)


def _steps(state: _State, arc: Arc, tokens: Sequence[Token]) -> Iterable[_State]:
    moved = replace(state, cost=state.cost + arc.cost, arc=arc, link=None, before=state, is_named=False, is_joined=False)
    if arc.quantity is not None:
        return _with_quantity(moved, arc, tokens)
    if arc.mention is not None:
        return _with_product(moved, arc, state.is_named)
    return [_crossing(moved, arc, tokens, was_joined=state.is_joined)]


def _with_quantity(state: _State, arc: Arc, tokens: Sequence[Token]) -> Iterator[_State]:
    assert arc.quantity is not None
    left = state.cost + (_LEFT_OVER if state.waiting is not None else 0.0)
    yield replace(state, cost=left, waiting=arc, waited=0.0)
    if state.lacking is not None and state.waiting is None:
        is_marked = arc.quantity.is_marked or tokens[arc.start - 1].text == ":"
        cost = state.cost + state.lacked + (0.0 if is_marked else _BEHIND) + (_OTHER_ORDER if state.order < 0 else 0.0)
        cost += 1.0 if arc.quantity.is_article else 0.0
        yield replace(state, cost=cost, lacking=None, lacked=0.0, order=1, link=(arc, state.lacking), is_joined=True)


def _with_product(state: _State, arc: Arc, is_named: bool) -> Iterator[_State]:
    left = state.cost + (_WITHOUT if state.lacking is not None else 0.0)
    if state.waiting is not None:
        cost = left + state.waited + (_OTHER_ORDER if state.order > 0 else 0.0)
        yield replace(state, cost=cost, waiting=None, waited=0.0, lacking=None, lacked=0.0, order=-1, link=(state.waiting, arc))
        left += _LEFT_OVER
    # What an article points to may be one, or only named: it waits for no quantity at the price of one that does.
    left -= _WITHOUT - _POINTED_AT if is_named else 0.0
    yield replace(state, cost=left, waiting=None, waited=0.0, lacking=arc, lacked=0.0)


def _crossing(state: _State, arc: Arc, tokens: Sequence[Token], *, was_joined: bool) -> _State:
    text = tokens[arc.start].text
    if arc.role is Role.MARK:
        cost = 0.1 if text in _SOFT_MARKS else _CROSSED.get(text, 0.5)
    elif arc.role is Role.FILLER and text in _FREE | _ARTICLES:
        cost = 0.05
    else:
        cost = _ROLES[arc.role] * (arc.end - arc.start if arc.role is Role.UNKNOWN else 1)
    if was_joined and (arc.role is Role.UNKNOWN or (arc.role is Role.FILLER and text in _FREE)):
        # `harina con aceite y dos bolsas de hielo`: it counts what stands behind it.
        state = replace(state, cost=state.cost + _OF_ANOTHER)
    is_named = arc.role is Role.FILLER and text in _ARTICLES
    if state.waiting is not None and state.waiting.quantity is not None and state.waiting.quantity.is_article:
        cost += 5.0 if arc.role in (Role.WISH, Role.REFUSE) else 0.0
    is_apart = (is_named or text == "a") and tokens[arc.start - 1].text in _JOINS
    if (arc.role is Role.FILLER and text in _ONES) or (state.waiting is not None and (is_apart or arc.role is Role.REFUSE)):
        # `ponme 3 y un aceite`, `42, el gorro no`, `42 y sin gorro`: what has its own number, or none, is counted by no other.
        cost += 5.0
    waited = state.waited + cost if state.waiting is not None else 0.0
    if waited > _LEFT_OVER + _WITHOUT:  # it counts nothing that comes
        state, waited = replace(state, cost=state.cost + _LEFT_OVER, waiting=None), 0.0
    return replace(
        state,
        waited=waited,
        lacked=state.lacked + cost if state.lacking is not None else 0.0,
        is_named=is_named,
    )


def arcs_between(arcs: Sequence[Arc], product: Arc | None, own: Arc | None) -> Sequence[Arc]:
    """What stands between a product and the quantity that counts it."""
    if product is None or own is None:
        return ()
    first, second = sorted((product, own), key=lambda arc: arc.start)
    return [arc for arc in arcs if first.end <= arc.start < second.start]


def word_before(arcs: Sequence[Arc], place: int, tokens: Sequence[Token]) -> str:
    """The word right before an arc, if it is a little one."""
    if not place or arcs[place - 1].role is not Role.FILLER:
        return ""
    return tokens[arcs[place - 1].end - 1].text
