"""Writing the ledger: the one place where a level's quantity changes, together with the line that explains it."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from core.tables import MOST_MONEY, MOST_QUANTITY, new_id
from core.work import Work
from domain.stock.errors import StockPromised, StockTooLarge
from domain.stock.kinds import MovementType
from domain.stock.models import StockItem, StockMovement
from domain.stock.schemas import cents


class Cause(NamedTuple):
    """What a movement follows from; the same cause and line never count twice."""

    source: str
    ref: str
    line: int = 0


def require_free(taken: Iterable[tuple[StockItem, Decimal]]) -> None:
    """Refuse, before anything has moved, to take more of a level than orders leave; raises StockPromised."""
    for item, quantity in taken:
        if item.on_hand - quantity < item.held:
            raise StockPromised(
                variant_id=item.variant_id, on_hand=item.on_hand, held=item.held, wanted=item.on_hand - quantity
            )


def move(
    work: Work,
    item: StockItem,
    type: MovementType,
    delta: Decimal,
    cause: Cause,
    *,
    reason: str | None = None,
    counted: Decimal | None = None,
    value: Decimal | None = None,
    unit_price: Decimal | None = None,
    occurred_at: datetime | None = None,
    period: tuple[date, date] | None = None,
) -> StockMovement:
    """Change a locked level and write the line.

    Raises StockPromised if less would be left than is promised, and StockTooLarge for more than can be written down.
    `value` is what goods that come in have cost altogether, by default their average; what goes out goes at the average,
    and the last of it takes along what cents are left.
    """
    values = book(
        work,
        item,
        type,
        delta,
        cause,
        reason=reason,
        counted=counted,
        value=value,
        unit_price=unit_price,
        occurred_at=occurred_at,
        period=period,
    )
    line = StockMovement(**values)
    work.session.add(line)
    return line


def book(
    work: Work,
    item: StockItem,
    type: MovementType,
    delta: Decimal,
    cause: Cause,
    *,
    reason: str | None = None,
    counted: Decimal | None = None,
    value: Decimal | None = None,
    unit_price: Decimal | None = None,
    occurred_at: datetime | None = None,
    period: tuple[date, date] | None = None,
) -> dict[str, Any]:
    """Change a locked level; the values of the line that whoever asks writes. See `move`."""
    after = item.on_hand + delta
    if after < item.held:
        raise StockPromised(variant_id=item.variant_id, on_hand=item.on_hand, held=item.held, wanted=after)
    if delta < 0:
        value = -cents(item.value * -delta / item.on_hand)
    elif value is None:
        value = cents(item.unit_cost * delta)
    unit_cost, worth = cents(value / delta) if delta else item.unit_cost, item.value + value
    average = cents(worth / after) if after > 0 else item.unit_cost
    if after >= MOST_QUANTITY or max(worth, unit_cost, average) >= MOST_MONEY:
        raise StockTooLarge(variant_id=item.variant_id, on_hand=after, value=worth)
    item.on_hand, item.value, item.unit_cost = after, worth, average
    return {
        "workspace_id": work.workspace_id,
        "id": new_id(),
        "stock_item_id": item.id,
        "store_id": item.store_id,
        "variant_id": item.variant_id,
        "type": type,
        "delta": delta,
        "quantity_after": after,
        "counted_quantity": counted,
        "unit_cost": unit_cost,
        "value": value,
        "unit_price": unit_price,
        "occurred_at": occurred_at or work.now,
        "period_from": period[0] if period else None,
        "period_to": period[1] if period else None,
        "reason": reason,
        "actor_kind": work.principal.kind,
        "actor_id": work.principal.id,
        "source": cause.source,
        "source_ref": cause.ref,
        "line": cause.line,
    }
