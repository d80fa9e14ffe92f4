"""Every tool in every state of a session and of its order, with whatever a model may ask: each word passes the gate.

The counter judges each call's words on the call's own facts and deeds. Calls are undone, so each meets the same state.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from core.errors import DomainError
from core.work import open_work
from domain.conversations.states import State
from domain.orders import fulfilment
from domain.orders import service as orders
from domain.payments import service as payments
from tests.factories.chat import STREET, send_picture
from tests.factories.counter import Counter, agreed
from tests.tools.test_words import CALLS, PAYMENTS
from tools import registry

pytestmark = pytest.mark.slow

MORE_CALLS: list[tuple[str, dict[str, object]]] = [
    ("register_payment", {"method": "efectivo"}),
    ("register_payment", {"method": "efectivo", "amount": 1}),
    ("register_payment", {"method": "pago móvil", "reference": "87654321", "amount": 9_999_999}),
    ("confirm_order", {"token": "never given"}),
    ("cancel_order", {}),
    ("clear_draft", {}),
    ("request_human_handoff", {"reason": "customer_asked"}),
]

EVERY_CALL = [call for call in (*CALLS, *PAYMENTS, *MORE_CALLS) if registry.find(call[0]) is not None]


async def idle(counter: Counter) -> None:
    """Nothing has been asked for."""


async def collecting(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    await counter("add_item_to_draft", product="QUE-1", quantity=0.5)


async def without_details(counter: Counter) -> None:
    await collecting(counter)
    await counter("request_confirmation")


async def awaiting(counter: Counter) -> None:
    await collecting(counter)
    await counter("set_delivery_details", fulfilment="delivery", address=STREET)
    await counter("request_confirmation")


async def awaiting_and_paid_in_cash(counter: Counter) -> None:
    await awaiting(counter)
    await counter("register_payment", method="efectivo")


async def awaiting_and_partly_paid(counter: Counter) -> None:
    await awaiting(counter)
    await counter("register_payment", method="transferencia", reference="11112222", amount=1000)


async def placed(counter: Counter) -> None:
    await awaiting(counter)
    token = str((await counter("request_confirmation")).data["token"])
    await agreed(counter, token)
    await counter("confirm_order", token=token)


async def placed_and_claimed(counter: Counter) -> None:
    await placed(counter)
    await send_picture(counter.chat)
    await counter("register_payment", method="transferencia", reference="12345678")


async def _verify(counter: Counter, amount: Decimal | None) -> None:
    async with open_work(counter.chat.staff) as work:
        for payment in await payments.pending(work):
            await payments.verify(work, payment.id, amount=amount)


async def partly_paid(counter: Counter) -> None:
    await placed_and_claimed(counter)
    await _verify(counter, Decimal(1000))


async def wholly_paid(counter: Counter) -> None:
    await placed_and_claimed(counter)
    await _verify(counter, None)


async def shipped(counter: Counter) -> None:
    await wholly_paid(counter)
    async with open_work(counter.chat.shop.principal) as work:
        [order] = await orders.history(work, counter.chat.customer_id)
        await fulfilment.mark_packed(work, order.id)
        await fulfilment.mark_shipped(work, order.id)


async def cancelled(counter: Counter) -> None:
    await placed(counter)
    await counter("cancel_order")
    await counter("cancel_order")


async def with_a_new_draft_beside_the_placed_order(counter: Counter) -> None:
    await placed(counter)
    await counter("add_item_to_draft", product="ACE-1", quantity=1, order="new")


Situation = Callable[[Counter], Awaitable[None]]

SITUATIONS: dict[Situation, State] = {
    idle: State.IDLE,
    collecting: State.COLLECTING_ORDER,
    without_details: State.NEEDS_DETAILS,
    awaiting: State.AWAITING_CONFIRMATION,
    awaiting_and_paid_in_cash: State.AWAITING_CONFIRMATION,
    awaiting_and_partly_paid: State.AWAITING_CONFIRMATION,
    placed: State.DONE,
    placed_and_claimed: State.DONE,
    partly_paid: State.DONE,
    wholly_paid: State.DONE,
    shipped: State.DONE,
    cancelled: State.IDLE,
    with_a_new_draft_beside_the_placed_order: State.COLLECTING_ORDER,
}


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
async def test_whatever_a_tool_says_in_whatever_state_passes_the_gate(
    counter: Counter, situation: Situation, language: str
) -> None:
    # Given a session that has come so far
    counter.language = language
    await situation(counter)
    assert counter.state is SITUATIONS[situation]

    # When every tool is called with everything; the counter judges what it says
    said = set[str]()
    for name, arguments in EVERY_CALL:
        try:
            said.add((await counter.undone(name, **arguments)).code)
        except DomainError as refusal:
            said.add(refusal.code)

    # Then they had something to say
    assert len(said) > 10
