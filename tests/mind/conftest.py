"""Fixtures of the turn's tests: a shop with goods, and a customer who writes to it."""

from typing import Any

import pytest
from sqlalchemy import text

from core.access import Principal
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from tests.factories.customer import Customer, Query
from tests.factories.shop import Shop, fill, open_shop


@pytest.fixture
async def shop(workspace: WorkspaceView) -> Shop:
    """A small shop with ten of each product on the shelf."""
    opened = await open_shop(workspace.id)
    async with open_work(opened.principal) as work:
        for sku in opened.variants:
            await fill(work, opened, sku, 10)
    return opened


@pytest.fixture
def customer(shop: Shop, connection: ConnectionSummary) -> Customer:
    """A customer who has not written yet."""
    return Customer(shop, connection.id)


@pytest.fixture
def query(workspace: WorkspaceView) -> Query:
    """Reads rows of the workspace by SQL."""

    async def run(sql: str) -> list[tuple[Any, ...]]:
        async with open_work(Principal.system(workspace.id)) as work:
            return [tuple(row) for row in await work.session.execute(text(sql))]

    return run
