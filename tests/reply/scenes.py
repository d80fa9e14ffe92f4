"""Turns as they come about in a real shop: what was done before, the calls of this turn with their real outcomes, the brief."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from agent import sessions
from agent.audiences.customer import briefing
from agent.brief import Brief
from agent.journal import recorded
from agent.models import StepOutcome
from agent.recorded import Recorded
from core.work import open_work
from domain.catalog.schemas import NewProduct
from domain.conversations import service as conversations
from domain.conversations.schemas import CustomerConversation
from domain.conversations.states import State
from tests.factories.chat import STREET, Chat, chat_of, reprice
from tests.factories.counter import Counter, agreed
from tests.factories.shop import PRODUCTS, Shop, fill, open_shop
from tests.factories.workspaces import make_workspace
from tests.tools.test_ordering import confirmed, summarised
from tools import registry

GOODS = (
    *PRODUCTS,
    NewProduct(code="ARR-1", name="Arroz Mary Tradicional 1 kg", price=Decimal(32000), brand="Mary"),
    NewProduct(code="ARR-2", name="Arroz Primor 1 kg", price=Decimal(30000), brand="Primor"),
    NewProduct(code="ARR-5", name="Arroz Mary Tradicional 5 kg", price=Decimal(140000), brand="Mary"),
    NewProduct(code="CAF-1", name="Café El Peñón 250 g", price=Decimal(60000)),
    NewProduct(code="CAF-2", name="Café Fama de América 500 g", price=Decimal(95000)),
    NewProduct(code="LEC-1", name="Leche Completa 1 L", price=Decimal(38000)),
)
FLOUR, SOLD_OUT = 25000, "CAF-1"
NUMBER = "the order's"
"""Stands for the number of the order that the customer has placed."""

TOKEN = "the summary's"
"""Stands for the token of the summary that the customer has been sent."""


class Call(NamedTuple):
    """A call of this turn: the tool and its arguments."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a turn has when the model has made its calls."""

    brief: Brief
    calls: list[Recorded]
    chat: Chat


async def _nothing(counter: Counter) -> None:
    """The customer has only said hello."""


async def _draft(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)


async def _complete(counter: Counter) -> None:
    await _draft(counter)
    await counter("set_delivery_details", fulfilment="delivery", address=STREET)


async def _repriced(counter: Counter) -> None:
    await _draft(counter)
    await reprice(counter.chat.shop, "HAR-1", 28000)


async def _summary(counter: Counter) -> str:
    return await summarised(counter)


async def _agreed(counter: Counter) -> str:
    token = await summarised(counter)
    await agreed(counter, token)
    return token


async def _placed(counter: Counter) -> None:
    await confirmed(counter)


async def _claimed(counter: Counter) -> None:
    await confirmed(counter)
    await counter("register_payment", method="efectivo", amount=55000.0)


def _list(query: str) -> Call:
    return Call("list_products", {"query": query})


Setup = Callable[[Counter], Awaitable[str | None]]

SCENES: dict[str, tuple[Setup, tuple[Call, ...]]] = {
    "idle": (_nothing, ()),
    "rice": (_nothing, (_list("arroz"),)),
    "coffee": (_nothing, (_list("café"),)),
    "oil_and_rice": (_nothing, (_list("aceite"), _list("arroz"))),
    "not_sold": (_nothing, (_list("caviar"),)),
    "added": (_nothing, (Call("add_item_to_draft", {"product": "HAR-1", "quantity": 2}),)),
    "sold_out": (_nothing, (Call("add_item_to_draft", {"product": "CAF-1", "quantity": 1}),)),
    "too_many": (_nothing, (Call("add_item_to_draft", {"product": "ACE-1", "quantity": 50}),)),
    "which_rice": (_nothing, (Call("add_item_to_draft", {"product": "arroz", "quantity": 1}),)),
    "added_two": (
        _nothing,
        (
            Call("add_item_to_draft", {"product": "HAR-1", "quantity": 2}),
            Call("add_item_to_draft", {"product": "CAF-1", "quantity": 1}),
        ),
    ),
    "more": (_draft, (Call("add_item_to_draft", {"product": "HAR-1", "quantity": 1}), _list("arroz"))),
    "changed": (_draft, (Call("change_item_in_draft", {"product": "HAR-1", "quantity": 5}),)),
    "beside": (
        _complete,
        (
            Call("add_item_to_draft", {"product": "ARR-1", "quantity": 3}),
            Call("add_item_to_draft", {"product": "QUE-1", "quantity": 0.5}),
            Call("change_item_in_draft", {"product": "HAR-1", "quantity": 0}),
        ),
    ),
    "draft": (_draft, ()),
    "draft_rice": (_draft, (_list("arroz"),)),
    "repriced": (_repriced, (_list("harina"),)),
    "removed": (_draft, (Call("change_item_in_draft", {"product": "HAR-1", "quantity": 0}),)),
    "cleared": (_draft, (Call("clear_draft", {}),)),
    "address": (_draft, (Call("set_delivery_details", {"fulfilment": "delivery", "address": STREET}),)),
    "details_missing": (_draft, (Call("request_confirmation", {}),)),
    "summarised": (_complete, (Call("request_confirmation", {}),)),
    "awaiting": (_summary, ()),
    "awaiting_cheese": (_summary, (_list("queso"),)),
    "not_agreed": (_summary, (Call("confirm_order", {"token": "0000"}),)),
    "confirmed": (_agreed, (Call("confirm_order", {"token": TOKEN}),)),
    "placed": (_placed, ()),
    "status": (_placed, (Call("get_order_status", {}),)),
    "pays": (_placed, (Call("register_payment", {"method": "efectivo", "amount": 55000.0}),)),
    "claimed": (_claimed, ()),
    "cancelling": (_placed, (Call("cancel_order", {"number": NUMBER}),)),
    "method": (_placed, (Call("choose_payment_method", {"method": "pago movil"}),)),
    "person": (_nothing, (Call("request_human_handoff", {"reason": "customer_asked"}),)),
    "known": (_placed, (Call("get_customer_context", {}),)),
    "no_receipt": (_placed, (Call("attach_receipt", {}),)),
}


async def open_counter_shop() -> Shop:
    """A shop for all scenes of a language: there is enough of everything but for what is sold out, and ten of the oil."""
    shop = await open_shop((await make_workspace()).id, GOODS)
    async with open_work(shop.principal) as work:
        for sku in shop.variants:
            if sku != SOLD_OUT:
                await fill(work, shop, sku, 10 if sku == "ACE-1" else 1000)
    return shop


async def play(shop: Shop, name: str, language: str) -> Scene:
    """Play a scene with a customer of its own, with words in a language."""
    setup, wanted = SCENES[name]
    await reprice(shop, "HAR-1", FLOUR)
    counter = Counter(await chat_of(shop), language=language)
    token = await setup(counter)
    brief = await _brief(counter, language, token)
    calls = [await _called(counter, number, call, brief, token) for number, call in enumerate(wanted, start=1)]
    return Scene(brief, calls, counter.chat)


async def _brief(counter: Counter, language: str, token: str | None) -> Brief:
    async with open_work(counter.chat.shop.principal) as work:
        session = await sessions.find_or_create(work, counter.chat.conversation_id)
        session.state = counter.state
        session.confirmation_token = token if counter.state is State.AWAITING_CONFIRMATION else None
        sessions.remember(session, counter.points)
        conversation = await conversations.get(work, counter.chat.conversation_id)
        assert isinstance(conversation, CustomerConversation)
        brief = await briefing.write(work, session, conversation, [], [])
        facts = await briefing.fresh_facts(work, conversation, language)
    return brief.model_copy(update={"language": language, "facts": facts})


async def _called(counter: Counter, number: int, call: Call, brief: Brief, token: str | None) -> Recorded:
    stands = {TOKEN: token, NUMBER: brief.last_order.number if brief.last_order else None}
    arguments = {name: stands.get(value, value) for name, value in call.arguments.items()}
    outcome = await counter(call.tool, **arguments)
    definition = registry.find(call.tool)
    assert definition is not None
    return recorded(
        number,
        call.tool,
        arguments,
        outcome,
        kind=StepOutcome.VALUE,
        writes=definition.writes,
        signals=counter.signals,
        staged=counter.staged,
        asked=counter.asked,
        settled=counter.settled,
    )
