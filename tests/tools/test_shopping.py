"""Tools of the catalogue and the draft: the happy way, the questions and the refusals."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from core.tables import new_id
from core.work import open_work
from domain.catalog import editing
from domain.catalog.schemas import NewProduct
from domain.conversations.content import Cart, CartLine, Choices, Content, Place, Text
from domain.conversations.schemas import OpenMessage
from domain.conversations.states import State
from domain.orders import drafts
from domain.orders.errors import DeliveryNotOffered
from tests.factories.chat import STREET, asked, chat_of, placed, settle_on
from tests.factories.counter import Counter, fact, shown, spoken
from tests.factories.shop import fill
from tools import registry
from tools.outcome import Deed


async def message(counter: Counter, content: Content) -> None:
    async with counter.chat.work() as work:
        counter.messages = [OpenMessage(id=new_id(), content=content, received_at=work.now)]


async def lines(counter: Counter) -> dict[str, Decimal]:
    async with counter.chat.work() as work:
        draft = await drafts.open_draft(work, counter.chat.conversation_id)
    return {line.sku: line.quantity for line in draft.lines} if draft is not None else {}


async def test_a_product_is_found_with_price_and_availability(counter: Counter) -> None:
    found = await counter("list_products", query="harina pan")
    assert found.status == "ok"
    assert fact(found, "price") == "25000.00"
    assert (Deed.AVAILABLE, "Harina P.A.N. Blanca") in found.deeds
    assert "Harina P.A.N. Blanca" in spoken(found)
    assert counter.question is not None
    assert counter.question.kind == "offered"


async def test_what_is_sold_out_is_said_so(counter: Counter) -> None:
    found = await counter("list_products", query="café")
    assert found.deeds == [(Deed.UNAVAILABLE, "Café El Peñón")]
    assert "agotado" in spoken(found)


async def test_what_is_not_sold_is_not_found(counter: Counter) -> None:
    for name in ("list_products", "add_item_to_draft"):
        arguments = {"query": "jamón serrano"} if name == "list_products" else {"product": "jamón serrano", "quantity": 1}
        found = await counter(name, **arguments)
        assert (found.status, found.code) == ("refused", "product_not_found")
        assert "jamón" not in spoken(found)


async def test_the_customers_own_words_are_repeated_only_if_they_are_theirs(counter: Counter) -> None:
    await message(counter, Text(text="¿tienen jamón serrano?"))
    found = await counter("list_products", query="jamón serrano")
    assert "jamón serrano" in spoken(found)


async def test_the_catalogue_goes_out_as_a_list_to_tap_on(counter: Counter) -> None:
    sent = await counter("send_catalog")
    sent_list = counter.staged[0]
    assert isinstance(sent_list, Choices)
    rows = sent_list.rows
    assert sent.code == "catalog_sent"
    assert {row.id for row in rows} == {"HAR-1", "ACE-1", "QUE-1", "ARR-1", "ARR-2"}
    assert counter.question is not None
    assert [option.sku for option in counter.question.options] == [row.id for row in rows]


async def test_an_unknown_category_sends_nothing(counter: Counter) -> None:
    sent = await counter("send_catalog", category="Ferretería")
    assert (sent.status, counter.staged) == ("refused", [])


async def test_adding_begins_the_order_and_says_what_was_added(counter: Counter) -> None:
    added = await counter("add_item_to_draft", product="harina pan", quantity=2)
    assert (added.status, added.code) == ("ok", "item_added")
    assert (Deed.ITEM_ADDED, "Harina P.A.N. Blanca") in added.deeds
    assert fact(added, "line_total") == fact(added, "total") == "50000.00"
    assert counter.state is State.COLLECTING_ORDER
    more = await counter("add_item_to_draft", product="HAR-1", quantity=1)
    assert await lines(counter) == {"HAR-1": Decimal(3)}
    assert spoken(more).startswith("Agregué 1 × Harina P.A.N. Blanca; ahora llevas 3 (")
    assert fact(more, "line_total") == "75000.00"


async def test_two_products_that_fit_are_asked_about(counter: Counter) -> None:
    found = await counter("add_item_to_draft", product="arroz", quantity=2)
    assert (found.status, found.code) == ("ask", "ambiguous_product")
    assert {option.sku for option in found.options} == {"ARR-1", "ARR-2"}
    assert counter.question is not None
    assert (counter.question.tool, counter.question.arguments) == ("add_item_to_draft", {"product": "arroz", "quantity": 2.0})
    assert await lines(counter) == {}
    added = await counter("add_item_to_draft", **{**counter.question.arguments, "product": found.options[1].sku})
    assert added.status == "ok"


async def test_without_a_quantity_it_is_asked(counter: Counter) -> None:
    found = await counter("add_item_to_draft", product="harina pan")
    assert (found.status, found.code) == ("ask", "quantity_missing")
    assert counter.question is not None
    assert counter.question.arguments == {"product": "HAR-1"}


@pytest.mark.parametrize(
    ("product", "quantity", "unit", "expected"),
    [
        ("HAR-1", 1, "docena", None),
        ("HAR-1", 0.5, "docena", Decimal(6)),
        ("HAR-1", 2, "paquetes", Decimal(2)),
        ("QUE-1", 750, "g", Decimal("0.750")),
        ("QUE-1", 2, "kilos", Decimal(2)),
        ("QUE-1", 1.5, None, Decimal("1.5")),
    ],
)
async def test_amounts_are_counted_in_the_unit_of_sale(
    counter: Counter, product: str, quantity: float, unit: str | None, expected: Decimal | None
) -> None:
    added = await counter("add_item_to_draft", product=product, quantity=quantity, unit=unit)
    if expected is None:
        assert added.code == "out_of_stock"
    else:
        assert await lines(counter) == {product: expected}


async def test_half_a_kilo_of_bags_of_a_quarter_is_two_bags(counter: Counter) -> None:
    async with open_work(counter.chat.shop.principal) as work:
        await fill(work, counter.chat.shop, "CAF-1", 10)
    await counter("add_item_to_draft", product="CAF-1", quantity=0.5, unit="kg")
    assert await lines(counter) == {"CAF-1": Decimal(2)}


@pytest.mark.parametrize(
    ("product", "quantity", "unit"), [("HAR-1", 1.5, None), ("HAR-1", 2, "litros"), ("QUE-1", 0.0001, None)]
)
async def test_what_cannot_be_sold_like_that_is_asked_again(
    counter: Counter, product: str, quantity: float, unit: str | None
) -> None:
    found = await counter("add_item_to_draft", product=product, quantity=quantity, unit=unit)
    assert (found.status, found.code) == ("ask", "quantity_not_allowed")
    assert await lines(counter) == {}


async def test_more_than_there_is_is_not_added_and_what_is_left_is_told(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=8)
    refused = await counter("add_item_to_draft", product="HAR-1", quantity=3)
    assert (refused.status, refused.code) == ("refused", "out_of_stock")
    assert fact(refused, "stock") == "10"
    assert await lines(counter) == {"HAR-1": Decimal(8)}
    gone = await counter("add_item_to_draft", product="CAF-1", quantity=1)
    assert "agotado" in spoken(gone)


async def test_the_quantity_is_set_and_zero_takes_out(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    await counter("add_item_to_draft", product="ACE-1", quantity=1)
    changed = await counter("change_item_in_draft", product="la harina", quantity=4)
    assert changed.deeds == [(Deed.ITEM_CHANGED, "Harina P.A.N. Blanca")]
    removed = await counter("change_item_in_draft", product="aceite", quantity=0)
    assert removed.deeds == [(Deed.ITEM_REMOVED, "Aceite Mazeite 1 L")]
    assert await lines(counter) == {"HAR-1": Decimal(4)}


async def test_only_what_is_in_the_order_can_be_taken_out(counter: Counter) -> None:
    empty = await counter("change_item_in_draft", product="harina", quantity=0)
    await counter("add_item_to_draft", product="ARR-1", quantity=2)
    await counter("add_item_to_draft", product="ARR-2", quantity=2)
    missing = await counter("change_item_in_draft", product="aceite", quantity=0)
    both = await counter("change_item_in_draft", product="arroz", quantity=1)
    short = await counter("change_item_in_draft", product="ARR-1", quantity=11)
    assert [one.code for one in (empty, missing, both, short)] == [
        "draft_empty",
        "not_in_draft",
        "ambiguous_line",
        "out_of_stock",
    ]


async def test_a_quantity_of_what_is_not_in_the_order_adds_it(counter: Counter) -> None:
    first = await counter("change_item_in_draft", product="harina pan", quantity=2)
    second = await counter("change_item_in_draft", product="aceite", quantity=1)
    assert [first.code, second.code] == ["item_added", "item_added"]
    assert await lines(counter) == {"HAR-1": Decimal(2), "ACE-1": Decimal(1)}


@pytest.mark.parametrize("code", ["HARINA-PAN", "harina_pan_blanca", "HARINA-PAN-001", "HarinaPan-01"])
async def test_a_code_that_does_not_exist_is_searched_by_its_words(counter: Counter, code: str) -> None:
    assert (await counter("add_item_to_draft", product=code, quantity=2)).code == "item_added"
    assert await lines(counter) == {"HAR-1": Decimal(2)}


async def test_a_code_without_words_is_not_found(counter: Counter) -> None:
    assert (await counter("add_item_to_draft", product="XX-001", quantity=2)).code == "product_not_found"


async def test_clearing_empties_the_order(counter: Counter) -> None:
    assert (await counter("clear_draft")).code == "draft_empty"
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    assert (await counter("clear_draft")).deeds == [(Deed.DRAFT_CLEARED, "draft")]
    assert await lines(counter) == {}


async def test_a_draft_can_be_begun_and_is_begun_once(counter: Counter) -> None:
    assert (await counter("create_order_draft")).code == "draft_created"
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    assert (await counter("create_order_draft")).code == "draft_continued"


async def test_a_cart_of_the_phone_is_asked_about_if_there_is_an_order_already(counter: Counter) -> None:
    # Given an order with oil, and a cart with flour at a false price and something unknown
    await counter("add_item_to_draft", product="ACE-1", quantity=1)
    flour = CartLine(sku="HAR-1", quantity=Decimal(2), price=Decimal(1), currency="VES")
    broken = CartLine(sku="HAR-1", quantity=Decimal(-7))
    items = (flour, CartLine(sku="OLD-9", quantity=Decimal(1)), broken)
    await message(counter, Cart(catalog_id="1", items=items))

    # When it is taken in, and the customer says to replace in the next turn
    question = await counter("create_order_draft")
    pending = counter.question
    assert pending is not None
    counter.messages = []
    done = await counter("create_order_draft", existing="replace", **pending.arguments)

    # Then the order has the cart's goods at the shop's price, and the rest was told
    assert (question.status, question.code, pending.kind) == ("ask", "replace_draft", "replace_draft")
    assert done.status == "ok"
    assert done.data["unknown"] == ["OLD-9"]
    assert fact(done, "price") == "25000.00"
    assert await lines(counter) == {"HAR-1": Decimal(2)}


async def test_a_cart_of_nothing_known_is_refused(counter: Counter) -> None:
    await message(counter, Cart(items=(CartLine(sku="OLD-9", quantity=Decimal(1)),)))
    assert (await counter("create_order_draft")).code == "cart_empty"


async def test_delivery_details_are_noted_one_by_one(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    first = await counter("set_delivery_details", fulfilment="delivery")
    second = await counter("set_delivery_details", address=STREET, phone="0414-555.01.01", recipient_name="Luis")
    assert first.data["missing"] == ["address"]
    assert second.data["missing"] == []
    assert STREET in spoken(second)
    assert fact(second, "fee") == "5000.00"


@pytest.mark.parametrize("unit", ["cartón", "cartones", "bandeja"])
async def test_nobody_knows_how_many_a_tray_of_loose_things_holds(counter: Counter, unit: str) -> None:
    answer = await counter("add_item_to_draft", product="HAR-1", quantity=2, unit=unit)
    assert (answer.status, answer.code) == ("ask", "quantity_not_allowed")


async def test_a_tray_is_one_piece_where_its_size_is_known(counter: Counter) -> None:
    answer = await counter("add_item_to_draft", product="ARR-1", quantity=2, unit="bandejas")
    assert answer.data["quantity"] == "2"


async def test_details_may_come_before_the_goods(counter: Counter) -> None:
    early = await counter("set_delivery_details", address=STREET, recipient_name="Luis")
    assert (early.status, early.data["missing"]) == ("ok", ["items"])
    assert counter.state is State.COLLECTING_ORDER
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    assert (await counter("request_confirmation")).status == "ok"


async def test_only_what_was_given_is_repeated(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    await counter("set_delivery_details", address=STREET)
    named = await counter("set_delivery_details", recipient_name="Luis")
    assert STREET not in spoken(named)
    assert "Luis" in spoken(named)


async def test_what_is_fetched_is_fetched_from_the_store_of_the_line(counter: Counter) -> None:
    # Given two stores, and a line that sells from the second
    async with open_work(counter.chat.shop.principal) as work:
        await counter.chat.shop.open_branch(work)
        await work.session.execute(
            text("UPDATE connections SET settings = settings || jsonb_build_object('store', 'T-2') WHERE id = :id"),
            {"id": counter.chat.connection_id},
        )
    # When the customer wants to fetch the order, without saying where
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    noted = await counter("set_delivery_details", fulfilment="pickup")
    # Then it is that store, and nobody asks
    assert "store" not in noted.data["missing"]
    assert "Tienda Dos" in spoken(noted)


async def test_an_amount_of_money_buys_what_it_buys(counter: Counter) -> None:
    cheese = await counter("add_item_to_draft", product="queso", quantity=45000, unit="bs")
    flour = await counter("add_item_to_draft", product="harina", quantity=60000, unit="bolívares")
    little = await counter("add_item_to_draft", product="aceite", quantity=100, unit="bs")
    foreign = await counter("add_item_to_draft", product="aceite", quantity=100, unit="usd")
    assert (cheese.status, flour.status) == ("ok", "ok")
    assert await lines(counter) == {"QUE-1": Decimal("0.500"), "HAR-1": Decimal(2)}
    assert (little.status, little.code) == ("refused", "money_too_little")
    assert foreign.status == "ask"


async def test_a_name_that_begins_with_the_word_goes_before_one_that_only_has_it(counter: Counter) -> None:
    async with open_work(counter.chat.shop.principal) as work:
        tuna = NewProduct(code="ATU-1", name="Atún Margarita en aceite 140 g", price=Decimal(41000))
        await editing.create_products(work, [tuna])
    found = await counter("list_products", query="aceite")
    assert [option.sku for option in found.options] == ["ACE-1"]


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"phone": "123"}, "phone_not_usable"),
        ({"address": "12"}, "address_too_short"),
        ({}, "nothing_given"),
        ({"fulfilment": "pickup", "store": "la luna"}, "store_not_found"),
    ],
)
async def test_details_that_cannot_be_used_are_asked_again(counter: Counter, details: dict[str, str], code: str) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    answer = await counter("set_delivery_details", **details)
    assert (answer.status, answer.code) == ("ask", code)


async def test_a_shop_without_pickup_refuses_it(counter: Counter) -> None:
    await settle_on(counter.chat.shop, offers_pickup=False)
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    with pytest.raises(DeliveryNotOffered):
        await counter("set_delivery_details", fulfilment="pickup")


async def test_a_place_shared_on_the_map_is_the_address(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    await message(counter, Place(latitude=10.48, longitude=-66.87, name="Parque 1"))
    await counter("set_delivery_details", fulfilment="delivery")
    async with counter.chat.work() as work:
        draft = await drafts.open_draft(work, counter.chat.conversation_id)
    assert draft is not None
    assert draft.address == {"text": "Parque 1", "latitude": 10.48, "longitude": -66.87}


async def test_what_is_known_of_a_customer_is_only_their_own(counter: Counter) -> None:
    await placed(await chat_of(counter.chat.shop), {"HAR-1": 1})
    nothing = await counter("get_customer_context")
    assert nothing.data["orders"] == []
    await placed(counter.chat, {"HAR-1": 1})
    known = await counter("get_customer_context")
    assert known.data["name"] == "Ana Pérez"
    assert known.data["orders"] == [{"number": "1002", "status": "confirmed"}]
    assert known.data["last_items"] == [{"sku": "HAR-1", "quantity": "1"}]
    assert known.data["usual"] == [{"sku": "HAR-1", "name": "Harina P.A.N. Blanca"}]


async def test_goods_are_set_aside_on_request(counter: Counter) -> None:
    assert (await counter("reserve_stock")).code == "draft_empty"
    await counter("add_item_to_draft", product="HAR-1", quantity=6)
    kept = await counter("reserve_stock")
    assert kept.deeds == [(Deed.STOCK_RESERVED, "Harina P.A.N. Blanca")]
    other = Counter(await chat_of(counter.chat.shop))
    refused = await other("add_item_to_draft", product="HAR-1", quantity=5)
    assert fact(refused, "stock") == "4"


async def test_asking_for_a_person_tells_the_session(counter: Counter) -> None:
    answer = await counter("request_human_handoff", reason="customer_asked", detail="wants a refund")
    assert [(signal.name, signal.data["reason"]) for signal in counter.signals] == [("handoff_requested", "customer_asked")]
    assert answer.deeds == [(Deed.HANDOFF_REQUESTED, "customer_asked")]


async def test_english_customers_are_spoken_to_in_english(counter: Counter) -> None:
    counter.language = "en"
    added = await counter("add_item_to_draft", product="HAR-1", quantity=2)
    await counter("set_delivery_details", fulfilment="delivery", address=STREET)
    asked_for = await counter("request_confirmation")
    assert spoken(added).startswith("I added 2 × Harina")
    assert "Do you confirm your order?" in shown(counter, asked_for)


async def test_a_summary_voided_by_a_change_lets_the_session_collect_again(counter: Counter) -> None:
    await asked(counter.chat, {"HAR-1": 2})
    counter.state = State.AWAITING_CONFIRMATION
    await counter("set_delivery_details", address="Calle Nueva, casa 7")
    assert counter.state is State.COLLECTING_ORDER


@pytest.mark.parametrize("name", sorted(registry.DEFINED))
def test_no_tool_takes_an_id_of_a_workspace_customer_or_user(name: str) -> None:
    definition = registry.find(name)
    assert definition is not None
    assert definition.description
    parameters = definition.parameters["properties"]
    assert not [key for key in parameters if key.endswith("_id") or key in ("workspace", "customer", "user")]
    assert all("description" in parameters[key] for key in parameters)
