"""A question about a size is answered for that size: what is sold in none or in others is only the nearest there is."""

import pytest

from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from tests.factories.customer import Customer, Query
from tests.lexical.demo import open_demo_shop
from tests.mind.conftest import query

__all__ = ["query"]

NEAR = "Lo más parecido que encontré"


@pytest.mark.parametrize(
    ("question", "product"),
    [
        ("tienen jeans talle 40?", "Jean Slim Fit"),
        ("tienen remera basica en XL?", "Remera Básica"),
    ],
)
async def test_a_product_without_the_size_is_not_said_to_have_it(
    workspace: WorkspaceView, connection: ConnectionSummary, query: Query, question: str, product: str
) -> None:
    customer = Customer(await open_demo_shop(workspace, "demo-store"), connection.id)
    said = await customer.says(question)
    assert NEAR in said
    assert product in said
    assert "Tenemos" not in said
    assert await query("SELECT sku FROM order_lines") == []


async def test_of_several_sizes_the_one_that_was_asked_for_is_named(
    workspace: WorkspaceView, connection: ConnectionSummary
) -> None:
    customer = Customer(await open_demo_shop(workspace, "demo-store"), connection.id)
    said = await customer.says("tienen camperas de jean talle S?")
    assert said.startswith("Tenemos Campera de Jean talle S")
