"""A placed order at the tools: which order is meant is found or asked, and what is said is what the rows say."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.work import open_work
from domain.accounts.schemas import OrderChanges
from domain.catalog import editing
from domain.catalog.kinds import ProductStatus
from domain.catalog.schemas import ChangeProduct
from domain.conversations.content import Buttons
from domain.conversations.states import State
from domain.orders import confirmation, drafts, fulfilment
from domain.orders import service as orders
from domain.orders.kinds import OrderStatus
from domain.orders.schemas import OrderView
from tests.factories.chat import later, reprice, settle_on
from tests.factories.counter import Counter, agreed, fact, shown, spoken
from tests.tools.test_ordering import confirmed
from tools.context import Pending
from tools.outcome import Deed, ToolOutcome


async def order_of(counter: Counter, number: str = "1001") -> OrderView:
    async with counter.chat.work() as work:
        return await orders.by_number(work, counter.chat.customer_id, int(number))


async def lines(counter: Counter, number: str = "1001") -> dict[str, Decimal]:
    return {line.sku: line.quantity for line in (await order_of(counter, number)).lines}


async def confirm_change(counter: Counter) -> ToolOutcome:
    """The summary of the change goes out, and the customer presses its button."""
    asked = await counter("request_confirmation")
    token = str(asked.data["token"])
    await agreed(counter, token)
    return await counter("confirm_order", token=token)


async def test_an_address_told_after_the_order_changes_that_order_once_it_is_agreed_to(counter: Counter) -> None:
    # Given a placed order
    number = await confirmed(counter)
    before = (await order_of(counter)).address_text

    # When the customer says where it goes
    noted = await counter("set_delivery_details", address="Av. Santa Fe 999")
    assert noted.data["amends"] == number
    assert number in spoken(noted)
    assert (await order_of(counter)).address_text == before

    # Then it goes there as soon as they confirm, and not before
    outcome = await confirm_change(counter)
    assert outcome.code == "order_amended"
    assert (await order_of(counter)).address_text == "Av. Santa Fe 999"
    assert counter.state is State.DONE
    async with counter.chat.work() as work:
        assert len(await orders.history(work, counter.chat.customer_id)) == 1


async def test_something_of_the_placed_order_is_taken_out_of_it(counter: Counter) -> None:
    await confirmed(counter, HAR=2, ACE=1)
    less = await counter("change_item_in_draft", product="harina pan", quantity=1)
    assert (less.code, less.data["amends"]) == ("item_changed", "1001")
    assert await lines(counter) == {"HAR-1": 2, "ACE-1": 1}
    asked = await counter("request_confirmation")
    text = shown(counter, asked)
    assert "1001" in text
    assert "25.000" in text
    summary = counter.staged[-1]
    assert isinstance(summary, Buttons)
    assert summary.buttons[2].title == "Dejarlo como está"
    await agreed(counter, str(asked.data["token"]))
    await counter("confirm_order", token=str(asked.data["token"]))
    assert await lines(counter) == {"HAR-1": 1, "ACE-1": 1}


async def test_whether_more_is_for_the_placed_order_or_a_new_one_is_asked(counter: Counter) -> None:
    # Given a placed order, and a wish that may be for it or not
    number = await confirmed(counter)
    asked = await counter("add_item_to_draft", product="ACE-1", quantity=1)
    assert (asked.status, asked.code) == ("ask", "which_order_meant")
    assert counter.question is not None
    assert [option.sku for option in counter.question.options] == [number, "new"]
    waiting = counter.question.arguments
    async with counter.chat.work() as work:
        assert await drafts.open_draft(work, counter.chat.conversation_id) is None

    # When it is for that one
    added = await counter("add_item_to_draft", **waiting, order=number)
    assert added.data["amends"] == number
    await confirm_change(counter)
    assert await lines(counter) == {"HAR-1": 2, "ACE-1": 1}

    # And when it is for a new one, it is said to be one
    new = await counter("add_item_to_draft", **waiting, order="new")
    assert "amends" not in new.data
    assert number in spoken(new)
    assert await lines(counter) == {"HAR-1": 2, "ACE-1": 1}


async def test_days_later_a_wish_begins_a_new_order_without_a_question(counter: Counter) -> None:
    await confirmed(counter)
    counter.state = State.IDLE
    assert (await counter("add_item_to_draft", product="ACE-1", quantity=1)).code == "item_added"


@pytest.mark.parametrize("how", ["address", "less", "more"])
async def test_an_order_that_has_gone_too_far_is_left_and_a_person_offered(counter: Counter, how: str) -> None:
    number = await confirmed(counter)
    async with open_work(counter.chat.staff) as work:
        await fulfilment.mark_packed(work, (await orders.by_number(work, counter.chat.customer_id, 1001)).id)
    if how == "address":
        outcome = await counter("set_delivery_details", address="Av. Santa Fe 999")
    elif how == "less":
        outcome = await counter("change_item_in_draft", product="HAR-1", quantity=1)
    else:
        outcome = await counter("add_item_to_draft", product="ACE-1", quantity=1, order=number)
    assert (outcome.status, outcome.code) == ("refused", "order_not_changeable")
    assert "persona" in spoken(outcome)
    async with counter.chat.work() as work:
        assert await drafts.open_draft(work, counter.chat.conversation_id) is None


async def test_a_change_that_can_be_made_no_more_when_it_is_confirmed_is_told(counter: Counter) -> None:
    await confirmed(counter)
    await counter("set_delivery_details", address="Av. Santa Fe 999")
    token = str((await counter("request_confirmation")).data["token"])
    await settle_on(counter.chat.shop, order_changes=OrderChanges.NEVER)
    await agreed(counter, token)
    outcome = await counter("confirm_order", token=token)
    assert (outcome.status, outcome.code) == ("refused", "order_not_changeable")
    assert counter.state is State.IDLE


async def test_the_customer_may_leave_the_order_as_it_is(counter: Counter) -> None:
    await confirmed(counter)
    await counter("change_item_in_draft", product="HAR-1", quantity=5)
    outcome = await counter("cancel_order")
    assert outcome.code == "amendment_dropped"
    assert (Deed.ORDER_CONFIRMED, "1001") in outcome.deeds
    assert (await order_of(counter)).status is OrderStatus.CONFIRMED
    assert await lines(counter) == {"HAR-1": 2}


async def test_a_change_stays_open_while_the_customer_is_asked_whether_to_cancel(counter: Counter) -> None:
    # Given a change of a placed order that waits for its yes
    number = await confirmed(counter)
    await counter("change_item_in_draft", product="HAR-1", quantity=5)
    await counter("request_confirmation")
    # When the customer is asked whether to cancel the order, the change is still there
    assert (await counter("cancel_order", number=number)).code == "ask_cancel"
    async with counter.chat.work() as work:
        draft = await drafts.open_draft(work, counter.chat.conversation_id)
    assert draft is not None
    assert (draft.status, counter.state) == (OrderStatus.AWAITING_CONFIRMATION, State.AWAITING_CONFIRMATION)
    # And it goes with the order
    assert (await counter("cancel_order", number=number)).code == "order_cancelled"
    async with counter.chat.work() as work:
        assert await drafts.open_draft(work, counter.chat.conversation_id) is None
    assert counter.state is State.IDLE


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("update_draft", {"lines": [{"product": "HAR-1", "mode": "set", "quantity": 99}]}, "points_open"),
        ("update_draft", {"lines": [{"product": "HAR-1", "mode": "set"}]}, "points_open"),
        ("update_draft", {"lines": [{"product": "HAR-1", "mode": "remove"}]}, "ask_cancel"),
        ("change_item_in_draft", {"product": "HAR-1", "quantity": 99}, "out_of_stock"),
        ("change_item_in_draft", {"product": "HAR-1", "quantity": 0.5}, "quantity_not_allowed"),
        ("add_item_to_draft", {"product": "ACE-1", "quantity": 99, "order": "1001"}, "out_of_stock"),
        ("swap_item_in_draft", {"product": "HAR-1", "replacement": "arroz"}, "ambiguous_product"),
    ],
)
async def test_a_change_that_comes_to_nothing_begins_none(
    counter: Counter, tool: str, arguments: dict[str, Any], code: str
) -> None:
    # Given a placed order, and a change of it that is asked about or cannot be made
    await confirmed(counter)
    outcome = await counter(tool, **arguments)

    # Then no change is open, and what the customer wants next may be an order of its own
    assert outcome.code == code
    async with counter.chat.work() as work:
        assert await drafts.open_draft(work, counter.chat.conversation_id) is None
    new = await counter("add_item_to_draft", product="ACE-1", quantity=1, order="new")
    assert new.code == "item_added"
    assert await lines(counter) == {"HAR-1": Decimal(2)}


async def test_what_was_open_about_a_change_ends_with_its_yes(counter: Counter) -> None:
    # Given a change that waits for its yes, and something that could not be found meanwhile
    await confirmed(counter)
    await counter("change_item_in_draft", product="HAR-1", quantity=5)
    asked = await counter("request_confirmation")
    counter.points = [Pending(kind="unclear", tool="update_draft", words="y lo otro")]
    await agreed(counter, str(asked.data["token"]))

    # When the yes comes, nothing of it is asked about any more
    assert (await counter("confirm_order", token=asked.data["token"])).code == "order_amended"
    assert counter.points == []


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"mode": "remove", "quantity": 1}, 2),
        ({"mode": "set", "quantity": 1}, 1),
        ({"mode": "set", "quantity": 4}, None),
        ({"mode": "remove"}, 0),
    ],
    ids=["one less", "only one", "one more", "none"],
)
@pytest.mark.parametrize("is_placed", [True, False], ids=["placed", "open"])
async def test_of_what_is_no_longer_sold_a_placed_order_keeps_less_and_an_open_one_nothing(
    counter: Counter, change: dict[str, Any], left: int | None, is_placed: bool
) -> None:
    # Given three of a product that is taken off sale afterwards
    if is_placed:
        await confirmed(counter, HAR=3, ACE=1)
    else:
        for product, quantity in (("HAR-1", 3), ("ACE-1", 1)):
            await counter("add_item_to_draft", product=product, quantity=quantity)
    async with open_work(counter.chat.shop.principal) as work:
        await editing.change_product(work, "HAR-1", ChangeProduct(status=ProductStatus.ARCHIVED))

    # When the customer wants less, more or none of it; then less stays only where it was agreed to, and nothing breaks
    outcome = await counter("update_draft", lines=[{"product": "HAR-1", **change}])
    takes = left is not None and (is_placed or left == 0)
    assert outcome.code == ("draft_updated" if takes else "nothing_changed")
    if not takes:
        assert "ya no" in spoken(outcome)
    async with counter.chat.work() as work:
        draft = await drafts.open_draft(work, counter.chat.conversation_id)
    kept = {line.sku: line.quantity for line in draft.lines} if draft is not None else await lines(counter)
    assert kept.get("HAR-1", Decimal(0)) == (left if takes else 3)


async def test_whoever_takes_the_last_thing_out_is_asked_whether_to_cancel(counter: Counter) -> None:
    number = await confirmed(counter)
    asked = await counter("change_item_in_draft", product="HAR-1", quantity=0)
    assert asked.code == "ask_cancel"
    assert (await counter("cancel_order", number=number)).code == "order_cancelled"
    async with counter.chat.work() as work:
        assert await drafts.open_draft(work, counter.chat.conversation_id) is None


async def test_what_more_is_to_be_paid_for_a_change_is_told(counter: Counter) -> None:
    # Given an order that is said to be paid
    await confirmed(counter)
    await counter("register_payment", method="transferencia", reference="0012345678", amount=55000)

    # When one more comes in, at the price that was agreed
    await reprice(counter.chat.shop, "HAR-1", 99000)
    await counter("change_item_in_draft", product="HAR-1", quantity=3)
    asked = await counter("request_confirmation")
    assert fact(asked, "difference") == "25000.00"
    await agreed(counter, str(asked.data["token"]))
    outcome = await counter("confirm_order", token=str(asked.data["token"]))
    assert (fact(outcome, "total"), fact(outcome, "due")) == ("80000.00", "25000.00")


async def test_a_part_is_swapped_and_the_rest_stays(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    swapped = await counter("swap_item_in_draft", product="harina pan", replacement="aceite mazeite", quantity=1)
    assert swapped.code == "item_swapped"
    async with counter.chat.work() as work:
        draft = await drafts.open_draft(work, counter.chat.conversation_id)
    assert draft is not None
    assert {line.sku: line.quantity for line in draft.lines} == {"HAR-1": 1, "ACE-1": 1}
    whole = await counter("swap_item_in_draft", product="HAR-1", replacement="ACE-1", new_quantity=2)
    assert [line["quantity"] for line in whole.data["draft"]["lines"]] == ["3"]


async def test_what_cannot_be_put_in_its_place_leaves_it_where_it_is(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    short = await counter("swap_item_in_draft", product="HAR-1", replacement="ACE-1", new_quantity=99)
    unknown = await counter("swap_item_in_draft", product="HAR-1", replacement="nada de nada")
    absent = await counter("swap_item_in_draft", product="CAF-1", replacement="ACE-1")
    assert [one.code for one in (short, unknown, absent)] == ["out_of_stock", "product_not_found", "not_in_draft"]
    async with counter.chat.work() as work:
        draft = await drafts.open_draft(work, counter.chat.conversation_id)
    assert draft is not None
    assert {line.sku: line.quantity for line in draft.lines} == {"HAR-1": 2}


async def test_a_way_to_pay_is_noted_whenever_it_is_named(counter: Counter) -> None:
    # When it is named with the summary open, the summary stays and the order owes nothing before it is brought
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    await counter("set_delivery_details", fulfilment="delivery", address="Calle Real 5")
    token = str((await counter("request_confirmation")).data["token"])
    noted = await counter("choose_payment_method", method="efectivo")
    assert noted.code == "payment_method_noted"
    assert "confirmes" in spoken(noted)
    await agreed(counter, token)
    placed = await counter("confirm_order", token=token)
    assert "Pago Móvil" not in spoken(placed)
    order = await order_of(counter)
    assert (order.payment_method, order.payment_status.value) == ("efectivo", "unpaid")
    assert order.cancel_deadline is None

    # And when another is named afterwards, that one counts
    other = await counter("choose_payment_method", method="pago móvil")
    assert "0414-5550101" in spoken(other)
    assert (await order_of(counter)).cancel_deadline is not None


ROWS = re.compile(r"(\d+) × Harina P\.A\.N\. Blanca(?: \(|: )(?:Bs\.?\s?)?([\d.]+),00")


async def test_a_quantity_and_a_sum_that_are_said_together_are_of_one_row(counter: Counter) -> None:
    # When more and more of one thing comes in, by every tool that says a sum of it
    said = [await counter("add_item_to_draft", product="HAR-1", quantity=2)]
    said.append(await counter("add_item_to_draft", product="HAR-1", quantity=3))
    said.append(await counter("create_order_draft", existing="add", cart=[{"sku": "HAR-1", "quantity": 1}]))
    said.append(await counter("change_item_in_draft", product="HAR-1", quantity=4))
    rows = [2, 5, 6, 4]

    # Then each time the first quantity of the outcome and its sum are those of the line, whoever joins them
    for outcome, quantity in zip(said, rows, strict=True):
        quantities = [one.value for one in outcome.facts if one.kind == "quantity"]
        assert (quantities[0], fact(outcome, "line_total")) == (str(quantity), f"{25000 * quantity}.00")
        for number, total in ROWS.findall(spoken(outcome)):
            assert Decimal(total.replace(".", "")) == 25000 * int(number)
    assert "3 × Harina" in spoken(said[1])
    assert "lleva" in spoken(said[2])


async def test_a_change_that_was_begun_and_forgotten_is_dropped_by_silence(counter: Counter) -> None:
    await confirmed(counter)
    await counter("change_item_in_draft", product="HAR-1", quantity=5)
    await later(timedelta(minutes=31))
    async with open_work(counter.chat.shop.principal) as work:
        assert await confirmation.release_for_timeout(work, counter.chat.conversation_id)
    assert await lines(counter) == {"HAR-1": 2}
    counter.state = State.IDLE
    assert (await counter("get_order_status")).data["status"] == "confirmed"
