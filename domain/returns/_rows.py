"""What the steps of a return share: locking it, counting its quantities, and showing it."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from core.work import Work
from domain.orders import service as orders
from domain.orders.schemas import OrderView
from domain.returns import repository
from domain.returns.errors import ReturnNotFound, ReturnNotReady
from domain.returns.kinds import ReturnStatus
from domain.returns.models import CustomerReturn
from domain.returns.schemas import Command, CreditNoteView, QuantityLine, ReturnLineView, ReturnView
from domain.stock.errors import ProductRepeated


class Named(Protocol):
    """Something that is said of one product."""

    @property
    def variant_id(self) -> UUID:
        """The product."""


async def locked(work: Work, return_id: UUID, *statuses: ReturnStatus) -> tuple[OrderView, CustomerReturn]:
    """The order of a return, and the return, locked in that order."""
    unlocked = await repository.get(work, return_id)
    if unlocked is None:
        raise ReturnNotFound
    order = await orders.lock(work, unlocked.order_id)
    row = await repository.lock(work, return_id)
    assert row is not None, "returns are never deleted"
    if row.status not in statuses:
        raise ReturnNotReady(number=row.number, status=row.status)
    return order, row


def each_once(lines: Sequence[Named]) -> None:
    """Refuse lines that name a product twice."""
    if len({line.variant_id for line in lines}) != len(lines):
        raise ProductRepeated(field="lines")


def by_product(lines: Sequence[QuantityLine]) -> dict[UUID, Decimal]:
    """How much of each product."""
    each_once(lines)
    return {line.variant_id: line.quantity for line in lines}


def digest(command: Command) -> str:
    """What a command asks, in short: whether a key comes again with the same request."""
    return hashlib.sha256(command.model_dump_json().encode()).hexdigest()


async def views(work: Work, rows: Sequence[CustomerReturn]) -> list[ReturnView]:
    """Returns with their lines and credit notes."""
    await work.session.flush()
    lines: dict[UUID, list[ReturnLineView]] = {row.id: [] for row in rows}
    notes: dict[UUID, list[CreditNoteView]] = {row.id: [] for row in rows}
    for line in await repository.lines_of(work, lines):
        lines[line.return_id].append(ReturnLineView.model_validate(line))
    for note in await repository.notes_of(work, notes):
        notes[note.return_id].append(CreditNoteView.model_validate(note))
    fields = [name for name in ReturnView.model_fields if name not in ("lines", "credit_notes")]
    return [
        ReturnView.model_validate(
            {name: getattr(row, name) for name in fields} | {"lines": lines[row.id], "credit_notes": notes[row.id]}
        )
        for row in rows
    ]
