"""What the customer's own words wish for: a question or a greeting changes no order, whatever a model makes of it."""

from agent.brief import Asked, Brief
from agent.frozen import TakenTurn
from agent.lexical.acts import SMALL_TALK, Act, ActKind, DeliveryDetails
from agent.lexical.listening import hear
from core.language.folding import fold
from core.language.words import LANGUAGES, words_of
from domain.conversations.content import Answer, said
from tools.serving import Wishes

_WANTS = frozenset({ActKind.ADD, ActKind.SET, ActKind.MORE, ActKind.REPLACE})
_AGREES = frozenset({ActKind.CHOOSE, ActKind.CONFIRM, ActKind.AFFIRM, ActKind.BASKET, ActKind.REPEAT_ORDER})
_TAKES_AWAY = frozenset({ActKind.REMOVE, ActKind.CHANGE, ActKind.CLEAR, ActKind.CANCEL, ActKind.REFUSE, ActKind.CHOOSE_NONE})

_TALK = SMALL_TALK | {ActKind.CHITCHAT}
_ASKS = frozenset(kind for kind in ActKind if kind.startswith("ask_")) | {
    *(ActKind.STATUS, ActKind.COMPLAINT, ActKind.WANT, ActKind.HAGGLE, ActKind.WHO_ARE_YOU),
}
_UNREAD = frozenset({ActKind.UNKNOWN, ActKind.NOT_UNDERSTOOD, ActKind.MEDIA})
_REFUSES = frozenset({ActKind.REFUSE, ActKind.CHOOSE_NONE})


def asked(brief: Brief) -> Asked:
    """What the messages of a brief want of the shop: the most that any of their acts does.

    A phrase without a verb of ordering or a number may be goods or anything else; put as a question it is one.
    """
    acts = hear(brief)
    heard = [_asked(act, brief) for act in acts]
    if any("?" in message.text for message in brief.messages) and any(act.kind not in _TALK for act in acts):
        heard.append(Asked.AN_ANSWER)
    return max(heard, key=list(Asked).index, default=Asked.NOTHING)


def _asked(act: Act, brief: Brief) -> Asked:
    if act.kind in (ActKind.CONFIRM, ActKind.AFFIRM) and not (brief.points or (brief.draft is not None and brief.draft.lines)):
        return Asked.NOTHING
    if act.kind in _ASKS:
        return Asked.AN_ANSWER
    if act.kind in _UNREAD or (act.kind in _WANTS and not _orders(act)):
        return Asked.UNCLEAR
    return Asked.NOTHING if act.kind in _TALK | _REFUSES and act.kind is not ActKind.AFFIRM else Asked.A_DEED


def _orders(act: Act) -> bool:
    """Whether goods are plainly ordered: with a verb that asks for them, or by a number in any language."""
    words = words_of(LANGUAGES)
    counted = any(word in words.numbers and word not in words.articles for word in fold(act.phrase).split())
    return act.kind is ActKind.REPLACE or act.quantity is not None or act.is_wished or counted


def read(turn: TakenTurn) -> Wishes:
    """The wishes in the messages that this turn answers.

    What the grammar does not understand may be a wish, unless it is put as a question: then the goods in it count as
    wished for, and so do those that were named before.
    """
    unclear = [text for message in turn.frozen.messages if (text := message.text) and "?" not in text]
    acts = hear(turn.frozen.brief)
    phrases = [
        words for act in acts if act.kind in _WANTS for words in (act.phrase, act.new.phrase if act.new else "") if words
    ]
    is_unclear = any(act.kind is ActKind.UNKNOWN for act in acts)
    if is_unclear:
        phrases += unclear
    agrees = any(_agrees(act) for act in acts) or (is_unclear and bool(unclear))
    return Wishes(
        phrases=phrases,
        named=_named(turn) if agrees else "",
        changes=agrees or bool(phrases) or any(act.kind in _TAKES_AWAY for act in acts),
        delivery=is_unclear or any(act.kind in _AGREES or act.delivery != DeliveryDetails() for act in acts),
        said=_said(turn),
    )


def _agrees(act: Act) -> bool:
    """Whether goods are meant that these words do not name: `sí`, `la segunda`, `dos`, `la blanca`."""
    return act.kind in _AGREES or act.kind in _WANTS


def _said(turn: TakenTurn) -> str:
    """What the customer has written, and what the open order and the shop already know of them."""
    brief, draft = turn.frozen.brief, turn.frozen.brief.draft
    known = [draft.address, draft.recipient_name, draft.recipient_phone, draft.notes] if draft is not None else []
    written = [words for direction, words in turn.memory.thread if direction == "in"]
    now = [said(message.content) for message in turn.frozen.messages]
    return "\n".join(words for words in (*written, *now, brief.customer_name, *known) if words)


def _named(turn: TakenTurn) -> str:
    """Where goods were named before: in the open questions, in what the shop said last and in what the customer wrote."""
    brief = turn.frozen.brief
    pending = [*([brief.pending] if brief.pending is not None else []), *brief.waiting]
    offered = [option.name for question in pending for option in question.options]
    spoken = [words for direction, words in turn.memory.thread if direction == "out"][-1:]
    written = [words for direction, words in turn.memory.thread if direction == "in"]
    chosen = [message.text for message in turn.frozen.messages if isinstance(message.content, Answer)]
    return "\n".join([*offered, *spoken, *written, *chosen])
