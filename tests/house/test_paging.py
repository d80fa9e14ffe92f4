"""Lists in parts: one shape, in either direction, that loses and repeats nothing."""

from pathlib import Path

import pytest
from sqlalchemy import select

from core.access import Principal
from core.paging import part
from core.work import open_work, own
from domain.accounts.schemas import WorkspaceView
from domain.customers.models import Customer
from tests.house.test_rules import imported, trees


def test_nobody_compares_places_by_hand() -> None:
    found = [
        str(path)
        for path, tree in trees("domain", "agent", "app", "core")
        if path != Path("core/paging.py") and "sqlalchemy.tuple_" in imported(tree)
    ]
    assert found == []


@pytest.mark.parametrize("falls", [False, True])
async def test_parts_are_the_whole_in_its_order(workspace: WorkspaceView, falls: bool) -> None:
    # Given customers of whom several share a name
    names = ["Ana", "Luis", "Ana", "Zoe", "Ana"]
    async with open_work(Principal.system(workspace.id)) as work:
        work.session.add_all([Customer(workspace_id=workspace.id, name=name) for name in names])
    async with open_work(Principal.system(workspace.id)) as work:
        everyone = select(Customer).where(own(Customer, work))
        whole = sorted(await work.session.scalars(everyone), key=lambda row: (row.name or "", row.id), reverse=falls)
        # When they are read two at a time
        read: list[Customer] = []
        while found := (
            await work.session.scalars(
                part(everyone, [Customer.name, Customer.id], (read[-1].name, read[-1].id) if read else None, 2, falls=falls)
            )
        ).all():
            read += found
    # Then each came once, in order
    assert read == whole


def test_a_place_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        part(select(Customer), [Customer.name, Customer.id], ("Ana",), 2)
