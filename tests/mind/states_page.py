"""Writes `docs/states.md` from the machine of states: `python -m tests.mind.states_page`. A test holds the page to it."""

from collections import defaultdict
from pathlib import Path

from agent.states import MACHINE, MOVES
from domain.conversations.states import State, Trigger

PAGE = Path(__file__).parents[2] / "docs" / "states.md"

_STATES = {
    State.IDLE: "Nothing is ordered, or the customer has been silent for the session timeout.",
    State.COLLECTING_ORDER: "An order is being put together.",
    State.NEEDS_DETAILS: "Where or how it is delivered, or who receives it, is still to be said.",
    State.AWAITING_CONFIRMATION: "A summary was made, its stock is held, and the customer's yes is awaited.",
    State.EXECUTING: "The order is being placed; it begins and ends in one transaction.",
    State.DONE: "The order is placed.",
    State.HANDOFF: "A person attends, or is awaited; the state before is remembered.",
}
_TRIGGERS = {
    Trigger.ITEMS_CHANGED: "Something was added, changed or taken out; an open summary is void.",
    Trigger.DETAILS_MISSING: "A summary was asked for and cannot be made yet.",
    Trigger.CONFIRMATION_REQUESTED: "A summary was made.",
    Trigger.CONFIRMATION_VOIDED: "The open summary cannot be meant by an answer any more.",
    Trigger.ORDER_CONFIRMED: "The customer said yes to the summary that went out.",
    Trigger.ORDER_EXECUTED: "The order has its number; the same transaction.",
    Trigger.ORDER_CANCELLED: "The draft or the order was given up.",
    Trigger.PAYMENT_CLAIMED: "The customer says to have paid; nothing moves.",
    Trigger.HANDOFF_REQUESTED: "The customer asked for a person, three turns in a row failed, or an operator took over.",
    Trigger.HANDOFF_RELEASED: "The operator gave the conversation back.",
    Trigger.TIMED_OUT: "Nobody has said anything for the session timeout.",
}


def _diagram() -> list[str]:
    """The machine as `transitions` knows it: arrows with the same ends are one arrow with all their triggers."""
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, event in MACHINE.events.items():
        for moves in event.transitions.values():
            for move in moves:
                guards = "".join(f" [{guard.func.__name__.strip('_')}]" for guard in move.conditions if callable(guard.func))
                arrows[move.source, str(move.dest)].append(f"{name}{guards}")
    lines = [f"    {source} --> {end}: {'<br/>'.join(names)}" for (source, end), names in arrows.items()]
    return ["```mermaid", "stateDiagram-v2", f"    [*] --> {MACHINE.initial}", *lines, "```"]


def _table(head: str, rows: dict[str, str]) -> list[str]:
    return [f"| {head} | |", "| --- | --- |", *(f"| `{name}` | {words} |" for name, words in rows.items())]


def written() -> str:
    """The whole page."""
    guards = {move.guard.__name__.strip("_"): (move.guard.__doc__ or "").strip() for move in MOVES if move.guard}
    lines = [
        "# The states of a session",
        "",
        "Made from `agent/states.py` by `python -m tests.mind.states_page`; a test fails when it differs. What no arrow",
        "shows is refused with the code `illegal_move`. A name in brackets is a guard. Every move is a `session.moved` event.",
        "",
        *_diagram(),
        "",
        *_table("state", {state.value: words for state, words in _STATES.items()}),
        "",
        *_table("trigger", {trigger.value: words for trigger, words in _TRIGGERS.items()}),
        "",
        *_table("guard", guards),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(written())
