"""What customers really write at each point of a sale, and what the model does about it."""

from decimal import Decimal
from typing import Any

import pytest

from agent.brief import LastOrder
from agent.lexical.acts import ActKind
from agent.lexical.listening import hear
from agent.lexical.plan import make_plan
from agent.lexical.products import Catalogue, Offer
from agent.lexical.reader.goods import Goods
from evals.lexical.run import converse
from tests.lexical.test_model import RecordingShop, brief, draft
from tools.context import Pending
from tools.outcome import Option

DONE: dict[str, Any] = {
    "state": "DONE",
    "last_order": LastOrder(number="7", status="confirmed", payment_status="claimed", total=Decimal(5)),
}
SUMMARY: dict[str, Any] = {"state": "AWAITING_CONFIRMATION", "draft": draft(confirmation_token="T", missing=[])}
RICE = Pending(
    kind="choose_product",
    tool="add_item_to_draft",
    arguments={"product": "harina", "quantity": 2},
    options=[Option(sku="HAR-BL", name="Harina P.A.N. Blanca 1 kg"), Option(sku="HAR-AM", name="Harina P.A.N. Amarilla 1 kg")],
)


async def calls(*said: str, **state: Any) -> list[tuple[str, dict[str, Any]]]:
    shop = RecordingShop()
    await converse(brief(*said, **state), shop)
    return shop.arguments


def lines(*changes: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The one call that makes these changes."""
    return [("update_draft", {"lines": list(changes)})]


async def no_goods(_: str) -> Goods:
    return Goods([])


async def talk(*said: str, **state: Any) -> list[str]:
    async def nothing(phrase: str) -> list[Offer]:
        return []

    return (await make_plan(brief(*said, **state), Catalogue(nothing, no_goods))).talk


@pytest.mark.parametrize("said", ["gracias!", "muchas gracias", "mil gracias vecino"])
async def test_thanks_after_the_order_are_understood(said: str) -> None:
    assert await talk(said, **DONE) == ["thanks"]


@pytest.mark.parametrize("said", ["quiero comprar", "quiero hacer un pedido", "quisiera pedir algo", "i want to order"])
async def test_whoever_wants_to_order_is_asked_what(said: str) -> None:
    assert await talk(said) == ["yes_to_what"]


@pytest.mark.parametrize("said", ["me haces un descuento?", "que rebaja me das", "me lo dejas en 200?", "any discount?"])
async def test_haggling_adds_nothing_and_gets_an_answer(said: str) -> None:
    assert await talk(said) == ["haggle"]
    assert await calls(said) == []


@pytest.mark.parametrize("said", ["te quiero mucho", "cuéntame un chiste", "jajaja", "eres un amor"])
async def test_jokes_are_taken_as_jokes(said: str) -> None:
    assert await talk(said) == ["chitchat"]


async def test_a_second_press_of_the_button_tells_where_the_order_stands() -> None:
    pressed = {"content": {"kind": "answer", "via": "button", "id": "confirm:T", "title": "Confirmar"}}
    state = DONE | {"messages": [pressed]}
    assert await calls(**state) == [("get_order_status", {})]


async def test_ok_after_the_order_asks_nothing() -> None:
    assert await talk("ok", **DONE) == ["at_your_service"]


@pytest.mark.parametrize("said", ["sí", "ok", "asdf qwer"])
async def test_an_open_question_is_asked_again(said: str) -> None:
    assert await calls(said, pending=RICE) == [("update_draft", {})]


@pytest.mark.parametrize("said", ["no, mejor 3", "mejor que sean 3 de harina", "perdón, 3"])
async def test_how_many_may_change_while_it_is_asked_which(said: str) -> None:
    ((_, asked),) = await calls(said, pending=RICE)
    (point,) = asked["open_points"]
    assert (point["kind"], point["skus"], point["quantity"]) == ("which", ["HAR-BL", "HAR-AM"], 3)


@pytest.mark.parametrize("said", ["lo mismo de siempre", "lo de la otra vez", "mándame lo mismo", "the usual"])
async def test_the_last_order_is_made_again(said: str) -> None:
    # Given a shop that knows what was ordered last
    class Remembering(RecordingShop):
        def _get_customer_context(self) -> dict[str, Any]:
            items = [{"sku": "ARR", "quantity": "2"}]
            return {"status": "ok", "code": "customer_context", "say": "<last>", "data": {"last_items": items}}

    # When
    shop = Remembering()
    reply = await converse(brief(said), shop)

    # Then it is in the draft, and the customer is asked whether to leave it like that
    assert shop.cart == {"ARR": Decimal(2)}
    assert "<last>" not in reply


@pytest.mark.parametrize(
    ("said", "product", "quantity", "unit"),
    [
        ("500 bs de queso blanco", "queso blanco", 500, "money"),
        ("dame 500.000 bolívares de jamón y 2 harinas", "jamon", 500000, "money"),
        ("$200 de pollo", "pollo", 200, "money"),
    ],
)
async def test_money_for_a_product_is_passed_on_as_money(said: str, product: str, quantity: int, unit: str) -> None:
    acts = [act for act in hear(brief(said)) if act.unit == unit]
    assert [(act.phrase, act.quantity) for act in acts] == [(product, Decimal(quantity))]


async def test_money_that_is_only_mentioned_orders_nothing() -> None:
    assert await calls("tengo 50000 bs") == []


async def test_a_name_is_a_name_while_the_store_is_asked_for() -> None:
    state = {"state": "NEEDS_DETAILS", "draft": draft(fulfilment="pickup", missing=["store", "recipient_name"])}
    for said in ("soy Luis Rojas", "Luis Rojas"):
        noted, *_ = await calls(said, **state)
        assert noted == ("set_delivery_details", {"recipient_name": "Luis Rojas"})
    (_, details), *_ = await calls("Chacao", **state)
    assert details.keys() == {"store"}


async def test_fetching_it_is_no_name() -> None:
    state = {"state": "NEEDS_DETAILS", "draft": draft(fulfilment="delivery", missing=["recipient_name"])}
    (_, details), *_ = await calls("mejor lo recojo en tienda", **state)
    assert details == {"fulfilment": "pickup"}


@pytest.mark.parametrize("said", ["si asi esta bien", "sí, eso es todo", "yes thats it"])
@pytest.mark.parametrize("lacking", ["recipient_name", "address"])
async def test_a_yes_is_nobodys_name_and_no_street(said: str, lacking: str) -> None:
    state = {"state": "NEEDS_DETAILS", "draft": draft(fulfilment="delivery", missing=[lacking])}
    assert not [name for name, _ in await calls(said, **state) if name == "set_delivery_details"]


@pytest.mark.parametrize(
    ("said", "details"),
    [("Pedro Gómez", {"recipient_name": "Pedro Gómez"}), ("0414-1112233", {"phone": "04141112233"})],
)
async def test_a_name_or_a_phone_after_the_summary_needs_no_label(said: str, details: dict[str, str]) -> None:
    assert ("set_delivery_details", details) in await calls(said, **SUMMARY)


async def test_a_delivery_is_no_pickup_when_it_says_where_to() -> None:
    (act,) = [act for act in hear(brief("para llevar a la av. bolivar edif. sol piso 3", **SUMMARY)) if act.delivery]
    assert act.kind is ActKind.DELIVERY
    assert act.delivery == {"fulfilment": "delivery", "address": "av. bolivar edif. sol piso 3"}


async def test_who_receives_it_is_no_part_of_the_address() -> None:
    (act,) = [act for act in hear(brief("mándalo a Av. Santa Fe 1234 piso 2, recibe Juli", **SUMMARY)) if act.delivery]
    assert act.delivery["address"] == "Av. Santa Fe 1234 piso 2"
    assert act.delivery["recipient_name"] == "Juli"


async def test_a_reason_is_no_product() -> None:
    ((_, changes),) = await calls("agrégame 2 azúcar y quítame el arroz porque ya tengo en casa", draft=draft())
    added, removed = changes["lines"]
    assert removed == {"product": "ARR", "mode": "set", "quantity": 0}
    assert added["quantity"] == 2


async def test_no_to_a_kept_order_leaves_it() -> None:
    assert await talk("no", draft=draft()) == ["draft_kept"]


async def test_how_many_there_shall_be_is_said_of_the_one_in_the_order() -> None:
    flour = draft(lines=[{"sku": "HAR-BL", "name": "Harina P.A.N. Blanca 1 kg", "quantity": "2"}])
    assert await calls("que sean 3 harinas", draft=flour) == lines({"product": "HAR-BL", "mode": "set", "quantity": 3})


async def test_the_size_of_what_is_weighed_is_how_much_is_wanted() -> None:
    assert await calls("quiero un pollo de 2 kilos") == lines({"product": "POL", "quantity": 2})


async def test_where_is_it_before_it_is_confirmed_shows_it_again() -> None:
    assert ("request_confirmation", {}) in await calls("cuándo llega mi pedido?", **SUMMARY)


async def test_how_long_it_takes_is_not_promised() -> None:
    assert await talk("cuánto se demora?") == ["delivery_time"]


@pytest.mark.parametrize(
    "said",
    [
        "quiero confirmar mi pedido",
        "confirmar mi pedido",
        "confirma mi pedido por favor",
        "confirmo mi pedido",
        "i want to confirm my order",
        "confirm my order",
    ],
)
async def test_whoever_confirms_before_there_is_a_summary_is_shown_it(said: str) -> None:
    ready = draft(missing=[])
    assert await calls(said, state="NEEDS_DETAILS", draft=ready) == [("request_confirmation", {})]


@pytest.mark.parametrize("said", ["confirmo mi pedido", "confirmo el pedido", "confirm my order"])
async def test_the_same_words_under_a_summary_are_a_yes(said: str) -> None:
    assert [name for name, _ in await calls(said, **SUMMARY)] == ["confirm_order"]


ZONE = Pending(
    kind="choose_zone",
    tool="set_delivery_details",
    options=[Option(sku="Chacao", name="Chacao"), Option(sku="Getafe norte", name="Getafe norte")],
)


@pytest.mark.parametrize(
    ("said", "zone"),
    [("Chacao", "Chacao"), ("en getafe norte", "Getafe norte"), ("la 2", "Getafe norte"), ("el primero", "Chacao")],
)
async def test_the_zone_that_was_asked_for_is_taken_by_its_name_or_its_place(said: str, zone: str) -> None:
    found = await calls(said, state="COLLECTING_ORDER", draft=draft(missing=[]), pending=ZONE)
    assert found == [("set_delivery_details", {"zone": zone})]
