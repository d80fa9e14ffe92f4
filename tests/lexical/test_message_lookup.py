"""The one look-up of a message, on the real catalogue: all lines of a list are found by it, and words that stand for others."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio

from agent.lexical.reader.explain import explain
from agent.lexical.reader.goods import Shelf
from agent.lookup import message_lookup
from app.demo import seed
from core.access import Principal
from domain.accounts import service as accounts
from tests.lexical.reading import cart, demo_goods

Shelves = dict[str, Shelf]


@pytest_asyncio.fixture
async def shelves(database: str) -> AsyncIterator[Shelves]:
    """The look-ups of the demo shops."""
    await seed.seed_demo()
    yield {one.slug: message_lookup(Principal.system(one.id)) for one in await accounts.list_workspaces()}


async def test_forty_lines_are_found_in_one_look_up(shelves: Shelves) -> None:
    # Given a list of forty different products
    listed = [product for product in demo_goods("fluxion").products if len(product.name.split()) > 1][:40]
    message = "\n".join(f"2 {product.name}" for product in listed)

    # When it is read on what one look-up finds
    reading = explain(message, await shelves["fluxion"](message))

    # Then every line comes to its product
    assert cart(reading) == {product.sku: Decimal(2) for product in listed}


@pytest.mark.parametrize(
    ("slug", "said", "wanted"),
    [
        ("fluxion", "dos birras zulia y 3 kilos de tomate perita", {"BEB-006": Decimal(2), "FRU-002": Decimal(3)}),
        ("fluxion", "1½ kg de papa lavada y un cartón de huevos", {"FRU-004": Decimal("1.5"), "HUE-001": Decimal(1)}),
        ("demo-store", "poné un pedido de dos gorras trucker", {"GOR-001": Decimal(2)}),
    ],
)
async def test_the_catalogue_gives_the_reader_all_that_a_message_may_mean(
    shelves: Shelves, slug: str, said: str, wanted: dict[str, Decimal]
) -> None:
    assert cart(explain(said, await shelves[slug](said))) == wanted


async def test_a_message_of_nothing_on_sale_finds_nothing(shelves: Shelves) -> None:
    assert list((await shelves["fluxion"]("xyzzyqq")).products) == []
