"""Quantities: the same figures give the same proposals, which can be added up from their reasons alone."""

from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.replenishment.classes import Abc, Xyz, abc, shares, xyz
from domain.replenishment.arithmetic import Shelf, Source, Wanted, packs_of, plan

FLOUR, OIL = UUID(int=11), UUID(int=12)
ONE, TWO = UUID(int=1), UUID(int=2)
MILL = Source(UUID(int=21), Decimal(12), Decimal(0), Decimal(30), 7, 7)


def shelf(store: UUID = ONE, variant: UUID = FLOUR, *, on_hand: int = 0, held: int = 0, incoming: int = 0, level: int = 40,
          trigger: int | None = None, kind: str = "a", source: Source | None = MILL) -> Shelf:  # fmt: skip
    there, promised, coming, full, wanted = (Decimal(each) for each in (on_hand, held, incoming, level, level // 2))
    return Shelf(
        store, variant, there, promised, coming, full, wanted, full if trigger is None else Decimal(trigger), kind, source
    )


def said(found: list[Wanted]) -> list[tuple[int, int, int]]:
    return [(one.shelf.store_id.int, int(one.packs), one.from_store_id.int if one.from_store_id else 0) for one in found]


def test_packs_are_whole_and_no_fewer_than_are_sold() -> None:
    assert [packs_of(Decimal(each), MILL) for each in (1, 12, 13)] == [1, 1, 2]
    least = Source(UUID(int=21), Decimal(12), Decimal(5), None, 7, 7)
    assert packs_of(Decimal(13), least) == 5


def test_what_is_promised_is_not_there_and_what_comes_is() -> None:
    assert said(plan([shelf(on_hand=10, held=4, incoming=10)])) == [(1, 2, 0)]  # 24 are missing
    assert plan([shelf(on_hand=40)]) == []


def test_an_order_waits_until_it_is_due() -> None:
    assert plan([shelf(on_hand=35, trigger=30)]) == []
    assert said(plan([shelf(on_hand=30, trigger=30)])) == [(1, 1, 0)]


def test_other_stores_give_first_and_keep_their_own_level() -> None:
    found = plan([shelf(on_hand=0, level=40), shelf(TWO, on_hand=65, level=50)])
    assert said(found) == [(1, 15, 2), (1, 3, 0)]  # 15 to spare, 25 more in packs of 12
    assert found[0].why["moved"] == "15"
    # Two stores that need the same goods share what one can spare.
    three = [shelf(level=10), shelf(UUID(int=3), level=10), shelf(TWO, on_hand=62, level=50)]
    assert sum(int(one.packs) for one in plan(three) if one.from_store_id) == 12


def test_the_budget_goes_to_what_matters_most() -> None:
    shelves = [shelf(variant=FLOUR, kind="b"), shelf(variant=OIL, kind="a")]
    assert [one.shelf.variant_id for one in plan(shelves, Decimal(130))] == [OIL]
    assert len(plan(shelves, Decimal(240))) == 2


numbers = st.integers(0, 200)
shelves = st.lists(
    st.builds(
        lambda store, variant, on_hand, held, incoming, level: shelf(
            UUID(int=store), UUID(int=variant), on_hand=on_hand, held=min(held, on_hand), incoming=incoming, level=level
        ),
        st.integers(1, 3), st.integers(11, 13), numbers, numbers, numbers, numbers,
    ),
    max_size=9,
    unique_by=lambda one: (one.store_id, one.variant_id),
)  # fmt: skip


@given(shelves)
def test_five_plans_are_one_and_nobody_gives_what_they_need(shelves: list[Shelf]) -> None:
    first = plan(shelves)
    assert all(plan(each) == first for each in (shelves, list(reversed(shelves)), sorted(shelves, key=lambda one: one.on_hand)))
    given_away: dict[tuple[UUID, UUID], Decimal] = {}
    for one in first:
        if one.from_store_id is not None:
            key = (one.from_store_id, one.shelf.variant_id)
            given_away[key] = given_away.get(key, Decimal(0)) + one.packs
    for each in shelves:
        gone = given_away.get((each.store_id, each.variant_id), Decimal(0))
        assert gone <= max(each.on_hand - each.held, Decimal(0))
        assert gone == 0 or each.position - gone >= each.level


@given(shelves)
def test_a_proposal_follows_from_its_reasons(shelves: list[Shelf]) -> None:
    for one in plan(shelves):
        why = {name: Decimal(str(value)) for name, value in one.why.items() if name != "abc"}
        needed = why["level"] - (why["on_hand"] - why["held"] + why["incoming"])
        assert needed == why["needed"] > 0
        assert why["safety"] == why["level"] - why["expected"]
        if one.supplier_id is not None:
            bought = one.packs * one.pack_size
            assert needed - why["moved"] <= bought < needed - why["moved"] + one.pack_size


@pytest.mark.parametrize(
    ("worth", "classes"),
    [
        ([90, 5, 3, 2], "abcc"),  # one that brings in 90 % alone is A
        ([40, 40, 10, 10], "aabb"),
        ([25, 25, 25, 25], "aaaa"),  # equals are of one class
        ([50, 0, -10], "acc"),
        ([0, 0], "cc"),
        ([], ""),
    ],
)
def test_classes_follow_the_written_rule(worth: list[float], classes: str) -> None:
    assert "".join(kind.value for kind in abc(np.array(worth, dtype=float))) == classes


@given(st.lists(st.floats(0, 1e6), max_size=40))
def test_shares_are_exact_and_who_brings_in_more_is_never_of_a_lower_class(worth: list[float]) -> None:
    values = np.array(worth, dtype=float)
    kinds = abc(values)
    assert shares(values).sum() == pytest.approx(1.0 if values.sum() > 0 else 0.0)
    ranked = sorted(zip(worth, kinds, strict=True), key=lambda pair: -pair[0])
    assert [kind for _, kind in ranked] == sorted(kind for _, kind in ranked)
    assert all(kind is Abc.C for value, kind in ranked if value == 0)


def test_evenness_is_that_of_whole_weeks() -> None:
    every_day, mondays = np.full(70, 3.0), np.where(np.arange(70) % 7 == 0, 21.0, 0.0)
    once = np.where(np.arange(70) == 9, 50.0, 0.0)
    assert xyz(np.stack([every_day, mondays, once])) == [Xyz.X, Xyz.X, Xyz.Z]
