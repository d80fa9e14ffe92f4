"""A workspace's own rows are selected by one helper, which no row of another can slip through."""

import ast
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import aliased

from core.access import Principal
from core.tables import OfWorkspace, new_id
from core.work import open_work, own
from domain.accounts.schemas import WorkspaceView
from domain.customers.models import Customer
from migrations.models import metadata
from tests.factories.workspaces import make_workspace
from tests.house.test_rules import ROOMS, trees


def column(node: ast.expr) -> str | None:
    """The name of the column in `Order.id`, `levels.c.workspace_id`; None for what somebody holds: `work.workspace_id`."""
    if not isinstance(node, ast.Attribute):
        return None
    owner = node.value
    is_table = isinstance(owner, ast.Name) and owner.id.lstrip("_")[:1].isupper()
    return node.attr if is_table or (isinstance(owner, ast.Attribute) and owner.attr == "c") else None


def by_hand(tree: ast.Module) -> Iterator[int]:
    """The lines that compare a workspace's column with anything but another column, to which it joins."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [column(side) for side in (node.left, *node.comparators)]
            if "workspace_id" in sides and None in sides:
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "filter_by":
            yield node.lineno


def test_nobody_selects_a_workspace_by_hand() -> None:
    rooms = sorted({*ROOMS} - {"migrations"})
    found = [f"{path}:{line}" for path, tree in trees(*rooms) for line in by_hand(tree)]

    assert found == []


@pytest.mark.parametrize(
    "written",
    ["Order.workspace_id == work.workspace_id", "_ONE.workspace_id == own", "q.filter_by(id=1)", "x.c.workspace_id == y"],
)
def test_the_form_by_hand_is_seen(written: str) -> None:
    assert list(by_hand(ast.parse(written))) == [1]


def test_a_join_of_two_tables_is_no_form_by_hand() -> None:
    assert list(by_hand(ast.parse("Order.workspace_id == lines.c.workspace_id"))) == []


def test_every_table_of_a_workspace_can_be_asked_for_its_own() -> None:
    keyed = [table for table in metadata.tables.values() if "workspace_id" in table.primary_key.columns]
    known = {mapper.local_table for mapper in OfWorkspace.registry.mappers if issubclass(mapper.class_, OfWorkspace)}

    assert set(keyed) == known
    # and its key begins with the workspace: rows are got by (workspace_id, id)
    assert {table.name for table in keyed if next(iter(table.primary_key)).name != "workspace_id"} == set()


async def test_only_a_workspaces_own_rows_are_selected(workspace: WorkspaceView) -> None:
    # Given a customer of each of two workspaces, in one session that the policies of tables do not divide
    other = await make_workspace()
    for shop in (workspace, other):
        async with open_work(Principal.system(shop.id)) as work:
            work.session.add(Customer(workspace_id=shop.id, id=new_id(), name="Ana"))
    async with open_work(Principal.system(workspace.id)) as work:
        found = [
            (await work.session.scalars(select(Customer.workspace_id).where(own(rows, within)), values)).all()
            for rows, within, values in (
                (Customer, work, {}),
                (Customer.__table__, workspace.id, {}),
                (Customer, other.id, {}),
                (Customer, None, {}),
            )
        ]
    # Then each condition names its workspace, and none lets everything pass
    assert found == [[workspace.id], [workspace.id], [], []]


def test_a_row_in_place_of_its_table_is_refused() -> None:
    row = Customer(workspace_id=uuid4(), id=uuid4())

    with pytest.raises(TypeError, match="a row was given"):
        own(row, row.workspace_id)  # type: ignore[arg-type]  # what mypy refuses is refused when it runs, too


async def test_a_statement_that_is_built_once_cannot_run_without_its_workspace(workspace: WorkspaceView) -> None:
    one = aliased(Customer)
    statement = select(one.id).where(own(one))

    async with open_work(Principal.system(workspace.id)) as work:
        assert (await work.session.scalars(statement, {"workspace": workspace.id})).all() == []
        with pytest.raises(StatementError, match="workspace"):
            await work.session.scalars(statement)
