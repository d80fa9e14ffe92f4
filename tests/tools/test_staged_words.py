"""What tools stage states every number by a fact, whatever a shop and its customers call things."""

from decimal import Decimal

import pytest

from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.catalog import categories
from domain.catalog.schemas import NewCategory, NewProduct
from domain.connections.schemas import ConnectionSummary
from tests.factories.chat import chat_of
from tests.factories.counter import Counter, agreed
from tests.factories.shop import fill, open_shop

NAMES = (
    "Oferta 2x1 gratis",
    "Pedido confirmado",
    "{f0.0} con {0}",
    "Leche *Pura* 1 L",
    "Dos por uno",
    "Son 3 dólares",
    "Entrega mañana seguro",
    "Ya pagaste",
    "Pan, queso y más",
    "Торт",
    "Harina (sin stock)",
    "½ kilo de queso nº 5",
    "A",
    "No hay",
    "In stock now",
    "We have confirmed your order",
)


@pytest.mark.parametrize("language", ["es", "en", "pt"])
async def test_lists_summaries_and_questions_are_honest_whatever_things_are_called(
    workspace: WorkspaceView, connection: ConnectionSummary, language: str
) -> None:
    # Given a shop whose goods, and a customer whose name, address and notes, sound like promises
    products = [
        NewProduct(code=f"P-{number}", name=name, price=Decimal(1000 * number)) for number, name in enumerate(NAMES, start=1)
    ]
    shop = await open_shop(workspace.id, products)
    async with open_work(shop.principal) as work:
        for name in ("Gratis 2x1", "Todo confirmado"):
            await categories.create_category(work, NewCategory(name=name))
        for sku in shop.variants:
            await fill(work, shop, sku, 10)
    counter = Counter(await chat_of(shop, connection.id), language=language)

    # When everything is shown that goes out as a message of its own; `Counter` looks at each text
    assert (await counter("send_catalog")).code in {"catalog_sent", "categories_sent"}
    assert counter.staged
    for sku in shop.variants:
        await counter("add_item_to_draft", product=sku, quantity=2)
    await counter(
        "set_delivery_details",
        fulfilment="delivery",
        address="Calle 3 con Confirmada, gratis hoy, 2do piso",
        recipient_name="Ya pagó Cien Pérez 2",
        notes="Hay stock? Son 5 dólares, llega mañana",
    )
    outcome = await counter("request_confirmation")

    # Then there is a summary, and later the question before a cancellation
    token = str(outcome.data["token"])
    assert counter.staged
    await agreed(counter, token)
    number = str((await counter("confirm_order", token=token)).data["number"])
    await counter("cancel_order", number=number)
    assert counter.staged
