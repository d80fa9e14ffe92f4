"""What a sentence orders of whatever is on sale: the order reader without a catalogue, where every word may name a thing."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from functools import cached_property, lru_cache

from agent.lexical.acts import Act, ActKind
from agent.lexical.reader.arcs import Finder
from agent.lexical.reader.closed import Role, closed_words
from agent.lexical.reader.goods import Goods, Match, Product
from agent.lexical.reader.lines import Line, Mode
from agent.lexical.reader.path import cheapest
from agent.lexical.reader.tokens import Token, tokens_of
from agent.lexical.reader.walk import lines_of
from agent.lexical.vocabulary import vocabulary
from core.language.words import languages_of, words_of

_THING = Product(sku="thing", name="", unit="", grain=Decimal(1), price=Decimal(0))


class _Anything(Goods):
    """A shop that sells whatever words are no words of its own."""

    def matches(self, text: str) -> dict[str, Match]:
        """One and the same thing for every word that may name one; what means something of its own is a thing for itself."""
        if len(text) < 2 or not any(letter.isalpha() for letter in text) or text in _idle():
            return {}
        return {text if text in self.closed else _THING.sku: Match(1.0, is_head=True)}

    @cached_property
    def by_sku(self) -> dict[str, Product]:
        """The same thing, whatever it is called."""
        return defaultdict(lambda: _THING)


@lru_cache
def _idle() -> frozenset[str]:
    known = vocabulary()
    counting = known.units.keys() | known.containers | known.numbers.keys() | known.multiples.keys() | known.size_words
    return frozenset(counting | known.fillers | known.articles | known.conjunctions)


@lru_cache
def _anything() -> _Anything:
    return _Anything((), {}, closed_words())


@lru_cache(maxsize=512)
def goods_said(folded: str) -> tuple[Act, ...]:
    """What folded text adds, sets or takes out, each thing in the customer's words."""
    words = words_of(languages_of(folded.split(), "es"))
    tokens = tokens_of(folded, words, vocabulary().containers)
    if not tokens:
        return ()
    path = cheapest(Finder(folded, tokens, _anything(), words).arcs())
    acts: list[Act] = []
    is_replacing = False
    counted = {at for arc in path.arcs if arc.role not in (Role.PRODUCT, Role.SIZE) for at in range(arc.start, arc.end)}
    for line in lines_of(path, tokens):
        act = _act(line, tokens, counted)
        if is_replacing and not line.is_out:
            # `cambia A por B`: one is wished for in the place of the other.
            act = replace(act, is_wished=True)
        if acts and _completes(act, acts[-1]):
            acts[-1] = replace(acts[-1], quantity=act.quantity, unit=act.unit)
        else:
            acts.append(act)
        is_replacing = line.is_out
    return _without_small_words(acts)


def _without_small_words(acts: list[Act]) -> tuple[Act, ...]:
    """`carbón no tienes`: beside a thing, a word that means something of its own and counts nothing is none."""
    closed = closed_words()

    def is_thing(act: Act) -> bool:
        return any(word not in closed for word in act.phrase.split())

    if not any(is_thing(act) for act in acts):
        return tuple(acts)
    return tuple(
        act for act in acts if is_thing(act) or act.kind is not ActKind.ADD or act.quantity is not None or act.is_single
    )


def _act(line: Line, tokens: list[Token], counted: set[int]) -> Act:
    kind = ActKind.ADD
    if line.mode is Mode.REFUSE or line.is_kept:
        kind = ActKind.REMOVE
    elif line.mode is Mode.CORRECT or line.is_set:
        kind = ActKind.SET
    elif line.is_more:
        kind = ActKind.MORE
    named = [at for at in range(line.start, line.end) if at not in counted] if line.mention is not None else []
    said = sorted({*named, *line.touched})
    phrase = " ".join(tokens[at].text for at in said)
    quantity = line.quantity
    value, unit = (quantity.value, quantity.unit) if quantity is not None else (None, None)
    return Act(kind, phrase, value, unit, is_wished=line.is_wished, is_single=line.is_single)


def _completes(act: Act, last: Act) -> bool:
    """`queso, medio kilo`: a quantity alone is of the thing before it that has none."""
    is_bare = not act.phrase and act.quantity is not None and act.kind in (ActKind.ADD, ActKind.SET)
    return is_bare and bool(last.phrase) and last.quantity is None and last.kind is ActKind.ADD


def content_of(folded: str) -> list[str]:
    """The words and figures of folded text that say anything."""
    known = vocabulary()
    words = words_of(languages_of(folded.split(), "es"))
    idle = known.fillers | known.articles | known.conjunctions
    return [
        token.text
        for token in tokens_of(folded, words, known.containers)
        if token.kind not in ("mark", "newline") and token.text not in idle
    ]
