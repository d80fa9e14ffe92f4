"""The table of a session's moves, in full: every trigger in every state is either this move or refused."""

import itertools
from typing import Any

import pytest

from agent import sessions, states
from agent.states import IllegalMove, Standing, advance
from core import messages
from core.work import open_work
from domain.conversations.states import State, Trigger
from tests.factories.customer import Customer, Query
from tests.mind import states_page

IDLE, COLLECTING, DETAILS, AWAITING, EXECUTING, DONE, HANDOFF = State

TABLE: dict[Trigger, tuple[State | None, ...]] = {
    #                                  IDLE        COLLECTING  DETAILS     AWAITING    EXECUTING  DONE        HANDOFF
    Trigger.ITEMS_CHANGED:          (COLLECTING, COLLECTING, COLLECTING, COLLECTING, None,      COLLECTING, None),
    Trigger.DETAILS_MISSING:        (DETAILS,    DETAILS,    DETAILS,    DETAILS,    None,      None,       None),
    Trigger.CONFIRMATION_REQUESTED: (AWAITING,   AWAITING,   AWAITING,   AWAITING,   None,      None,       None),
    Trigger.CONFIRMATION_VOIDED:    (None,       None,       None,       COLLECTING, None,      None,       None),
    Trigger.ORDER_CONFIRMED:        (None,       None,       None,       EXECUTING,  None,      None,       None),
    Trigger.ORDER_EXECUTED:         (None,       None,       None,       None,       DONE,      None,       None),
    Trigger.ORDER_CANCELLED:        (IDLE,       IDLE,       IDLE,       IDLE,       None,      IDLE,       None),
    Trigger.PAYMENT_CLAIMED:        (IDLE,       COLLECTING, DETAILS,    AWAITING,   None,      DONE,       None),
    Trigger.HANDOFF_REQUESTED:      (HANDOFF,    HANDOFF,    HANDOFF,    HANDOFF,    HANDOFF,   HANDOFF,    HANDOFF),
    Trigger.HANDOFF_RELEASED:       (None,       None,       None,       None,       None,      None,       IDLE),
    Trigger.TIMED_OUT:              (IDLE,       IDLE,       IDLE,       IDLE,       None,      IDLE,       None),
}  # fmt: skip
"""Where each trigger leads from each state, in the order of `State`, when a summary is out; None is refused."""

MOVES = [(state, trigger, TABLE[trigger][place]) for trigger in Trigger for place, state in enumerate(State)]
ILLEGAL = [(state, trigger) for state, trigger, after in MOVES if after is None]


def test_the_table_says_something_of_every_trigger_in_every_state() -> None:
    assert set(TABLE) == set(Trigger)
    assert {len(row) for row in TABLE.values()} == {len(State)}
    assert len(MOVES) == len(State) * len(Trigger)


@pytest.mark.parametrize(("state", "trigger", "after"), [move for move in MOVES if move[2] is not None])
def test_a_legal_move_leads_where_the_table_says(state: State, trigger: Trigger, after: State) -> None:
    assert advance(Standing(state, summary_is_out=True), trigger) is after


@pytest.mark.parametrize(("state", "trigger"), ILLEGAL)
def test_an_illegal_move_is_refused_and_says_which_it_was(state: State, trigger: Trigger) -> None:
    standing = Standing(state, summary_is_out=True)
    with pytest.raises(IllegalMove) as refused:
        advance(standing, trigger)
    assert standing.state is state
    assert (refused.value.code, refused.value.http_status) == ("illegal_move", 409)
    assert refused.value.fields == {"state": state, "trigger": trigger}
    for language in messages.LANGUAGES:
        assert messages.refusal(refused.value, language)


async def test_every_move_of_a_session_is_noted_and_a_refused_one_changes_nothing(customer: Customer, query: Query) -> None:
    # Given the session of a customer
    await customer.writes("hola")
    expected: list[tuple[Any, ...]] = []
    async with open_work(customer.shop.principal) as work:
        session = await sessions.find_or_create(work, customer.conversation_id)
        for state, trigger, after in MOVES:
            session.state, session.previous_state, session.confirmation_token = state, None, "of a summary"
            # When each trigger comes in each state
            if after is None:
                with pytest.raises(IllegalMove):
                    sessions.move(work, session, trigger)
            else:
                sessions.move(work, session, trigger)
                expected += [(trigger, state, after)] if after is not state else []
            # Then the session stands where the table says
            assert session.state == (after or state)
    noted = await query(
        "SELECT reason, before ->> 'state', after ->> 'state', subject_number FROM events "
        "JOIN event_positions ON event_id = id WHERE type = 'session.moved' ORDER BY position"
    )
    assert noted == [(*move, number) for number, move in enumerate(expected, start=1)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, IDLE),
        (IDLE, IDLE),
        (COLLECTING, COLLECTING),
        (DETAILS, DETAILS),
        (AWAITING, COLLECTING),  # the confirmation that was open is asked for again
        (EXECUTING, IDLE),
        (DONE, DONE),
        (HANDOFF, IDLE),
    ],
)
def test_a_hand_off_returns_to_where_the_customer_was(before: State | None, after: State) -> None:
    assert advance(Standing(HANDOFF, before), Trigger.HANDOFF_RELEASED) is after


def test_an_order_cannot_be_placed_before_its_summary_has_gone_out() -> None:
    asked = Standing(COLLECTING)
    advance(asked, Trigger.CONFIRMATION_REQUESTED)
    with pytest.raises(IllegalMove) as refused:
        advance(asked, Trigger.ORDER_CONFIRMED)
    assert refused.value.fields == {"state": AWAITING, "trigger": Trigger.ORDER_CONFIRMED}
    assert asked == Standing(AWAITING)
    asked.summary_is_out = True
    assert advance(asked, Trigger.ORDER_CONFIRMED) is EXECUTING


@pytest.mark.parametrize(("first", "second"), list(itertools.product(Trigger, repeat=2)))
def test_no_two_moves_place_an_order_without_a_yes_or_leave_a_person_but_by_their_release(
    first: Trigger, second: Trigger
) -> None:
    for state in State:
        standing = Standing(state, summary_is_out=True)
        for trigger in (first, second):
            before = standing.state
            try:
                here = advance(standing, trigger)
            except IllegalMove:
                continue
            assert before is not HANDOFF or here is HANDOFF or trigger is Trigger.HANDOFF_RELEASED
            assert here is not EXECUTING or (before, trigger) == (AWAITING, Trigger.ORDER_CONFIRMED)


def test_the_page_of_the_states_shows_the_machine_as_it_is() -> None:
    assert states_page.PAGE.read_text() == states_page.written(), "write it anew: python -m tests.mind.states_page"


def test_the_page_says_what_every_state_trigger_and_guard_is() -> None:
    page = states_page.written()
    for name in (*State, *Trigger, *(move.guard.__name__.strip("_") for move in states.MOVES if move.guard)):
        assert f"`{name}`" in page
