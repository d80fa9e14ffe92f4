"""Fixtures of the shop's tests."""

import pytest

from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from tests.factories.chat import Chat, chat_of
from tests.factories.shop import Shop, fill, open_shop


@pytest.fixture
async def shop(workspace: WorkspaceView) -> Shop:
    """A small shop with three products and nothing on the shelf."""
    return await open_shop(workspace.id)


@pytest.fixture
async def chat(shop: Shop, connection: ConnectionSummary) -> Chat:
    """A customer's conversation in a shop that has ten of everything, takes payments and delivers."""
    async with open_work(shop.principal) as work:
        for sku in shop.variants:
            await fill(work, shop, sku, 10)
    return await chat_of(shop, connection.id)
