"""What the words of a turn ask of the shop, as the grammar hears them before any model is asked."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from agent.brief import Asked, Brief, BriefMessage, Clause, Counted, Exact
from agent.grounds import is_in, words_in
from agent.lexical.acts import SMALL_TALK, Act, ActKind
from agent.lexical.listening import hear
from agent.lexical.reader.closed import DENIALS
from agent.lexical.spoken import content_of
from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold
from core.language.words import LANGUAGES, languages_of, literal, words_of
from domain.conversations.content import Text
from tools.outcome import Deed

WANTS = frozenset({ActKind.ADD, ActKind.SET, ActKind.MORE})
"""Acts by which goods are wanted."""

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[\w'’-]+")
_SENTENCE = re.compile(r"(?<=[?!;\n])|(?<=\.)(?!\d)")
_JOINT = re.compile(r"((?:,(?!\d)\s*)?\b(?:y|e|and|plus|pero|but)\s|,\s*mas\s|\s[&+]\s|,(?!\d))", re.IGNORECASE)
"""What joins the clauses of a sentence: a comma, or a word that says that one goes on as the other."""

_TALK = SMALL_TALK | {ActKind.CHITCHAT}
_ASKS = frozenset(kind for kind in ActKind if kind.startswith("ask_")) | {
    *(ActKind.STATUS, ActKind.COMPLAINT, ActKind.WANT, ActKind.HAGGLE, ActKind.WHO_ARE_YOU),
}
_UNREAD = frozenset({ActKind.UNKNOWN, ActKind.NOT_UNDERSTOOD, ActKind.MEDIA})
_REFUSES = frozenset({ActKind.REFUSE, ActKind.CHOOSE_NONE})

DEEDS = {
    ActKind.REMOVE: Deed.ITEM_REMOVED,
    ActKind.CLEAR: Deed.DRAFT_CLEARED,
    ActKind.CANCEL: Deed.ORDER_CANCELLED,
    ActKind.REPEAT_ORDER: Deed.DRAFT_CREATED,
    ActKind.PAY: Deed.PAYMENT_CLAIMED,
    ActKind.RECEIPT: Deed.RECEIPT_ATTACHED,
    ActKind.HUMAN: Deed.HANDOFF_REQUESTED,
}
"""What is done for an act, whatever else stands beside it."""

_BY_DEED = frozenset({ActKind.CONFIRM, ActKind.FINISH, ActKind.DELIVERY, ActKind.HUMAN, ActKind.PAY, ActKind.RECEIPT})
"""Acts whose deed one tool alone does, so that it is plain by the calls whether it was tried."""

_TOPICS = {ActKind.ASK_TOTAL: "total", ActKind.STATUS: "order_status", ActKind.ASK_PAYMENT_METHODS: "payment_methods"}
"""What a question is about, where the kind of the act tells it."""

_CLAIMS = frozenset({ActKind.WANT, ActKind.HAGGLE})
"""Acts that want what no tool does: money back, another price, a place on a list."""

_COUNTS = WANTS | {ActKind.REMOVE}
"""Acts of which a number says how many goods."""

_TOLD = (Asked.NOTHING, Asked.UNCLEAR)


def heard(brief: Brief) -> Brief:
    """The brief with what its messages ask for: how much, which deeds, and clause by clause."""
    acts = hear(brief)
    is_question = any("?" in message.text for message in brief.messages)
    levels = [_asked(act, brief) for act in acts]
    if is_question and any(act.kind not in _TALK for act in acts):
        levels.append(Asked.AN_ANSWER)
    asked = max(levels, key=list(Asked).index, default=Asked.NOTHING)
    # `¿ya está confirmado?`, `how do I cancel?`: a question orders nothing, but for the goods in it.
    text = " ".join(message.text for message in brief.messages)
    standing = [act for act in acts if not _is_settled(act, text, brief)]
    whole = [deed for deed in _ordered(standing, brief) if not is_question or deed is Deed.ITEM_ADDED]
    clauses, ordered, exact = list[Clause](), list[Deed](), list[Exact]()
    for part in (written := list(_written(brief))):
        one = acts if len(written) == 1 else _details(part, acts) or _said_in(part.words, brief)
        exact += _exact(part, one, brief)
        has_counted = any(clause.is_deed or Deed.ITEM_ADDED in clause.deeds for clause in clauses)
        clauses += _clauses(part, one, brief, has_counted=has_counted, is_whole=len(written) == 1)
        wanted = [act for act in one if not _is_settled(act, part.words, brief)]
        among = _ordered(wanted, brief) if content_of(fold(part.words)) and not part.is_asking else ()
        ordered += [deed for deed in among if deed is not Deed.ITEM_ADDED]
    topics = [_TOPICS[act.kind] for act in acts if act.kind in _TOPICS]
    is_brought = any(act.delivery.get("fulfilment") == "delivery" for act in acts)
    found = {
        "is_for_delivery": is_brought,
        "asked": asked,
        "ordered": list(dict.fromkeys([*ordered, *whole])),
        "clauses": clauses,
        "exact": exact,
        "topics": topics,
    }
    tells = not levels or any(level in _TOLD for level in levels) or any(not (one.is_deed or one.deeds) for one in clauses)
    return brief.model_copy(update={**found, "tells": tells})


class _Part(NamedTuple):
    """A clause as it was written, whether it belongs to a question, and whether a word joins it to the one before."""

    words: str
    is_asking: bool
    is_joined: bool


def _written(brief: Brief) -> Iterator[_Part]:
    """The clauses of all messages."""
    for message in brief.messages:
        for sentence in _SENTENCE.split(message.text):
            words, *rest = _JOINT.split(sentence)
            joint = ""
            for following, after in [*zip(rest[::2], rest[1::2], strict=True), ("", "")]:
                if after and _counts_on(words, after):
                    words += following + after
                    continue
                if any(map(str.isalnum, words)):
                    yield _Part(words.strip(" ,.;!¡¿?"), "?" in sentence, any(map(str.isalpha, joint)))
                words, joint = after, following


def _counts_on(words: str, after: str) -> bool:
    """Whether a number goes on behind its joint: `treinta y siete`, `kilo y medio`, but not `kilo y media docena`."""
    known = words_of(LANGUAGES)
    *_, last = ["", *fold(words).split()]
    first, second, *_ = [*(word for word in fold(after).split() if word not in known.articles), "", ""]
    is_whole = last in known.units or last in known.numbers or last in known.dozens
    is_part = first in known.parts and is_whole and second not in known.dozens
    return is_part or (known.numbers.get(first, 10) < 10 and 20 <= known.numbers.get(last, 0) < 100)


def _said_in(written: str, brief: Brief) -> list[Act]:
    """The acts of a clause that is read by itself."""
    return hear(brief.model_copy(update={"messages": [BriefMessage(content=Text(text=written))]}))


def _clauses(part: _Part, acts: Sequence[Act], brief: Brief, *, has_counted: bool, is_whole: bool) -> Iterator[Clause]:
    """What a clause wants besides an answer: each of its goods, or else all its words. Courtesies and bare assents are none.

    One clause alone may be anything with an article or a verb; beside others it is a wish of its own, and without either
    where it goes on with what was counted before: `two flours and oil`.
    """
    goods = [act for act in acts if act.kind in WANTS and act.phrase]
    is_among = not (is_whole or part.is_asking)
    goes_on = has_counted and part.is_joined and len(acts) == 1
    ordered = [act for act in goods if _counts(act) or (is_among and (act.quantity is not None or act.is_wished or goes_on))]
    for act in ordered:
        named = _as_written(act.phrase, part.words) if len(ordered) > 1 else part.words
        yield Clause(words=named, telling=_names(act.phrase), quantity=act.quantity, is_deed=True)
    level = max((_asked(act, brief) for act in acts), key=list(Asked).index, default=Asked.NOTHING)
    telling = [] if acts and all(_is_settled(act, part.words, brief) for act in acts) else content_of(fold(part.words))
    if telling and not (ordered or part.is_asking) and level is not Asked.NOTHING:
        deeds = [*_ordered(acts, brief)]
        # `un par`, `de kilo`: so many of what was said before.
        is_bare = bool(acts) and all(act.kind in _COUNTS and act.quantity is not None and not act.phrase for act in acts)
        # What goes on from an order by `and` or `but` is wanted as well, however it is put.
        is_wish = level is Asked.A_DEED or part.is_joined or any(act.kind in _CLAIMS for act in acts)
        is_deed = is_wish and not (is_bare or any(act.kind in _BY_DEED for act in acts))
        yield Clause(words=part.words, telling=_names(fold(part.words)), is_deed=is_deed, deeds=deeds)


def _exact(part: _Part, acts: Sequence[Act], brief: Brief) -> Iterator[Exact]:
    """What of a part can be held against a deed or an answer, if it orders or asks anything."""
    words = _WORD.findall(part.words)
    is_detail, numbers = bool(_details(part, acts)), words_of(LANGUAGES).numbers
    if not (part.is_asking or any(_asked(act, brief) in (Asked.A_DEED, Asked.AN_ANSWER) for act in acts)):
        return
    if fold(words[0]) in DENIALS or any(act.kind in _REFUSES for act in acts):
        return  # `no tres`
    is_bare = all(word.isdecimal() or word in numbers for word in content_of(fold(part.words)))
    # What is weighed is put into the order by the unit of the shop.
    counted = [
        Counted(quantities=_many(act.quantity, words), goods=_names(act.phrase), is_total=act.kind is ActKind.SET)
        for act in acts
        if act.kind in _COUNTS and (act.phrase or act.kind is ActKind.SET or is_bare)
        if act.quantity is not None and act.unit is None and _is_so_many(act, words)
    ]
    is_of_goods = any(act.kind in _COUNTS and act.phrase for act in acts)
    figures = [] if is_of_goods and not part.is_asking else list(_figures(words, brief))
    ways = [word for act in acts for word in act.payment.get("method_words", "").split()]
    exact = Exact(
        words=part.words,
        is_asking=part.is_asking,
        is_bare=is_bare and not part.is_asking,
        counted=counted,
        figures=figures,
        names=[fold(word) for word in words[1:] if len(word) > 2 and word[0].isupper() and word.isalpha()],
        any_of=content_of(fold(part.words)) if is_detail and not figures else ways,
    )
    if exact.counted or ((part.is_asking or not is_bare) and (exact.figures or exact.names or exact.any_of)):
        yield exact


def _is_so_many(act: Act, words: Sequence[str]) -> bool:
    """Whether so many are said: `um pouco` counts nothing, but `quita una` takes one away."""
    if act.quantity != 1 or act.kind in (ActKind.REMOVE, ActKind.MORE):
        return act.quantity is not None and not act.is_single
    folded = [fold(word) for word in words]
    known = words_of(languages_of(folded, "es"))
    return any(known.numbers.get(word) == 1 and word not in known.articles for word in folded) or "1" in words


def _many(quantity: Decimal, words: Sequence[str]) -> list[Decimal]:
    """How many a quantity may mean."""
    is_in_pairs = not words_of(LANGUAGES).pairs.isdisjoint(fold(word) for word in words)
    return [quantity, quantity / 2] if is_in_pairs else [quantity]


def _figures(words: Sequence[str], brief: Brief) -> Iterator[Decimal]:
    """The figures in words: numerals, and number words that are more than an article or `los dos`."""
    folded = [fold(word) for word in words]
    known, at = words_of(languages_of(folded, brief.language)), 0
    while at < len(folded):
        value, after = known.cardinal(folded, at) or (None, at + 1)
        if (numeral := literal(folded[at])) is not None:  # `55 mil`
            thousands, after = known.cardinal(folded, after) or (Decimal(1), after)
            yield numeral * (thousands if thousands == 1000 else 1)
        elif value is not None and value > 2:
            yield value
        at = after


def _details(part: _Part, acts: Sequence[Act]) -> list[Act]:
    """The delivery that a part belongs to, if its address goes on over several parts."""
    return [
        act
        for act in acts
        if act.kind is ActKind.DELIVERY
        and not (part.is_asking or part.is_joined)
        and part.words in (address := act.delivery.get("address", ""))
        and part.words != address
    ]


def _names(folded: str) -> list[str]:
    """The words of folded text that say anything, with what the catalogue may call them."""
    glossary, words = vocabulary().glossary, content_of(folded)
    terms = (term for word in words for form in {word, word.removesuffix("s")} for term in glossary.get(form, ()))
    return [*words, *(word for term in terms for word in term.split())]


def _asked(act: Act, brief: Brief) -> Asked:
    """How much an act asks for. A phrase without a verb of ordering or a number may be goods or anything else."""
    if act.kind in (ActKind.CONFIRM, ActKind.AFFIRM) and not (brief.points or (brief.draft is not None and brief.draft.lines)):
        is_plain = act.kind is ActKind.CONFIRM and any(content_of(fold(message.text)) for message in brief.messages)
        return Asked.UNCLEAR if is_plain else Asked.NOTHING
    if act.kind in _ASKS:
        return Asked.AN_ANSWER
    if act.kind in _UNREAD or (act.kind in WANTS and not _orders(act)):
        return Asked.UNCLEAR
    return Asked.NOTHING if act.kind in _TALK | _REFUSES and act.kind is not ActKind.AFFIRM else Asked.A_DEED


def _orders(act: Act) -> bool:
    """Whether goods are plainly ordered: with a verb that asks for them, or by a number in any language."""
    return act.quantity is not None or act.is_wished or _is_counted(act.phrase)


def _is_counted(phrase: str) -> bool:
    words = words_of(LANGUAGES)
    return any(word in words.numbers and word not in words.articles for word in fold(phrase).split())


def _counts(act: Act) -> bool:
    """Whether so many are said in so many words: one may be an article, and a verb may want anything."""
    is_many = act.quantity is not None and (act.quantity != 1 or (act.is_wished and not act.is_single))
    return is_many or _is_counted(act.phrase)


def _as_written(phrase: str, text: str) -> str:
    """A folded phrase as the customer has written it, if its words stand together in the text."""
    words = _WORD.findall(text)
    for start in range(len(words)):
        written = words[start : start + len(phrase.split())]
        if fold(" ".join(written)) == phrase:
            return " ".join(written)
    return phrase


def _ordered(acts: Sequence[Act], brief: Brief) -> Iterator[Deed]:
    """The deeds that are plainly ordered and not done yet."""
    for act in acts:
        if act.kind in WANTS and _counts(act):
            yield Deed.ITEM_ADDED
        elif act.kind in (ActKind.FINISH, ActKind.CONFIRM) and not brief.points:
            yield Deed.CONFIRMATION_REQUESTED
        elif act.kind is ActKind.DELIVERY and _is_news(act, brief):
            yield Deed.DELIVERY_SET
        elif act.kind in DEEDS and not act.is_intent and not _is_paid(act, brief):
            yield DEEDS[act.kind]


def _is_news(act: Act, brief: Brief) -> bool:
    """Whether details of a delivery are others than the order has; a verb such as `déjalo` tells of none that is open."""
    known = brief.draft.model_dump() if brief.draft is not None else {}
    names = {"phone": "recipient_phone"}
    told = {names.get(name, name): value for name, value in act.delivery.items() if name != "fulfilment" or known.get(name)}
    return any(value != known.get(name) for name, value in told.items())


def _is_settled(act: Act, words: str, brief: Brief) -> bool:
    """Whether goods are refused that nobody has put in: `medias no`. What a verb takes out may have another name."""
    lines = brief.draft.lines if brief.draft is not None else []
    open_names = [name for point in brief.points for name in (point.words, *(option.name for option in point.options))]
    said = words_in(*(line.name for line in lines), *open_names)
    is_refused = act.kind is ActKind.REMOVE and bool(act.phrase) and not DENIALS.isdisjoint(fold(words).split())
    return is_refused and not is_in(_names(act.phrase), said)


def _is_paid(act: Act, brief: Brief) -> bool:
    """Whether a payment is told of that is noted already."""
    last = brief.last_order
    is_noted = last is not None and last.payment_status in ("claimed", "paid")
    return act.kind in (ActKind.PAY, ActKind.RECEIPT) and is_noted
