"""Tools of the confirmation, of placed orders and of payments: real assent, own orders, claims only."""

import json
from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest

from core.access import Principal
from core.tables import new_id
from core.work import open_work
from domain.accounts import roles
from domain.accounts.roles import Role
from domain.catalog import editing
from domain.catalog.kinds import ProductStatus
from domain.catalog.schemas import ChangeProduct
from domain.conversations.content import Buttons
from domain.conversations.states import State
from domain.customers import service as customers
from domain.orders import service as orders
from domain.orders.errors import ConfirmationStale
from domain.orders.kinds import OrderStatus
from domain.payments import service as payments
from domain.stock import service as stock
from tests.factories.chat import STREET, chat_of, later, placed, reprice, settle_on
from tests.factories.counter import Counter, agreed, fact, shown, spoken
from tools import registry
from tools.audience import AudienceKind
from tools.outcome import Deed
from tools.serving import Consent


async def summarised(counter: Counter, **items: int) -> str:
    """An order whose summary is out; its token."""
    for sku, quantity in (items or {"HAR": 2}).items():
        order = "new" if counter.state is State.DONE else None
        await counter("add_item_to_draft", product=f"{sku}-1", quantity=quantity, order=order)
    await counter("set_delivery_details", fulfilment="delivery", address=STREET)
    outcome = await counter("request_confirmation")
    assert outcome.code == "confirmation_requested"
    return str(outcome.data["token"])


async def confirmed(counter: Counter, **items: int) -> str:
    """A placed order; its number."""
    token = await summarised(counter, **items)
    await agreed(counter, token)
    outcome = await counter("confirm_order", token=token)
    assert outcome.code == "order_confirmed", outcome
    return str(outcome.data["number"])


def staged_buttons(counter: Counter) -> list[str]:
    """The ids of the buttons of the message that was staged first."""
    content = counter.staged[0]
    assert isinstance(content, Buttons)
    return [button.id for button in content.buttons]


async def test_the_summary_carries_the_sums_and_the_token(counter: Counter) -> None:
    # When an order is summarised
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    await counter("set_delivery_details", fulfilment="delivery", address=STREET, notes="Tocar el timbre 2")
    outcome = await counter("request_confirmation")

    # Then the message holds every line and sum as slots and its buttons the token
    (message,) = counter.staged
    token = outcome.data["token"]
    assert isinstance(message, Buttons)
    assert [button.id for button in message.buttons] == [f"confirm:{token}", f"change:{token}", f"cancel:{token}"]
    text = shown(counter, outcome)
    assert STREET in text
    assert "Tocar el timbre 2" in text
    assert "2 × Harina P.A.N. Blanca" in text
    assert fact(outcome, "total") == "55000.00"
    assert counter.state is State.AWAITING_CONFIRMATION
    assert (Deed.CONFIRMATION_REQUESTED, "draft") in outcome.deeds


async def test_no_summary_without_items_or_details(counter: Counter) -> None:
    assert (await counter("request_confirmation")).code == "draft_empty"
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    missing = await counter("request_confirmation")
    assert (missing.status, missing.code, missing.data["missing"]) == ("ask", "details_missing", ["fulfilment"])
    assert counter.state is State.NEEDS_DETAILS
    assert counter.staged == []


async def test_below_the_minimum_the_summary_is_refused(counter: Counter) -> None:
    await settle_on(counter.chat.shop, minimum_order=Decimal(90000))
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    await counter("set_delivery_details", fulfilment="delivery", address=STREET)
    refused = await counter("request_confirmation")
    assert refused.code == "below_minimum"
    assert fact(refused, "minimum") == "90000.00"


async def test_a_button_places_the_order_and_says_how_to_pay(counter: Counter) -> None:
    token = await summarised(counter)
    await agreed(counter, token)
    outcome = await counter("confirm_order", token=token)
    assert outcome.deeds[0] == (Deed.ORDER_CONFIRMED, "1001")
    assert counter.state is State.DONE
    text = spoken(outcome)
    assert "1001" in text
    assert "0414-5550101" in text
    assert "Efectivo" in text
    async with counter.chat.work() as work:
        assert [a.text for a in await customers.addresses(work, counter.chat.customer_id)] == [STREET]


async def test_a_plain_yes_places_the_order(counter: Counter) -> None:
    token = await summarised(counter)
    await agreed(counter, token, pressed=False)
    assert (await counter("confirm_order", token=token)).code == "order_confirmed"


async def test_without_real_assent_it_is_asked_again_and_nothing_is_placed(counter: Counter) -> None:
    # Given a summary
    token = await summarised(counter)
    async with counter.chat.work() as work:
        sent = work.now
    weak = {
        "nothing said": Consent(summary_sent_at=sent),
        "a message still unread": Consent(summary_sent_at=sent, pure_assent=True, open_messages=True),
        "the summary never arrived": Consent(pure_assent=True),
        "the button of an old summary": Consent(summary_sent_at=sent, token_pressed="old", pure_assent=True),
        "its own button, but more was said": Consent(summary_sent_at=sent, token_pressed=token, open_messages=True),
    }
    for reason, consent in weak.items():
        # When the model confirms anyway
        counter.consent = consent
        outcome = await counter("confirm_order", token=token)

        # Then the same summary goes out again with its buttons, and the order is not placed
        assert (outcome.status, outcome.code) == ("ask", "consent_missing"), reason
        assert staged_buttons(counter)[0] == f"confirm:{token}"
        assert counter.state is State.AWAITING_CONFIRMATION
    async with counter.chat.work() as work:
        assert await orders.history(work, counter.chat.customer_id) == []


async def test_a_made_up_token_confirms_nothing(counter: Counter) -> None:
    token = await summarised(counter)
    await agreed(counter, token, pressed=False)
    with pytest.raises(ConfirmationStale):
        await counter("confirm_order", token="made-up")


async def test_a_change_of_the_items_takes_the_yes_away(counter: Counter) -> None:
    token = await summarised(counter)
    await counter("change_item_in_draft", product="HAR-1", quantity=4)
    await agreed(counter, token)
    with pytest.raises(registry.ToolNotOffered):
        await counter("confirm_order", token=token)


async def test_a_changed_price_is_told_and_asked_again_with_a_new_token(counter: Counter) -> None:
    token = await summarised(counter)
    await reprice(counter.chat.shop, "HAR-1", 26000)
    await agreed(counter, token)
    outcome = await counter("confirm_order", token=token)
    assert (outcome.status, outcome.code) == ("ask", "price_changed")
    assert outcome.data["token"] != token
    assert {one.kind: one.value for one in outcome.facts if one.kind in ("old_price", "price")} == {
        "old_price": "25000.00",
        "price": "26000.00",
    }
    assert fact(outcome, "total") == "57000.00"
    again = str(outcome.data["token"])
    await agreed(counter, again)
    assert (await counter("confirm_order", token=again)).code == "order_confirmed"


async def test_stock_that_went_meanwhile_is_told(counter: Counter) -> None:
    token = await summarised(counter, HAR=8)
    await later(timedelta(minutes=31))
    await placed(await chat_of(counter.chat.shop), {"HAR-1": 5})
    await agreed(counter, token)
    outcome = await counter("confirm_order", token=token)
    assert (outcome.status, outcome.code) == ("refused", "out_of_stock")
    assert fact(outcome, "stock") == "5"
    assert counter.state is State.COLLECTING_ORDER


async def test_a_product_taken_off_sale_is_told(counter: Counter) -> None:
    await summarised(counter)
    async with open_work(counter.chat.shop.principal) as work:
        await editing.change_product(work, "HAR-1", ChangeProduct(status=ProductStatus.ARCHIVED))
    outcome = await counter("request_confirmation")
    assert (outcome.status, outcome.code) == ("refused", "not_for_sale")


async def test_cancelling_a_placed_order_is_asked_first(counter: Counter) -> None:
    number = await confirmed(counter)
    counter.points = []
    first = await counter("cancel_order", number=number)
    async with counter.chat.work() as work:
        assert (await orders.history(work, counter.chat.customer_id))[0].status is OrderStatus.CONFIRMED
    assert (first.status, first.code) == ("ask", "ask_cancel")
    assert staged_buttons(counter) == ["yes:cancel_order", "no:cancel_order"]
    second = await counter("cancel_order", number=number, reason="cambié de idea")
    assert second.deeds[0] == (Deed.ORDER_CANCELLED, number)
    third = await counter("cancel_order", number=number)
    assert third.code == "already_cancelled"


async def test_asking_about_one_order_does_not_cancel_another(counter: Counter) -> None:
    first = await confirmed(counter)
    second = await confirmed(counter, ACE=1)
    counter.points = []
    await counter("cancel_order", number=first)
    assert (await counter("cancel_order", number=second)).code == "ask_cancel"


async def test_an_order_with_a_payment_is_for_a_person(counter: Counter) -> None:
    number = await confirmed(counter)
    await counter("register_payment", method="pago móvil", reference="0012345678")
    assert (await counter("cancel_order", number=number)).code == "cancel_needs_person"


async def test_giving_up_the_open_order_frees_the_goods(counter: Counter) -> None:
    await summarised(counter)
    outcome = await counter("cancel_order")
    assert outcome.code == "draft_discarded"
    assert counter.state is State.IDLE
    async with open_work(counter.chat.shop.principal) as work:
        flour = counter.chat.shop.variants["HAR-1"]
        assert (await stock.available(work, [flour]))[flour].available == 10


async def test_a_customer_reads_and_cancels_only_their_own_orders(counter: Counter) -> None:
    stranger = await placed(await chat_of(counter.chat.shop), {"HAR-1": 1})
    for name in ("get_order_status", "cancel_order"):
        outcome = await counter(name, number=str(stranger.number))
        assert (outcome.status, outcome.code) == ("refused", "order_not_found")
    paid = await counter("register_payment", method="efectivo", number=str(stranger.number))
    assert paid.code == "nothing_to_pay"


async def test_the_status_says_what_is_paid(counter: Counter) -> None:
    assert (await counter("get_order_status")).code == "no_orders_yet"
    number = await confirmed(counter)
    unpaid = await counter("get_order_status", number=f"#{number}")
    await counter("register_payment", method="transferencia", reference="0012345678", bank="Banesco")
    claimed = await counter("get_order_status")
    async with open_work(counter.chat.staff) as work:
        (payment,) = await payments.pending(work)
        await payments.verify(work, payment.id)
    paid = await counter("get_order_status")
    assert fact(unpaid, "due") == "55000.00"
    assert (Deed.PAYMENT_VERIFIED, number) not in unpaid.deeds + claimed.deeds
    assert (Deed.PAYMENT_CLAIMED, number) in claimed.deeds
    assert (Deed.PAYMENT_VERIFIED, number) in paid.deeds


def test_a_customer_never_sees_adjust_stock() -> None:
    workspace, customer = new_id(), new_id()
    everything = Principal(roles.agent_for(workspace, customer).kind, workspace, frozenset({"*"}), customer)
    for state, audience in product(State, AudienceKind):
        assert "adjust_stock" not in {one.name for one in registry.offered(audience, state, everything)}
    staff = roles.staff(workspace, new_id(), Role.INVENTORY_SUPERVISOR)
    writing = {one.name for one in registry.offered(AudienceKind.MANAGER, State.IDLE, staff) if one.is_proposed}
    assert writing == {"adjust_stock", "set_price"}
    viewer = roles.staff(workspace, new_id(), Role.VIEWER)
    assert [one.name for one in registry.offered(AudienceKind.MANAGER, State.IDLE, viewer) if one.is_proposed] == []


async def test_calling_it_anyway_is_refused(counter: Counter) -> None:
    with pytest.raises(registry.ToolNotOffered):
        await counter("adjust_stock", sku="HAR-1", store="T-1", change=100, reason="soy el gerente")
    async with open_work(counter.chat.shop.principal) as work:
        flour = counter.chat.shop.variants["HAR-1"]
        assert (await stock.available(work, [flour]))[flour].on_hand == 10


async def test_staff_adjust_stock_with_a_reason(counter: Counter) -> None:
    counter.principal = roles.staff(counter.chat.shop.workspace_id, new_id(), Role.INVENTORY_SUPERVISOR)
    outcome = await counter("adjust_stock", sku="HAR-1", store="T-1", change=-3, reason="rotura")
    assert fact(outcome, "stock") == "7"


@pytest.mark.parametrize("state", [State.HANDOFF, State.EXECUTING])
def test_nothing_is_offered_while_a_person_attends_or_an_order_is_placed(state: State) -> None:
    assert registry.offered(AudienceKind.CUSTOMER, state, roles.agent_for(new_id(), new_id())) == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("add_item_to_draft", {"product": "HAR-1", "quantity": 1, "customer_id": "018f"}),
        ("add_item_to_draft", {"product": "HAR-1", "quantity": "many"}),
        ("add_item_to_draft", {"quantity": 1}),
        ("get_order_status", {"number": "1001", "workspace_id": "018f"}),
        ("set_delivery_details", {"fulfilment": "drone"}),
        ("set_delivery_details", {"address": "calle " * 100}),
        ("add_item_to_draft", {"product": "HAR-1", "quantity": -1}),
        ("add_item_to_draft", {"product": "HAR-1", "quantity": float("inf")}),
        ("register_payment", {"method": "efectivo", "amount": float("nan")}),
        ("register_payment", {"method": "efectivo", "amount": 0}),
    ],
)
async def test_arguments_beside_the_schema_are_refused_with_what_is_wrong(
    counter: Counter, name: str, arguments: dict[str, object]
) -> None:
    with pytest.raises(registry.InvalidArguments) as refused:
        await counter(name, **arguments)
    assert name in str(refused.value)
    assert refused.value.correctable


def test_the_schemas_can_be_exported() -> None:
    exported = json.loads(json.dumps(registry.schemas()))
    assert {tool["name"] for tool in exported} >= {"confirm_order", "reserve_stock", "adjust_stock", "send_catalog"}
    of_staff = {tool["name"] for tool in exported if tool["audience"] == "manager" and tool["writes"]}
    assert of_staff == {"adjust_stock", "set_price", "verify_payment", "decide_change"}
    assert [tool["states"] for tool in exported if tool["name"] == "confirm_order"] == [["AWAITING_CONFIRMATION"]]
