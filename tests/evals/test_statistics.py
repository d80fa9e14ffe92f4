"""The figures: pass^k and its intervals."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.statistics import pass_hat, pass_k, percentile, wilson
from tests.properties import examples


def test_pass_hat_is_the_share_of_draws_that_all_succeed() -> None:
    assert pass_hat(3, 4, 1) == 0.75
    assert pass_hat(3, 4, 2) == 0.5
    assert pass_hat(3, 4, 4) == 0.0
    with pytest.raises(ValueError, match=r"pass\^5"):
        pass_hat(3, 4, 5)


def test_the_wilson_interval_of_published_examples() -> None:
    interval = wilson(8, 10)
    assert (round(interval.low, 3), round(interval.high, 3)) == (0.490, 0.943)
    assert wilson(0, 0).high == 1.0


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_between_nothing_and_all(counted: tuple[int, int]) -> None:
    interval = wilson(*counted)
    assert 0 <= interval.low <= interval.value + 1e-12
    assert interval.value - 1e-12 <= interval.high <= 1


@examples(30)
@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=30))
def test_pass_k_never_grows_with_k_and_lies_in_its_interval(outcomes: list[list[bool]]) -> None:
    values = [pass_k(outcomes, k) for k in (1, 2, 3, 4)]
    assert all(first.value >= second.value - 1e-12 for first, second in pairwise(values))
    assert all(item.low - 1e-12 <= item.value <= item.high + 1e-12 for item in values)


def test_a_sample_without_a_failure_is_not_taken_for_certainty() -> None:
    assert pass_k([[True, True]] * 10, 2).low < 0.75


def test_percentiles() -> None:
    assert percentile([], 0.5) == 0
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile([3, 1, 2], 0.95) == 3
