"""What is told of a turn's calls by code: each deed once, the open question last, and which messages of tools go out."""

from collections.abc import Sequence

from agent.journal import Recorded, points_after
from domain.conversations.schemas import OutgoingMessage
from domain.conversations.states import Trigger
from tools.context import StagedMessage
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
    return call.status == "ask" and any(token_of(message) for message in released(call, calls))


def released(call: Recorded, calls: Sequence[Recorded]) -> list[StagedMessage]:
    """What a call staged, but for what a later call made void and for summaries that a newer one replaces."""
    later = [other for other in calls if other.call > call.call]
    signals = {signal.name for other in later for signal in other.signals}
    replaced = any(token_of(message) for other in later for message in other.staged)
    return [message for message in call.staged if message.void_on not in signals and not (replaced and token_of(message))]


def token_of(message: StagedMessage | OutgoingMessage) -> str | None:
    """The confirmation token that a message's buttons carry."""
    for button in message.payload.get("buttons", []):
        identifier = str(button.get("id", ""))
        if identifier.startswith(CONFIRM_PREFIX):
            return identifier.removeprefix(CONFIRM_PREFIX)
    return None


def ends_turn(calls: Sequence[Recorded]) -> bool:
    """Whether a call has ended the turn: a person was asked for, or a summary with its buttons is to go out."""
    if any(signal.name == Trigger.HANDOFF_REQUESTED for call in calls for signal in call.signals):
        return True
    return any(token_of(message) for call in calls for message in released(call, calls))
