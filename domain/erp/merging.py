"""Merging a field that the ERP and the house both have, knowing what the ERP said when it was last brought in."""

from typing import Any, NamedTuple

from domain.erp.kinds import Side


class Merged(NamedTuple):
    """The value of a field, and whether both had changed it to different ones."""

    value: Any
    is_conflict: bool


def merge(base: Any, erp: Any, house: Any, right: Side) -> Merged:
    """The value that a field gets. `base` is what the ERP said before, None for nothing, as it is in all three.

    What only one of them changed is as that one has it; of what both changed, `right` says whose is taken.
    """
    if erp is None or erp == house:
        return Merged(house, False)
    if base is not None and erp == base:
        return Merged(house, False)
    if house is None or house == base:
        return Merged(erp, False)
    return Merged(erp if right is Side.ERP else house, True)
