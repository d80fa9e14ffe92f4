"""Freezing a real conversation: its timeline, the shop as it was, and the model's answers, without personal data."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from agent.models import JournalEntry, StepKind, Turn
from agent.recorded import Recorded
from core.errors import NotFound
from core.work import Work, own
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.conversations import service as conversations
from domain.conversations.content import Answer, Cart, File, Place, Text, said
from domain.conversations.models import Handoff, Message
from domain.conversations.schemas import CustomerConversation
from domain.customers import service as customers
from domain.orders import service as orders
from domain.orders.models import Order
from domain.payments import service as payments
from domain.stock.models import StockItem, StockMovement
from evals import results
from evals.captures import Capture, CapturedTurn, Effects, OrderEffect, PaymentEffect
from evals.redaction import Redactor
from evals.tasks import CartItem, ShopEvent, Step
from evals.world import World, WorldProduct, WorldStore, WorldUnit

MOST_PRODUCTS = 400
LONG_PAUSE = timedelta(minutes=25)
"""A longer silence moves the clock of the replay; a shorter one changes nothing in the runtime."""


class NothingToCapture(NotFound):
    """The conversation has no turns."""

    code = "not_found"


async def capture(work: Work, conversation_id: UUID, name: str) -> Capture:
    """Freeze a conversation. It only reads."""
    conversation = await conversations.get(work, conversation_id)
    if not isinstance(conversation, CustomerConversation):
        raise NothingToCapture(f"conversation {conversation_id} is with no customer")
    turns = (
        await work.session.scalars(
            select(Turn).where(own(Turn, work), Turn.conversation_id == conversation_id).order_by(Turn.number)
        )
    ).all()
    if not turns:
        raise NothingToCapture(f"conversation {conversation_id} has no turns")
    thread = (
        await work.session.scalars(
            select(Message)
            .where(own(Message, work), Message.conversation_id == conversation_id)
            .order_by(Message.created_at, Message.position)
        )
    ).all()
    made = (
        await work.session.scalars(
            select(Order.id).where(own(Order, work), Order.conversation_id == conversation_id).order_by(Order.created_at)
        )
    ).all()
    found = [await orders.get(work, order_id) for order_id in made]
    redactor = await _redactor(work, conversation.customer_id, conversation_id, found)
    shop = await _world(work, turns[0].started_at, {line.sku: line.unit_price for order in found for line in order.lines})
    contact = await customers.contact(work, conversation.contact_address_id)
    tokens = [
        turn.frozen["brief"]["draft"]["confirmation_token"] for turn in turns if (turn.frozen["brief"].get("draft") or {})
    ]
    notes = ["People of the shop spoke in it; the replay repeats their words."] if _people(thread) else []
    return Capture(
        name=name,
        commit=results.revision()[0],
        models=sorted({turn.model_name for turn in turns if turn.model_name}),
        world=shop,
        phone=redactor.digits(contact.phone or contact.address),
        steps=[_redacted(step, redactor) for step in await _steps(work, conversation_id, thread)],
        tokens=sorted({token for token in tokens if token}),
        turns=[await _turn(work, turn, thread, redactor) for turn in turns],
        effects=await _effects(work, [order.id for order in found], conversation_id, redactor),
        notes=notes,
    )


def _people(thread: Sequence[Message]) -> bool:
    return any(message.author == "operator" for message in thread)


async def _redactor(work: Work, customer_id: UUID, conversation_id: UUID, found: Sequence[Any]) -> Redactor:
    customer = await customers.get(work, customer_id)
    contacts = await customers.contacts(work, customer_id)
    addresses = await customers.addresses(work, customer_id)
    workspace = await accounts.get_workspace(work)
    names = [customer.name, customer.first_name, customer.last_name, *(contact.name for contact in contacts)]
    names += [order.recipient_name for order in found] + [address.recipient_name for address in addresses]
    places = [address.text for address in addresses] + [order.address_text for order in found]
    public = [method.instructions for method in workspace.settings.payment_methods]
    return Redactor(
        str(conversation_id),
        names=[name for name in names if name],
        addresses=[place for place in places if place],
        kept=[word for text in public for word in text.split()],
        country=workspace.country,
    )


def _redacted(step: Step, redactor: Redactor) -> Step:
    return Step.model_validate(redactor.deep(step.model_dump(mode="json", exclude_defaults=True)))


# The shop


async def _world(work: Work, since: datetime, agreed: dict[str, Decimal]) -> World:
    """The shop as it was when the conversation began: prices as agreed in it, stock before what happened since."""
    workspace = await accounts.get_workspace(work)
    stores = await catalog.stores(work)
    codes = {store.id: store.code for store in stores}
    page = await catalog.list_products(work, limit=100)
    variants: list[VariantView] = list(page.items)
    while page.next_cursor is not None and len(variants) < MOST_PRODUCTS:
        page = await catalog.list_products(work, limit=100, cursor=page.next_cursor)
        variants.extend(page.items)
    levels = await _stock(work, since)
    return World(
        name=workspace.name,
        country=workspace.country,
        currency=workspace.currency,
        timezone=workspace.timezone,
        language=workspace.language,
        settings=workspace.settings,
        units=tuple(
            WorldUnit(code=unit.code, name=unit.name, precision=unit.precision, aliases=unit.aliases)
            for unit in await catalog.units(work)
        ),
        stores=tuple(WorldStore(code=store.code, name=store.name, address=store.address, city=store.city) for store in stores),
        products=tuple([await _product(work, variant, agreed, levels, codes) for variant in variants]),
    )


async def _product(
    work: Work,
    variant: VariantView,
    agreed: dict[str, Decimal],
    levels: dict[tuple[UUID, UUID], Decimal],
    codes: dict[UUID, str],
) -> WorldProduct:
    product = await catalog.get_product(work, (await catalog.variants(work, [variant.variant_id]))[variant.variant_id].sku)
    quantity, unit = variant.content_quantity, variant.content_unit
    return WorldProduct(
        sku=variant.sku,
        name=variant.name,
        price=agreed.get(variant.sku, variant.price),
        category=variant.category,
        brand=variant.brand,
        unit=variant.unit,
        step=variant.step,
        content=(quantity, unit) if quantity is not None and unit is not None else None,
        synonyms=product.synonyms,
        stock={code: levels.get((variant.variant_id, store_id), Decimal(0)) for store_id, code in codes.items()},
    )


async def _stock(work: Work, since: datetime) -> dict[tuple[UUID, UUID], Decimal]:
    """What lay in the stores at a moment: what lies there now, less what moved since."""
    items = await work.session.execute(
        select(StockItem.variant_id, StockItem.store_id, StockItem.on_hand).where(own(StockItem, work))
    )
    levels = {(variant_id, store_id): on_hand for variant_id, store_id, on_hand in items}
    moved = await work.session.execute(
        select(StockMovement.variant_id, StockMovement.store_id, func.sum(StockMovement.delta))
        .where(own(StockMovement, work), StockMovement.created_at >= since)
        .group_by(StockMovement.variant_id, StockMovement.store_id)
    )
    for variant_id, store_id, delta in moved:
        levels[variant_id, store_id] = max(levels.get((variant_id, store_id), Decimal(0)) - delta, Decimal(0))
    return levels


# What was said


async def _steps(work: Work, conversation_id: UUID, thread: Sequence[Message]) -> list[Step]:
    """The timeline as steps: what one turn answered is a burst, a long silence moves the clock, people speak between."""
    released = (
        await work.session.scalars(
            select(Handoff).where(own(Handoff, work), Handoff.conversation_id == conversation_id).order_by(Handoff.requested_at)
        )
    ).all()
    steps: list[Step] = []
    last: datetime | None = None
    events = [message for message in thread if message.direction == "in" or message.author == "operator"]
    pending = [handoff for handoff in released if handoff.released_at is not None]
    for (direction, _), group in groupby(events, key=lambda message: (message.direction, message.handled_ref or message.id)):
        messages = list(group)
        at = messages[0].received_at or messages[0].created_at
        while pending and pending[0].released_at is not None and pending[0].released_at <= at:
            steps.append(Step(shop=ShopEvent(release=pending.pop(0).note or ""), waits=False))
        if last is not None and at - last > LONG_PAUSE:
            steps.append(Step(advance_minutes=int((at - last).total_seconds() // 60), waits=False))
        last = messages[-1].received_at or messages[-1].created_at
        if direction == "out":
            steps.extend(Step(shop=ShopEvent(reply=said(message.content)), waits=False) for message in messages)
        else:
            steps.extend(_burst(messages))
    return steps


def _burst(messages: Sequence[Message]) -> list[Step]:
    made = [step for message in messages if (step := _step(message)) is not None]
    words = [step for step in made if step.say]
    if len(words) == len(made) > 1:
        return [Step(say=tuple(text for step in words for text in step.say))]
    return [step.model_copy(update={"waits": index == len(made) - 1}) for index, step in enumerate(made)]


def _step(message: Message) -> Step | None:
    match message.content:
        case Text(text=words):
            return Step(say=(words,)) if words else None
        case Answer(id=identifier):
            meaning, _, token = identifier.partition(":")
            return Step(press=meaning if token else identifier)
        case File(media="image" | "document", caption=caption):
            return Step(image=caption or "")
        case File(media="voice" | "audio"):
            return Step(send="voice")
        case File():
            return Step(send="sticker")
        case Place(latitude=latitude, longitude=longitude):
            return Step(location=(latitude, longitude))
        case Cart(items=lines):
            items = tuple(CartItem(sku=line.sku, quantity=int(line.quantity)) for line in lines)
            return Step(cart=items) if items else None
        case _:
            return None


async def _turn(work: Work, turn: Turn, thread: Sequence[Message], redactor: Redactor) -> CapturedTurn:
    entries = (
        await work.session.scalars(
            select(JournalEntry)
            .where(
                own(JournalEntry, work),
                JournalEntry.turn_id == turn.id,
                JournalEntry.generation == turn.generation,
            )
            .order_by(JournalEntry.step, JournalEntry.kind, JournalEntry.ordinal)
        )
    ).all()
    return CapturedTurn(
        state=turn.frozen["brief"]["state"],
        model=turn.model_name,
        prompt_hash=turn.prompt_hash,
        answers=[redactor.deep({"parts": _parts(entry)}) for entry in entries if entry.kind == StepKind.MODEL],
        calls=[(entry.name, Recorded.model_validate(entry.payload).code) for entry in entries if entry.kind == StepKind.TOOL],
        replies=[redactor.text(said(message.content)) for message in thread if message.turn_id == turn.id],
    )


def _parts(entry: JournalEntry) -> object:
    response = entry.payload["response"]
    assert isinstance(response, dict)
    return response["parts"]


async def _effects(work: Work, made: Sequence[UUID], conversation_id: UUID, redactor: Redactor) -> Effects:
    found = [await orders.get(work, order_id) for order_id in made]
    paid = [payment for order_id in made for payment in await payments.list_for_order(work, order_id)]
    handoffs = await work.session.scalar(
        select(func.count()).where(own(Handoff, work), Handoff.conversation_id == conversation_id)
    )
    return Effects(
        orders=[
            OrderEffect(
                status=order.status,
                payment_status=order.payment_status,
                lines={line.sku: line.quantity for line in order.lines},
                total=order.total,
                fulfilment=order.fulfilment,
            )
            for order in found
            # An amendment is a change of the order that it amends, and none of its own.
            if order.amends_order_id is None and (order.lines or order.number)
        ],
        payments=[
            PaymentEffect(
                method=payment.method,
                reference=redactor.text(payment.reference) if payment.reference else None,
                amount=payment.amount or Decimal(0),
            )
            for payment in paid
        ],
        handoffs=handoffs or 0,
    )
