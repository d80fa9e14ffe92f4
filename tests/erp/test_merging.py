"""Merging: whatever was said on either side, nothing is lost without a word."""

from hypothesis import given
from hypothesis import strategies as st

from domain.erp.kinds import Side
from domain.erp.merging import merge

VALUES = st.one_of(st.none(), st.sampled_from(["a", "b", "c"]))
SIDES = st.sampled_from(Side)


@given(VALUES, VALUES, VALUES, SIDES)
def test_what_only_one_side_changed_is_as_that_side_has_it(
    base: str | None, erp: str | None, house: str | None, right: Side
) -> None:
    merged = merge(base, erp, house, right)
    assert merged.value in (erp, house)
    if erp == base or erp is None:
        assert merged == (house, False)
    elif house in (base, None):
        assert merged == (erp, False)
    elif erp != house:
        assert merged == ({Side.ERP: erp, Side.HOUSE: house}[right], True)


@given(VALUES, VALUES, VALUES, SIDES)
def test_the_same_thing_said_again_changes_nothing(base: str | None, erp: str | None, house: str | None, right: Side) -> None:
    once = merge(base, erp, house, right).value
    assert merge(erp, erp, once, right) == (once, False)
