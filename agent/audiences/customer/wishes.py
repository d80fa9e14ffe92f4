"""What the customer's own words wish for: a question or a greeting changes no order, whatever a model makes of it."""

from agent.audiences.asked import WANTS
from agent.frozen import TakenTurn
from agent.lexical.acts import Act, ActKind, DeliveryDetails
from agent.lexical.listening import hear
from domain.conversations.content import Answer, said
from tools.serving import Wishes

_AGREES = frozenset({ActKind.CHOOSE, ActKind.CONFIRM, ActKind.AFFIRM, ActKind.BASKET, ActKind.REPEAT_ORDER})
_TAKES_AWAY = frozenset({ActKind.REMOVE, ActKind.CHANGE, ActKind.CLEAR, ActKind.CANCEL, ActKind.REFUSE, ActKind.CHOOSE_NONE})


def read(turn: TakenTurn) -> Wishes:
    """The wishes in the messages that this turn answers.

    What the grammar does not understand may be a wish, unless it is put as a question: then the goods in it count as
    wished for, and so do those that were named before.
    """
    unclear = [text for message in turn.frozen.messages if (text := message.text) and "?" not in text]
    acts = hear(turn.frozen.brief)
    phrases = [act.phrase for act in acts if act.kind in WANTS and act.phrase]
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
    return act.kind in _AGREES or act.kind in WANTS


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
