"""What a customer gets for goods that came back: money or other goods, never worth more than they are, and once."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from core import events
from core.db import storable
from core.event_types import EventType
from core.idempotency import KeyReused
from core.tables import new_id
from core.work import Work
from domain.catalog import service as catalog
from domain.catalog.errors import ProductNotFound
from domain.payments import refunds
from domain.payments.schemas import NewRefund
from domain.returns import repository
from domain.returns._rows import by_product, digest, locked, views
from domain.returns.errors import RefundExceedsReceived, StoreMissing
from domain.returns.kinds import CreditKind, ReturnStatus
from domain.returns.models import CreditNote, CustomerReturn, CustomerReturnLine
from domain.returns.permissions import ReturnsPermission
from domain.returns.schemas import Exchange, MoneyBack, NewCredit, ReturnView
from domain.stock import documents
from domain.stock.schemas import cents

SCOPE = "credit_note"


async def refund(work: Work, return_id: UUID, command: MoneyBack) -> ReturnView:
    """Give money for goods that came. The same key twice is one credit note.

    Raises RefundExceedsReceived for goods that have not come or are paid back already, RefundExceedsPaid where less than
    that was paid for the order, KeyReused.
    """
    work.require(ReturnsPermission.REFUND)
    _, row = await locked(work, return_id, ReturnStatus.RECEIVED, ReturnStatus.CLOSED)
    if await _is_known(work, row, command):
        return (await views(work, [row]))[0]
    lines, worth = await _worth(work, row, command)
    amount = worth if command.amount is None else command.amount
    if amount > worth:
        raise RefundExceedsReceived(amount=amount, left=worth)
    money = NewRefund(
        key=f"return {row.id} {command.key}"[:200],
        amount=amount,
        reason=command.reason,
        method=command.method,
        reference=command.reference,
    )
    given = await refunds.refund(work, row.order_id, money)
    _take(lines, command)
    await _issue(work, row, command, CreditKind.REFUND, amount, note_id=new_id(), refund_id=given.id)
    return (await views(work, [row]))[0]


async def exchange(work: Work, return_id: UUID, command: Exchange) -> ReturnView:
    """Give other goods for goods that came, at today's prices. The same key twice is one credit note.

    Raises RefundExceedsReceived if they are worth more than what came: the difference is a new order. What they are worth
    less can be paid back by leaving some of the goods to a refund.
    """
    work.require(ReturnsPermission.REFUND)
    order, row = await locked(work, return_id, ReturnStatus.RECEIVED, ReturnStatus.CLOSED)
    if await _is_known(work, row, command):
        return (await views(work, [row]))[0]
    store_id = command.store_id or order.store_id
    if store_id is None:
        raise StoreMissing(field="store_id")
    wanted = by_product(command.goods)
    known = await catalog.variants(work, wanted)
    if missing := wanted.keys() - known.keys():
        raise ProductNotFound(sku=min(missing))
    lines, worth = await _worth(work, row, command)
    prices = {id: variant.price for id, variant in known.items()}
    price = sum((cents(prices[id] * quantity) for id, quantity in wanted.items()), Decimal(0))
    if price > worth or price <= 0:
        raise RefundExceedsReceived(amount=price, left=worth)
    note_id = new_id()
    await documents.hand_out(work, store_id, wanted, prices, note_id, command.reason)
    _take(lines, command)
    await _issue(work, row, command, CreditKind.EXCHANGE, price, note_id=note_id, refund_id=None)
    return (await views(work, [row]))[0]


async def _is_known(work: Work, row: CustomerReturn, command: NewCredit) -> bool:
    known = next((note for note in await repository.notes_of(work, [row.id]) if note.key == command.key), None)
    if known is not None and known.digest != digest(command):
        raise KeyReused(scope=SCOPE)
    return known is not None


async def _worth(work: Work, row: CustomerReturn, command: NewCredit) -> tuple[dict[UUID, CustomerReturnLine], Decimal]:
    """The lines of the return, and what goods that came and are not given for yet had cost the customer.

    By the difference of two totals the cents of many notes add up to those of the order's line.
    """
    lines = {line.variant_id: line for line in await repository.lines_of(work, [row.id])}
    worth = Decimal(0)
    for variant_id, quantity in by_product(command.lines).items():
        line = lines.get(variant_id)
        left = line.received - line.refunded if line is not None else Decimal(0)
        if line is None or quantity > left:
            raise RefundExceedsReceived(variant_id=variant_id, amount=quantity, left=left)
        before, after = (cents(pieces * line.unit_price) for pieces in (line.refunded, line.refunded + quantity))
        worth += after - before
    return lines, worth


def _take(lines: Mapping[UUID, CustomerReturnLine], command: NewCredit) -> None:
    """Count the goods as given for."""
    for wanted in command.lines:
        lines[wanted.variant_id].refunded += wanted.quantity


async def _issue(
    work: Work,
    row: CustomerReturn,
    command: NewCredit,
    kind: CreditKind,
    amount: Decimal,
    *,
    note_id: UUID,
    refund_id: UUID | None,
) -> None:
    note = CreditNote(
        workspace_id=work.workspace_id,
        id=note_id,
        return_id=row.id,
        order_id=row.order_id,
        refund_id=refund_id,
        number=await documents.next_number(work, SCOPE),
        kind=kind,
        key=command.key,
        digest=digest(command),
        amount=amount,
        currency=row.currency,
        reason=storable(command.reason),
        issued_at=work.now,
    )
    work.session.add(note)
    after = {"return_id": row.id, "order_id": row.order_id, "number": note.number, "kind": kind.value, "amount": amount}
    events.record(work, EventType.CREDIT_NOTE_ISSUED, subject=note.id, reason=command.reason, after=after)
