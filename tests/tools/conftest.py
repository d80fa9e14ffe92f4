"""Fixtures of the tools' tests."""

from decimal import Decimal

import pytest

from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.catalog.schemas import NewProduct
from domain.connections.schemas import ConnectionSummary
from tests.factories.chat import Chat, chat_of
from tests.factories.counter import Counter
from tests.factories.shop import PRODUCTS, Shop, fill, open_shop

MORE = (
    NewProduct(code="ARR-1", name="Arroz Mary Tradicional 1 kg", price=Decimal(32000), brand="Mary"),
    NewProduct(code="ARR-2", name="Arroz Primor 1 kg", price=Decimal(30000), brand="Primor"),
    NewProduct(
        code="CAF-1",
        name="Café El Peñón",
        price=Decimal(60000),
        content_quantity=Decimal("0.25"),
        content_unit="KG",
    ),
)


@pytest.fixture
async def shop(workspace: WorkspaceView) -> Shop:
    """A small shop in which two kinds of rice are sold."""
    return await open_shop(workspace.id, (*PRODUCTS, *MORE))


@pytest.fixture
async def chat(shop: Shop, connection: ConnectionSummary) -> Chat:
    """A customer's conversation in a shop that has ten of everything but coffee."""
    async with open_work(shop.principal) as work:
        for sku in shop.variants:
            if sku != "CAF-1":
                await fill(work, shop, sku, 10)
    return await chat_of(shop, connection.id)


@pytest.fixture
def counter(chat: Chat) -> Counter:
    """The tools, as the agent calls them for this customer."""
    return Counter(chat)
