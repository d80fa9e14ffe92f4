"""What is told of a turn's calls by code: each deed once, the open question last, and which messages of tools go out."""

from collections.abc import Sequence

from agent.journal import points_after
from agent.recorded import Recorded
from domain.conversations.content import Buttons, Content
from domain.conversations.states import Trigger
from tools.summary import CONFIRM_PREFIX


def deeds(calls: Sequence[Recorded]) -> list[Recorded]:
    """The calls that changed something in the shop."""
    return [call for call in calls if call.has_effect]


def questions(calls: Sequence[Recorded]) -> list[Recorded]:
    """The calls that left a question open: those of the last link that called anything, as it took over from the others.

    What a model has settled by a later call of the turn is asked no more. A summary that goes out once more asks too.
    """
    left_open = points_after([], calls)
    return [call for call in calls if any(point in left_open for point in call.asked) or _asks_again(call, calls)]


def _asks_again(call: Recorded, calls: Sequence[Recorded]) -> bool:
    return call.status == "ask" and any(token_of(content) for content in released(call, calls))


def released(call: Recorded, calls: Sequence[Recorded]) -> list[Content]:
    """What a call staged, but for a summary that a later call has made void or replaced by a newer one."""
    later = [other for other in calls if other.call > call.call]
    is_void = any(signal.name == Trigger.ITEMS_CHANGED for other in later for signal in other.signals)
    is_replaced = any(token_of(content) for other in later for content in other.staged)
    return [content for content in call.staged if not (token_of(content) and (is_void or is_replaced))]


def token_of(content: Content) -> str | None:
    """The confirmation token that a message's buttons carry: only a summary's do."""
    for button in content.buttons if isinstance(content, Buttons) else ():
        if button.id.startswith(CONFIRM_PREFIX):
            return button.id.removeprefix(CONFIRM_PREFIX)
    return None


def ends_turn(calls: Sequence[Recorded]) -> bool:
    """Whether a call has ended the turn: a person was asked for, or a summary with its buttons is to go out."""
    if any(signal.name == Trigger.HANDOFF_REQUESTED for call in calls for signal in call.signals):
        return True
    return any(token_of(content) for call in calls for content in released(call, calls))
