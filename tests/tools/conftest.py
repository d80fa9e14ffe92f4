"""Fixtures of the tools' tests."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.catalog.schemas import NewProduct
from domain.connections.schemas import ConnectionSummary
from tests.domain.chat import Chat, chat_of
from tests.domain.shop import PRODUCTS, Shop, fill, open_shop
from tests.tools.counter import Counter
from tools.context import Consent

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


async def agreed(counter: Counter, token: str, *, pressed: bool = True) -> None:
    """The customer presses the summary's button, or says yes and nothing else."""
    async with counter.chat.work() as work:
        sent_at = work.now - timedelta(seconds=5)
    counter.consent = Consent(token_pressed=token if pressed else None, pure_assent=not pressed, summary_sent_at=sent_at)
