"""The order of a message's statuses: reports in any order, any number of times, end in the same place."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from domain.conversations.kinds import MessageStatus
from domain.conversations.status import advanced

REPORTS = [MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED]
OUTCOMES = [MessageStatus.SENT, MessageStatus.REJECTED, MessageStatus.UNKNOWN, MessageStatus.UNCONFIRMED, MessageStatus.RETRY]
FINAL = [MessageStatus.CANCELLED, MessageStatus.RECEIVED]


@given(st.lists(st.sampled_from(REPORTS + OUTCOMES)), st.randoms())
def test_shuffled_and_repeated_proposals_end_in_the_same_status(proposals: list[MessageStatus], random: object) -> None:
    shuffled = [*proposals, *proposals]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis gives a Random

    assert reduce(advanced, shuffled, MessageStatus.SENDING) is reduce(advanced, proposals, MessageStatus.SENDING)


@given(st.sampled_from(REPORTS), st.lists(st.sampled_from(OUTCOMES)))
def test_no_outcome_hides_a_report(report: MessageStatus, outcomes: list[MessageStatus]) -> None:
    assert reduce(advanced, outcomes, report) is report


@given(st.lists(st.sampled_from(REPORTS)))
def test_failed_stays(reports: list[MessageStatus]) -> None:
    assert reduce(advanced, reports, MessageStatus.FAILED) is MessageStatus.FAILED


@given(st.sampled_from(FINAL), st.sampled_from(list(MessageStatus)))
def test_what_was_cancelled_or_received_is_not_moved(final: MessageStatus, proposed: MessageStatus) -> None:
    assert advanced(final, proposed) is final
    assert advanced(proposed, final) is proposed
