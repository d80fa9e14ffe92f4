"""What a message leaves unsaid because the thread has it, on the goods of the demo clothes shop and the real turn."""

from decimal import Decimal

import pytest

from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from domain.conversations.content import About, Referral
from tests.factories.customer import Customer, Query
from tests.factories.shop import Shop
from tests.lexical.demo import CLOTHES, open_demo_shop
from tests.mind.conftest import query

__all__ = ["query"]

CART = "SELECT sku, quantity::int FROM order_lines ORDER BY sku"


@pytest.fixture
async def shop(workspace: WorkspaceView) -> Shop:
    """The demo clothes shop."""
    return await open_demo_shop(workspace, CLOTHES, few=Decimal(20))


@pytest.fixture
def customer(shop: Shop, connection: ConnectionSummary) -> Customer:
    """A customer who has not written yet."""
    return Customer(shop, connection.id)


def goods(said: str) -> set[str]:
    """The products of the demo shop that a reply names, without their sizes."""
    known = ("Campera", "Botas", "Borcegos", "Sandalias", "Cinto", "Bandolera", "Bombacha", "Bóxer", "Camisa", "Buzo", "Remera")
    return {name for name in known if name in said}


async def test_the_subject_of_a_thread_is_kept_from_question_to_question(customer: Customer) -> None:
    # Given a question after camperas
    assert goods(await customer.says("tienen camperas?")) == {"Campera"}
    # Then `la de cuero` is a campera, and no boots, though only those are of leather here
    assert goods(await customer.says("cuanto sale la de cuero?")) == {"Campera"}
    # And so is the size
    said = await customer.says("y en talle L?")
    assert goods(said) == {"Campera"}
    assert "talle L" in said
    assert "talle M" not in said


async def test_a_kind_a_size_and_the_other_one_are_of_the_thread(customer: Customer) -> None:
    await customer.says("tienen camperas?")
    said = await customer.says("cuanto sale la inflable?")
    assert "Inflable" in said
    assert "Rompeviento" not in said
    said = await customer.says("y en L?")
    assert "Campera Inflable talle L" in said
    said = await customer.says("y la otra?")
    assert "Campera Rompeviento" in said
    assert "Inflable" not in said


async def test_a_phrase_that_names_another_product_changes_the_subject(customer: Customer) -> None:
    await customer.says("tienen botas de cuero?")
    assert "talle 38" in await customer.says("hay en 38?")
    assert goods(await customer.says("y las sandalias?")) == {"Sandalias"}
    said = await customer.says("en 37 hay?")
    assert "Sandalias de Cuero talle 37" in said
    assert goods(await customer.says("y remeras?")) == {"Remera"}


async def test_so_many_of_those_are_of_the_one_that_was_asked_about(customer: Customer, query: Query) -> None:
    await customer.says("tenés remera básica?")
    assert "5.000" in await customer.says("cuánto está?")
    await customer.says("y dos de esas")
    assert await query(CART) == [("REM-001", 2)]
    # And of what is in the order by now
    await customer.says("y una de esas más")
    assert await query(CART) == [("REM-001", 3)]


@pytest.mark.parametrize("said", ["quiero 2 de esas", "dame 2"])
async def test_so_many_of_several_is_asked_and_the_number_kept(customer: Customer, query: Query, said: str) -> None:
    await customer.says("cuanto sale la campera rompeviento?")
    assert "Campera Rompeviento talle M" in await customer.says(said)
    assert await query(CART) == []
    await customer.says("la M")
    assert await query(CART) == [("CMP-003", 2)]


async def test_a_pair_of_what_comes_in_pairs_is_one(customer: Customer, query: Query) -> None:
    await customer.says("tienen sandalias?")
    await customer.says("en 37 hay?")
    await customer.says("me llevo un par")
    assert await query(CART) == [("SAN-001-37", 1)]


async def test_a_size_that_there_is_not_is_answered_with_the_kind(customer: Customer) -> None:
    await customer.says("tienen botas de cuero?")
    assert goods(await customer.says("y en talle 45?")) == {"Botas"}


async def test_a_question_about_a_jean_answered_by_an_address_is_asked_again_until_it_is_settled(
    customer: Customer, query: Query
) -> None:
    # Given an order and an open question about a second thing
    await customer.says("quiero 2 remeras básicas")
    asked = await customer.says("y una campera rompeviento")
    assert "Campera Rompeviento" in asked
    # When it is answered by an address and by a name, then it is asked once more, and not for ever
    assert "Campera Rompeviento" in await customer.says("me lo llevas a Av. Santa Fe 999")
    assert "Campera Rompeviento" in await customer.says("a nombre de Ana Rojas")
    # When the order is to be placed, then it is asked again, and nothing is placed without it
    for said in ("eso es todo", "sí, confirmo"):
        assert "Campera Rompeviento" in await customer.says(said), said
        assert await query("SELECT count(*) FROM orders WHERE number IS NOT NULL") == [(0,)]
    # And when it is settled, the summary follows by itself, with both
    said = await customer.says("la M")
    assert await query(CART) == [("CMP-003", 1), ("REM-001", 2)]
    assert await query("SELECT state FROM agent_sessions") == [("AWAITING_CONFIRMATION",)]
    await customer.says("sí, confirmo")
    assert await query("SELECT count(*) FROM orders WHERE number IS NOT NULL") == [(1,)]


@pytest.mark.parametrize("headline", ["Zapatillas Running", "Nuestra colección de invierno", None])
async def test_a_wish_for_more_information_is_answered_from_the_advertisement(customer: Customer, headline: str | None) -> None:
    referral = Referral(source_type="ad", source_id="1", headline=headline, body="Escribinos")
    async with open_work(customer.shop.principal) as work:
        await customer.writes_in(work, "Hola! Quiero más información", about=About(referral=referral) if headline else None)
    await customer.is_answered()
    said = " ".join(message.text or "" for message in await customer.reads())
    assert "informacion" not in said
    assert "No encontré" not in said
    assert ("Zapatillas Running" in said) is (headline == "Zapatillas Running")
