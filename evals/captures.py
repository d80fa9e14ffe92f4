"""Captures: a real conversation frozen as a task, with the shop it happened in and the answers the model gave."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from evals.evidence import Evidence
from evals.tasks import Step
from evals.world import World

FORMAT = 1


class OrderEffect(BaseModel):
    """An order of the conversation, free of ids."""

    status: str
    payment_status: str
    lines: dict[str, Decimal]
    total: Decimal
    fulfilment: str | None


class PaymentEffect(BaseModel):
    """A payment of the conversation, free of ids."""

    method: str
    reference: str | None
    amount: Decimal


class Effects(BaseModel):
    """What a conversation did to the shop."""

    orders: list[OrderEffect] = Field(default_factory=list)
    payments: list[PaymentEffect] = Field(default_factory=list)
    handoffs: int = 0

    @property
    def sold(self) -> Decimal:
        """The money of the orders that were placed."""
        return sum((order.total for order in self.orders if order.status in ("confirmed", "shipped", "delivered")), Decimal(0))


class CapturedTurn(BaseModel):
    """One turn: the model's answers as they were, the calls with their results, and the replies."""

    state: str
    model: str | None
    prompt_hash: str | None
    answers: list[dict[str, Any]]
    calls: list[tuple[str, str | None]]
    replies: list[str]


class Capture(BaseModel):
    """A frozen conversation."""

    format: int = FORMAT
    name: str
    commit: str
    models: list[str]
    world: World
    phone: str
    steps: list[Step]
    tokens: list[str] = Field(default_factory=list, description="Confirmation tokens, which are others at each replay.")
    turns: list[CapturedTurn]
    effects: Effects
    notes: list[str] = Field(default_factory=list)


def effects_of(evidence: Evidence) -> Effects:
    """The effects that the evidence of a played conversation shows, without what was there before."""
    made = [order for order in evidence.orders if order.changed and (order.lines or order.number)]
    return Effects(
        orders=[
            OrderEffect(
                status=order.status,
                payment_status=order.payment_status,
                lines=order.lines,
                total=order.total,
                fulfilment=order.fulfilment,
            )
            for order in made
        ],
        payments=[
            PaymentEffect(method=payment.method, reference=payment.reference, amount=payment.amount)
            for payment in evidence.payments
        ],
        handoffs=evidence.handoffs,
    )


def differences(before: Effects, after: Effects) -> list[str]:
    """How the effects differ, in words: `order 1 would have 2 HARPAN instead of 1 HARPAN`."""
    found: list[str] = []
    for number in range(max(len(before.orders), len(after.orders))):
        name = f"order {number + 1}"
        if number >= len(after.orders):
            found.append(f"{name} would not exist ({_lines(before.orders[number])})")
        elif number >= len(before.orders):
            found.append(f"{name} would exist besides ({_lines(after.orders[number])})")
        else:
            found.extend(_order_differences(name, before.orders[number], after.orders[number]))
    if _payments(before) != _payments(after):
        found.append(f"payments would be {_payments(after) or 'none'} instead of {_payments(before) or 'none'}")
    if before.handoffs != after.handoffs:
        found.append(f"hand-offs would be {after.handoffs} instead of {before.handoffs}")
    return found


def _order_differences(name: str, before: OrderEffect, after: OrderEffect) -> list[str]:
    found = []
    if _lines(before) != _lines(after):
        found.append(f"{name} would have {_lines(after)} instead of {_lines(before)}")
    for field in ("status", "payment_status", "fulfilment", "total"):
        old, new = getattr(before, field), getattr(after, field)
        if old != new and not (field == "total" and found):
            found.append(f"{name}: {field} would be {new} instead of {old}")
    return found


def _lines(order: OrderEffect) -> str:
    lines = ", ".join(f"{quantity.normalize():f} {sku}" for sku, quantity in sorted(order.lines.items()))
    return lines or "nothing"


def _payments(effects: Effects) -> list[str]:
    return sorted(f"{payment.method} {payment.reference or '-'} {payment.amount}" for payment in effects.payments)


def save(capture: Capture, path: Path) -> None:
    """Write a capture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(capture.model_dump_json(indent=1, exclude_defaults=False) + "\n", encoding="utf-8")


def load(path: Path) -> Capture:
    """Read a capture."""
    return Capture.model_validate_json(path.read_text(encoding="utf-8"))
