"""When a model goes in circles: calls that repeat an earlier one of the turn, and answers that nothing but refusals follow."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from pydantic_ai.exceptions import AgentRunError

from agent.recorded import Recorded

MOST_REPEATS = 1
"""Calls of one link that may repeat an earlier one; the next one ends the link."""

MOST_REFUSED = 4
"""Answers of one link in a row of which every call was refused."""

AGAIN = (
    "This very call was made before and nothing has changed since, so it was not run again: this is its earlier result. "
    "Do not repeat it; answer the customer now."
)
"""What the model is told beside the result of a call that it repeats."""


class Circling(AgentRunError):
    """The link goes in circles; the next one takes over."""


class TurnEnded(AgentRunError):
    """A tool has ended the turn: what was done is told, and no model is asked for more."""


def repeated(calls: Sequence[Recorded], tool: str, arguments: Mapping[str, Any], step: int) -> Recorded | None:
    """The earlier call of the turn that a call of the answer `step` repeats, with nothing changed between.

    A change of the order's lines is undone by another tool only: the same addition in a later answer is a repetition,
    whatever else was added between. Within one answer it is a second deed, as the customer may have said it twice.
    """
    wanted = _canonical(arguments)
    for index, earlier in reversed(list(enumerate(calls))):
        if earlier.repeats is not None or earlier.tool != tool or _canonical(earlier.arguments) != wanted:
            continue
        if not earlier.changes_items:
            changed = any(other.has_effect for other in calls[index + 1 :])
        else:
            others = [other for other in calls[index + 1 :] if other.tool != tool]
            changed = earlier.step == step or any(other.changes_items for other in others)
        return None if changed else earlier
    return None


def _canonical(arguments: Mapping[str, Any]) -> str:
    """Arguments as one text; what is left out and what is null mean the same."""
    given = {name: value for name, value in arguments.items() if value is not None}
    return json.dumps(given, sort_keys=True, default=str)


def is_circling(calls: Sequence[Recorded], link: int) -> bool:
    """Whether the calls of a link only repeat themselves, or are refused again and again."""
    own = [call for call in calls if call.link == link]
    if sum(call.repeats is not None for call in own) > MOST_REPEATS:
        return True
    answers = [list(together) for _, together in groupby(own, key=lambda call: call.step)]
    refused = [all(call.status == "refused" for call in together) for together in answers[-MOST_REFUSED:]]
    return len(refused) == MOST_REFUSED and all(refused)
