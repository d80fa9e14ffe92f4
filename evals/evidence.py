"""Evidence of one played task: what was said, what the runtime did, and what stands in the database afterwards."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from pydantic_ai.messages import TextPart
from sqlalchemy import select

from agent.journal import RecordedAnswer
from agent.models import JournalEntry, StepKind, Turn
from agent.recorded import Recorded
from core.event_types import EventType
from core.events import Event
from core.work import Work, open_work, own
from domain.conversations.content import Stored, said
from domain.conversations.models import Handoff, Message
from domain.customers.models import Customer
from domain.orders import service as orders
from domain.orders.models import Order
from domain.payments import receipts
from domain.payments import service as payments
from evals import snapshot
from evals.founding import Founded
from evals.snapshot import Rows


class OrderFound(BaseModel):
    """An order as it stands in the end."""

    key: str | None
    number: str | None
    customer_phone: str | None
    status: str
    payment_status: str
    lines: dict[str, Decimal]
    total: Decimal
    fulfilment: str | None
    store: str | None
    address: str | None
    recipient: str | None
    changed: bool


class PaymentFound(BaseModel):
    """A payment that was recorded in the conversation."""

    order_key: str | None
    order_number: str | None
    method: str
    reference: str | None
    amount: Decimal
    status: str
    has_receipt: bool


class StepTaken(BaseModel):
    """One recorded step of a turn."""

    kind: str
    name: str
    outcome: str
    duration_ms: int = 0
    arguments: dict[str, Any] = Field(default_factory=dict)
    status: str | None = None
    code: str | None = None
    say: str | None = None
    facts: dict[str, dict[str, Any]] = Field(default_factory=dict)
    claims: list[tuple[str, str]] = Field(default_factory=list)
    text: str | None = None


class TurnTaken(BaseModel):
    """One turn of the runtime."""

    id: str
    number: int
    state: str
    outcome: str | None
    model: str | None
    prompt_hash: str | None
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    latency_ms: int
    started_at: datetime
    steps: list[StepTaken]
    brief_facts: dict[str, dict[str, Any]] = Field(default_factory=dict)
    brief_claims: list[tuple[str, str]] = Field(default_factory=list)
    draft: dict[str, Decimal] = Field(default_factory=dict)


class Line(BaseModel):
    """One message of the thread."""

    at: datetime
    direction: str
    author: str
    content: Stored
    status: str
    error_code: str | None = None
    turn: int | None

    @property
    def text(self) -> str:
        """Its own words, if it has any."""
        return said(self.content)


class Move(BaseModel):
    """One move of the session's state machine."""

    at: datetime
    before: str
    after: str
    trigger: str | None


class Evidence(BaseModel):
    """Everything that a grade rests on."""

    orders: list[OrderFound]
    payments: list[PaymentFound]
    handoff_open: bool
    handoffs: int
    held: dict[str, Decimal]
    moved: dict[str, Decimal]
    foreign: list[str]
    turns: list[TurnTaken]
    thread: list[Line]
    moves: list[Move]
    unanswered: int

    @classmethod
    def nothing(cls) -> "Evidence":
        """The evidence of a conversation that never began."""
        nothing: dict[str, object] = {"held": {}, "moved": {}, "handoff_open": False, "handoffs": 0, "unanswered": 0}
        lists = ("orders", "payments", "foreign", "turns", "thread", "moves")
        return cls.model_validate({**nothing, **{name: [] for name in lists}})


async def collect(place: Founded, before: Rows) -> Evidence:
    """Read the evidence of a conversation that has come to rest."""
    async with open_work(place.principal) as work:
        after = await snapshot.take(work)
        turns = await _turns(work)
        numbers = {turn.id: turn.number for turn in turns}
        handoffs = (await work.session.scalars(select(Handoff).where(own(Handoff, work)))).all()
        thread = await _thread(work, numbers)
        found_orders = await _orders(work, place, before, after)
        found_payments = await _payments(work, place, before)
        moves = await _moves(work)
    skus = {str(variant_id): sku for sku, variant_id in place.variants.items()}
    return Evidence(
        orders=found_orders,
        payments=found_payments,
        handoff_open=any(handoff.released_at is None for handoff in handoffs),
        handoffs=len(handoffs),
        held=_sums(after, "held", skus),
        moved=_difference(_sums(before, "on_hand", skus), _sums(after, "on_hand", skus)),
        foreign=snapshot.foreign_changes(before, after),
        turns=turns,
        thread=thread,
        moves=moves,
        unanswered=sum(line.status == "open" for line in thread),
    )


def _sums(rows: Rows, column: str, skus: dict[str, str]) -> dict[str, Decimal]:
    """The stock of each SKU over all stores."""
    sums: dict[str, Decimal] = {}
    for row in rows.get("stock_items", {}).values():
        sku = skus[str(row["variant_id"])]
        sums[sku] = sums.get(sku, Decimal(0)) + row[column]
    return {sku: value for sku, value in sums.items() if value}


def _difference(before: dict[str, Decimal], after: dict[str, Decimal]) -> dict[str, Decimal]:
    changed = {sku: after.get(sku, Decimal(0)) - before.get(sku, Decimal(0)) for sku in {*before, *after}}
    return {sku: value for sku, value in sorted(changed.items()) if value}


async def _orders(work: Work, place: Founded, before: Rows, after: Rows) -> list[OrderFound]:
    keys = {order_id: key for key, order_id in place.orders.items()}
    stores = {str(row["id"]): row["code"] for row in after["stores"].values()}
    rows = (
        await work.session.execute(
            select(Order.id, Customer.phone)
            .join(Customer, (Customer.workspace_id == Order.workspace_id) & (Customer.id == Order.customer_id))
            # An amendment is a change of the order that it amends, and none of its own.
            .where(own(Order, work), Order.amends_order_id.is_(None))
            .order_by(Order.created_at)
        )
    ).all()
    found: list[OrderFound] = []
    for order_id, phone in rows:
        view = await orders.get(work, order_id)
        row_key = f"{work.workspace_id}/{order_id}"
        found.append(
            OrderFound(
                key=keys.get(order_id),
                number=str(view.number) if view.number is not None else None,
                customer_phone=phone,
                status=view.status,
                payment_status=view.payment_status,
                lines={line.sku: line.quantity for line in view.lines},
                total=view.total,
                fulfilment=view.fulfilment,
                store=stores.get(str(view.store_id)),
                address=view.address_text,
                recipient=view.recipient_name,
                changed=before["orders"].get(row_key) != after["orders"].get(row_key),
            )
        )
    return found


async def _payments(work: Work, place: Founded, before: Rows) -> list[PaymentFound]:
    keys = {order_id: key for key, order_id in place.orders.items()}
    ids = (await work.session.scalars(select(Order.id).where(own(Order, work)))).all()
    found: list[PaymentFound] = []
    for order_id in ids:
        order = await orders.get(work, order_id)
        for payment in await payments.list_for_order(work, order_id):
            if f"{work.workspace_id}/{payment.id}" in before["payments"]:
                continue
            found.append(
                PaymentFound(
                    order_key=keys.get(order_id),
                    order_number=str(order.number) if order.number is not None else None,
                    method=payment.method,
                    reference=payment.reference,
                    amount=payment.amount or Decimal(0),
                    status=payment.status,
                    has_receipt=bool(await receipts.receipts_of(work, [payment.id])),
                )
            )
    return found


async def _turns(work: Work) -> list[TurnTaken]:
    rows = (await work.session.scalars(select(Turn).where(own(Turn, work)).order_by(Turn.number))).all()
    entries = (
        await work.session.scalars(
            select(JournalEntry)
            .where(own(JournalEntry, work))
            .order_by(JournalEntry.step, JournalEntry.kind, JournalEntry.ordinal)
        )
    ).all()
    steps: dict[tuple[UUID, int], list[StepTaken]] = {}
    for entry in entries:
        steps.setdefault((entry.turn_id, entry.generation), []).append(_step(entry))
    return [_turn(row, steps.get((row.id, row.generation), [])) for row in rows]


def _turn(row: Turn, steps: list[StepTaken]) -> TurnTaken:
    brief = row.frozen["brief"]
    draft = brief.get("draft") or {}
    return TurnTaken(
        id=str(row.id),
        number=row.number,
        state=brief["state"],
        outcome=row.outcome,
        model=row.model_name,
        prompt_hash=row.prompt_hash,
        requests=row.model_requests,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost_usd=row.cost_usd,
        latency_ms=row.latency_ms,
        started_at=row.started_at,
        steps=steps,
        brief_facts=brief.get("facts") or {},
        brief_claims=_brief_claims(brief),
        draft={line["sku"]: Decimal(str(line["quantity"])) for line in draft.get("lines", [])},
    )


def _brief_claims(brief: dict[str, Any]) -> list[tuple[str, str]]:
    """What was done before this turn, as the brief that it was given says."""
    claims: list[tuple[str, str]] = []
    last, draft = brief.get("last_order"), brief.get("draft")
    if last is not None:
        claims.append(("order_status", last["number"]))
        claims.append(("order_cancelled" if last["status"] == "cancelled" else "order_confirmed", last["number"]))
        if last["payment_status"] in ("paid", "claimed"):
            claims.append(("payment_verified" if last["payment_status"] == "paid" else "payment_claimed", last["number"]))
    if draft is not None:
        claims.extend(("item_added", line["name"]) for line in draft["lines"])
        claims.extend([("delivery_set", str(draft["fulfilment"]))] if draft.get("fulfilment") else [])
    return claims


def _step(entry: JournalEntry) -> StepTaken:
    step = StepTaken(kind=entry.kind, name=entry.name, outcome=entry.outcome, duration_ms=entry.duration_ms)
    if entry.kind == StepKind.MODEL:
        parts = RecordedAnswer.of(entry.payload).response.parts
        words = "\n".join(part.content for part in parts if isinstance(part, TextPart))
        return step.model_copy(update={"text": words or None})
    call = Recorded.model_validate(entry.payload)
    return step.model_copy(
        update={
            "arguments": call.arguments,
            "status": call.status,
            "code": call.code,
            "say": call.say,
            "facts": {name: fact.model_dump(mode="json") for name, fact in call.facts.items()},
            "claims": [(str(claim), subject) for claim, subject in call.deeds],
        }
    )


async def _thread(work: Work, numbers: dict[str, int]) -> list[Line]:
    query = select(Message).where(own(Message, work)).order_by(Message.created_at, Message.position)
    return [
        Line(
            at=row.created_at,
            direction=row.direction,
            author=row.author,
            content=row.content,
            status="open" if row.direction == "in" and row.handled_at is None else row.status,
            error_code=row.error_code,
            turn=numbers.get(str(row.turn_id or row.handled_ref)),
        )
        for row in await work.session.scalars(query)
        if not (row.provider_message_id or "").startswith("past-")
    ]


async def _moves(work: Work) -> list[Move]:
    rows = (
        await work.session.scalars(
            select(Event).where(own(Event, work), Event.type == EventType.SESSION_MOVED).order_by(Event.created_at)
        )
    ).all()
    return [
        Move(at=row.created_at, before=(row.before or {})["state"], after=(row.after or {})["state"], trigger=row.reason)
        for row in rows
    ]
