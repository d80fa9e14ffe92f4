"""Which moves of a session are legal: a machine of `transitions`, whose guards are conditions. It changes nothing else.

The turn acts, the machine decides. There are no callbacks, as an exception behind a change would not roll it back.
`docs/states.md` shows it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from transitions import Machine, MachineError

from core.errors import Conflict
from domain.conversations.states import OPEN, State, Trigger


class IllegalMove(Conflict):
    """The session's state does not know this trigger, or no guard lets it pass."""

    code = "illegal_move"


@dataclass(slots=True)
class Standing:
    """What the machine moves and its guards look at.

    `previous` is the state before a hand-off; `summary_is_out` is whether an earlier turn ended with a summary that
    can still be confirmed.
    """

    state: State
    previous: State | None = None
    summary_is_out: bool = False


Guard = Callable[[Standing], bool]


def _summary_is_out(standing: Standing) -> bool:
    """A yes is for a summary that was given to the customer: its token is armed when the turn that made it ends."""
    return standing.summary_is_out


def _was_collecting(standing: Standing) -> bool:
    """An order was put together when a person came; a confirmation that was open is asked for again."""
    return standing.previous in (State.COLLECTING_ORDER, State.AWAITING_CONFIRMATION)


def _details_were_missing(standing: Standing) -> bool:
    """A person came while details were missing."""
    return standing.previous is State.NEEDS_DETAILS


def _was_done(standing: Standing) -> bool:
    """A person came when the order was placed already."""
    return standing.previous is State.DONE


_DRAFTING = (State.IDLE, State.COLLECTING_ORDER, State.NEEDS_DETAILS, State.AWAITING_CONFIRMATION)


@dataclass(frozen=True, slots=True)
class Move:
    """Where a trigger leads from some states; of several moves the first one whose guard holds is made."""

    trigger: Trigger
    sources: tuple[State, ...]
    destination: State
    guard: Guard | None = None


MOVES = (
    Move(Trigger.ITEMS_CHANGED, OPEN, State.COLLECTING_ORDER),
    Move(Trigger.DETAILS_MISSING, _DRAFTING, State.NEEDS_DETAILS),
    Move(Trigger.CONFIRMATION_REQUESTED, _DRAFTING, State.AWAITING_CONFIRMATION),
    Move(Trigger.CONFIRMATION_VOIDED, (State.AWAITING_CONFIRMATION,), State.COLLECTING_ORDER),
    Move(Trigger.ORDER_CONFIRMED, (State.AWAITING_CONFIRMATION,), State.EXECUTING, _summary_is_out),
    Move(Trigger.ORDER_EXECUTED, (State.EXECUTING,), State.DONE),
    Move(Trigger.ORDER_CANCELLED, OPEN, State.IDLE),
    Move(Trigger.HANDOFF_REQUESTED, (*OPEN, State.EXECUTING, State.HANDOFF), State.HANDOFF),
    Move(Trigger.HANDOFF_RELEASED, (State.HANDOFF,), State.COLLECTING_ORDER, _was_collecting),
    Move(Trigger.HANDOFF_RELEASED, (State.HANDOFF,), State.NEEDS_DETAILS, _details_were_missing),
    Move(Trigger.HANDOFF_RELEASED, (State.HANDOFF,), State.DONE, _was_done),
    Move(Trigger.HANDOFF_RELEASED, (State.HANDOFF,), State.IDLE),
    Move(Trigger.TIMED_OUT, OPEN, State.IDLE),
    *(Move(Trigger.PAYMENT_CLAIMED, (state,), state) for state in OPEN),
)

MACHINE = Machine(model=None, states=State, initial=State.IDLE, auto_transitions=False, send_event=False)
for _move in MOVES:
    MACHINE.add_transition(_move.trigger, list(_move.sources), _move.destination, conditions=_move.guard)


def advance(standing: Standing, trigger: Trigger) -> State:
    """The state after a trigger; raises IllegalMove, and changes nothing, if the state or every guard refuses it."""
    before = standing.state
    try:
        moved = MACHINE.events[trigger].trigger(standing, standing)  # the model, and what its guards are given
    except MachineError:
        moved = False
    if not moved:
        raise IllegalMove(f"{trigger} is not possible in {before}", state=before, trigger=trigger)
    return standing.state
