"""Whole threads that were once misread, with what their customers really wrote, on the demo shops and the real turn.

The sets were played once, blind; here each stands as a test. After each message the cart holds nothing that is not wanted,
nor more of it; at the end it is what the customer wants.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from tests.factories.customer import Customer, Query
from tests.lexical.demo import GROCERIES, open_demo_shop
from tests.mind.conftest import query

__all__ = ["query"]

THREADS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "threads.yaml").read_text(encoding="utf-8"))
CART = "SELECT sku, quantity FROM order_lines"


@pytest.mark.parametrize("thread", THREADS, ids=lambda thread: thread["id"])
async def test_a_thread_ends_in_the_right_cart_and_is_never_wrong(
    workspace: WorkspaceView, connection: ConnectionSummary, query: Query, thread: dict[str, Any]
) -> None:
    customer = Customer(await open_demo_shop(workspace, thread["shop"]), connection.id)
    wanted = {sku: Decimal(str(quantity)) for sku, quantity in thread["cart"].items()}
    cart: dict[str, Decimal] = {}
    for said in thread["say"]:
        reply = await customer.says(said)
        cart = dict(await query(CART))
        assert all(quantity <= wanted.get(sku, 0) for sku, quantity in cart.items()), (said, reply)
    assert cart == wanted


async def test_what_the_chosen_store_has_not_is_said_when_it_is_ordered(
    workspace: WorkspaceView, connection: ConnectionSummary, query: Query
) -> None:
    # Given: Zulia is sold out at Chacao, and is there at the other stores
    customer = Customer(await open_demo_shop(workspace, GROCERIES), connection.id)
    await customer.says("2 cervezas polar")
    await customer.says("paso a buscarlo por Chacao")

    # When
    reply = await customer.says("y 6 cervezas zulia")

    # Then
    assert [sku for sku, _ in await query(CART)] == ["BEB-005"]
    assert "Zulia" in reply
