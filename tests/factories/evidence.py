"""Evidence made by hand, for tests of the grading."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from domain.conversations.content import Text
from evals.evidence import Evidence, Line, OrderFound, PaymentFound, StepTaken, TurnTaken

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def order(lines: dict[str, int], status: str = "confirmed", **values: Any) -> OrderFound:
    """An order of the conversation."""
    fields: dict[str, Any] = {
        "key": None,
        "number": "1001" if status not in ("draft", "awaiting_confirmation") else None,
        "customer_phone": "+584140000000",
        "status": status,
        "payment_status": "unpaid",
        "lines": {sku: Decimal(quantity) for sku, quantity in lines.items()},
        "total": Decimal(500),
        "fulfilment": "pickup",
        "store": "CHA",
        "address": None,
        "recipient": "Ana Torres",
        "changed": True,
    }
    return OrderFound(**(fields | values))


def payment(**values: Any) -> PaymentFound:
    """A claimed payment."""
    fields: dict[str, Any] = {
        "order_key": None,
        "order_number": "1001",
        "method": "pago_movil",
        "reference": "00998877",
        "amount": Decimal(420),
        "status": "claimed",
        "has_receipt": False,
    }
    return PaymentFound(**(fields | values))


def says(text: str, *, direction: str = "out", turn: int = 1, **values: Any) -> Line:
    """A message of the thread."""
    author = "agent" if direction == "out" else "customer"
    fields: dict[str, Any] = {"content": Text(text=text), "status": "sent" if direction == "out" else "received"}
    return Line(at=AT, direction=direction, author=author, turn=turn, **(fields | values))


def call(
    name: str, code: str = "ok", *, claims: list[tuple[str, str]] | None = None, facts: list[str] | None = None
) -> StepTaken:
    """A recorded tool call; `facts` are the texts of its values."""
    found = {
        f"f1.{index}": {"kind": "price", "subject": "x", "value": value, "text": value}
        for index, value in enumerate(facts or [])
    }
    return StepTaken(kind="tool", name=name, outcome="value", status="ok", code=code, claims=claims or [], facts=found)


def turn(*steps: StepTaken, number: int = 1, outcome: str = "answered") -> TurnTaken:
    """A turn of the runtime."""
    return TurnTaken(
        id=f"turn-{number}",
        number=number,
        state="IDLE",
        outcome=outcome,
        model="lexical",
        prompt_hash=None,
        requests=1,
        input_tokens=0,
        output_tokens=0,
        cost_usd=Decimal(0),
        latency_ms=5,
        started_at=AT,
        steps=list(steps),
    )


def evidence(**values: Any) -> Evidence:
    """Evidence in which nothing happened but what is given."""
    return Evidence.nothing().model_copy(update=values)
