"""What the words of a turn ask of the shop, as the grammar hears them before any model is asked."""

import re
from collections.abc import Iterator, Sequence

from agent.brief import Asked, Brief
from agent.lexical.acts import SMALL_TALK, Act, ActKind
from agent.lexical.listening import hear
from core.language.folding import fold
from core.language.words import LANGUAGES, words_of
from tools.outcome import Deed

WANTS = frozenset({ActKind.ADD, ActKind.SET, ActKind.MORE, ActKind.REPLACE})
"""Acts by which goods are wanted."""

_WORD = re.compile(r"[\w'’-]+")

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


def heard(brief: Brief) -> Brief:
    """The brief with what its messages ask for: how much, which deeds, and which goods."""
    acts = hear(brief)
    is_question = any("?" in message.text for message in brief.messages)
    levels = [_asked(act, brief) for act in acts]
    if is_question and any(act.kind not in _TALK for act in acts):
        levels.append(Asked.AN_ANSWER)
    asked = max(levels, key=list(Asked).index, default=Asked.NOTHING)
    # `¿ya está confirmado?`, `how do I cancel?`: a question orders nothing, but for the goods beside it.
    ordered = [deed for deed in _ordered(acts, brief) if not is_question or deed is Deed.ITEM_ADDED]
    texts = [message.text for message in brief.messages]
    goods = [_as_written(act.phrase, texts) for act in acts if act.kind in WANTS and act.phrase and _counts(act)]
    return brief.model_copy(update={"asked": asked, "ordered": list(dict.fromkeys(ordered)), "goods": goods})


def _asked(act: Act, brief: Brief) -> Asked:
    """How much an act asks for. A phrase without a verb of ordering or a number may be goods or anything else."""
    if act.kind in (ActKind.CONFIRM, ActKind.AFFIRM) and not (brief.points or (brief.draft is not None and brief.draft.lines)):
        return Asked.NOTHING
    if act.kind in _ASKS:
        return Asked.AN_ANSWER
    if act.kind in _UNREAD or (act.kind in WANTS and not _orders(act)):
        return Asked.UNCLEAR
    return Asked.NOTHING if act.kind in _TALK | _REFUSES and act.kind is not ActKind.AFFIRM else Asked.A_DEED


def _orders(act: Act) -> bool:
    """Whether goods are plainly ordered: with a verb that asks for them, or by a number in any language."""
    return act.kind is ActKind.REPLACE or act.quantity is not None or act.is_wished or _is_counted(act.phrase)


def _is_counted(phrase: str) -> bool:
    words = words_of(LANGUAGES)
    return any(word in words.numbers and word not in words.articles for word in fold(phrase).split())


def _counts(act: Act) -> bool:
    """Whether so many are said in so many words: one may be an article, and a verb may want anything."""
    is_many = act.quantity is not None and not act.is_single and (act.is_wished or act.quantity != 1)
    return is_many or _is_counted(act.phrase)


def _as_written(phrase: str, texts: Sequence[str]) -> str:
    """A folded phrase as the customer has written it, if its words stand together in a text."""
    for text in texts:
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
    """Whether details of a delivery are others than the order has; a verb such as `déjalo` tells none."""
    known = brief.draft.model_dump() if brief.draft is not None else {}
    names = {"phone": "recipient_phone"}
    told = {names.get(name, name): value for name, value in act.delivery.items() if name != "fulfilment"}
    return any(value != known.get(name) for name, value in told.items())


def _is_paid(act: Act, brief: Brief) -> bool:
    """Whether a payment is told of that is noted already."""
    last = brief.last_order
    is_noted = last is not None and last.payment_status in ("claimed", "paid")
    return act.kind in (ActKind.PAY, ActKind.RECEIPT) and is_noted
