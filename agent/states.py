"""Which moves of a session are legal: a pure table, without callbacks. The turn acts, the table decides."""

from enum import StrEnum

from transitions import Machine

from core.errors import Conflict


class State(StrEnum):
    """Where a session stands."""

    IDLE = "IDLE"
    COLLECTING_ORDER = "COLLECTING_ORDER"
    NEEDS_DETAILS = "NEEDS_DETAILS"
    AWAITING_CONFIRMATION = "AWAITING_CONFIRMATION"
    EXECUTING = "EXECUTING"
    DONE = "DONE"
    HANDOFF = "HANDOFF"


class Trigger(StrEnum):
    """What can move a session."""

    ITEMS_CHANGED = "items_changed"
    DETAILS_MISSING = "details_missing"
    CONFIRMATION_REQUESTED = "confirmation_requested"
    CONFIRMATION_VOIDED = "confirmation_voided"
    ORDER_CONFIRMED = "order_confirmed"
    ORDER_EXECUTED = "order_executed"
    ORDER_CANCELLED = "order_cancelled"
    PAYMENT_CLAIMED = "payment_claimed"
    HANDOFF_REQUESTED = "handoff_requested"
    TIMED_OUT = "timed_out"


class IllegalMove(Conflict):
    """The session's state does not know this trigger."""

    code = "illegal_move"


_OPEN = [State.IDLE, State.COLLECTING_ORDER, State.NEEDS_DETAILS, State.AWAITING_CONFIRMATION, State.DONE]
_DRAFTING = [State.IDLE, State.COLLECTING_ORDER, State.NEEDS_DETAILS, State.AWAITING_CONFIRMATION]

_MOVES: list[tuple[Trigger, list[State], State]] = [
    (Trigger.ITEMS_CHANGED, _OPEN, State.COLLECTING_ORDER),
    (Trigger.DETAILS_MISSING, _DRAFTING, State.NEEDS_DETAILS),
    (Trigger.CONFIRMATION_REQUESTED, _DRAFTING, State.AWAITING_CONFIRMATION),
    (Trigger.CONFIRMATION_VOIDED, [State.AWAITING_CONFIRMATION], State.COLLECTING_ORDER),
    (Trigger.ORDER_CONFIRMED, [State.AWAITING_CONFIRMATION], State.EXECUTING),
    (Trigger.ORDER_EXECUTED, [State.EXECUTING], State.DONE),
    (Trigger.ORDER_CANCELLED, _OPEN, State.IDLE),
    (Trigger.HANDOFF_REQUESTED, [*_OPEN, State.EXECUTING, State.HANDOFF], State.HANDOFF),
    (Trigger.TIMED_OUT, _OPEN, State.IDLE),
    *((Trigger.PAYMENT_CLAIMED, [state], state) for state in _OPEN),
]

_MACHINE = Machine(model=None, states=list(State), initial=State.IDLE, auto_transitions=False, send_event=False)
for _trigger, _sources, _destination in _MOVES:
    _MACHINE.add_transition(_trigger.value, [source.value for source in _sources], _destination.value)


def advance(state: State, trigger: Trigger) -> State:
    """The state after a trigger; raises IllegalMove if the state does not know it."""
    moves = _MACHINE.get_transitions(trigger.value, source=state.value)
    if not moves:
        raise IllegalMove(f"{trigger} is not possible in {state}", state=state, trigger=trigger)
    return State(str(moves[0].dest))


def resume(previous: State | None) -> State:
    """The state to which a hand-off returns; a confirmation that was open is asked for again."""
    if previous in (None, State.HANDOFF, State.EXECUTING):
        return State.IDLE
    if previous is State.AWAITING_CONFIRMATION:
        return State.COLLECTING_ORDER
    assert previous is not None
    return previous
