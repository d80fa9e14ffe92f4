"""All SQL of stock. Rows are locked in id order: first items, then the holds on them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    DateTime,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    text,
    true,
)

from core import bulk
from core.paging import part
from core.prepared import Prepared
from core.tables import new_id
from core.work import Work, own
from domain.stock.kinds import HoldStatus, MovementType
from domain.stock.models import StockHold, StockItem, StockMovement
from domain.stock.schemas import LedgerLine

# What every turn asks is built once, as in the catalogue.


def _is_due(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return and_(StockHold.status == HoldStatus.ACTIVE, StockHold.expires_at <= now)


async def ensure_items(work: Work, store_id: UUID, variant_ids: Iterable[UUID]) -> None:
    """Make sure that each variant has a level in the store."""
    rows = [
        {
            "workspace_id": work.workspace_id, "id": new_id(), "store_id": store_id, "variant_id": variant_id,
            "on_hand": 0, "held": 0, "min_stock": 0, "unit_cost": 0, "value": 0,
        }
        for variant_id in variant_ids
    ]  # fmt: skip
    await bulk.add_rows(work, StockItem, rows, known_by=("workspace_id", "store_id", "variant_id"))


_ORDER = bindparam("order", type_=Uuid)
_HELD_LEVELS = select(StockHold.stock_item_id).where(
    own(StockHold), StockHold.order_id == _ORDER, StockHold.status == HoldStatus.ACTIVE
)
_LEVELS_IN_STORE = select(StockItem.id).where(
    own(StockItem),
    StockItem.store_id == bindparam("store", type_=Uuid),
    StockItem.variant_id == any_(bindparam("variants", type_=ARRAY(Uuid))),
)
_LEVELS_CONCERNED = _LEVELS_IN_STORE.union(_HELD_LEVELS)
_LOCKED_LEVELS = (
    select(StockItem)
    .where(own(StockItem), StockItem.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(StockItem.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_HOLDS = select(StockHold).where(own(StockHold), StockHold.order_id == _ORDER).order_by(StockHold.id)
_LOCKED_HOLDS = (
    _HOLDS.where(StockHold.status == HoldStatus.ACTIVE)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


async def item_ids(work: Work, store_id: UUID, variant_ids: Iterable[UUID], order_id: UUID | None = None) -> Sequence[UUID]:
    """The ids of these variants' levels in a store, and of the levels on which an order has active holds."""
    parameters = {"workspace": work.workspace_id, "store": store_id, "variants": list(variant_ids)}
    if order_id is None:
        return (await work.session.scalars(_LEVELS_IN_STORE, parameters)).all()
    return (await work.session.scalars(_LEVELS_CONCERNED, parameters | {"order": order_id})).all()


async def item_ids_of_order(work: Work, order_id: UUID) -> Sequence[UUID]:
    """The ids of the levels on which an order has active holds."""
    return (await work.session.scalars(_HELD_LEVELS, {"workspace": work.workspace_id, "order": order_id})).all()


async def lock_items(work: Work, ids: Iterable[UUID]) -> Mapping[UUID, StockItem]:
    """Lock levels in id order and read them afresh."""
    parameters = {"workspace": work.workspace_id, "ids": list(set(ids))}
    return {item.id: item for item in await work.session.scalars(_LOCKED_LEVELS, parameters)}


async def active_holds(work: Work, order_id: UUID) -> Sequence[StockHold]:
    """An order's active holds, read afresh and locked; their items must be locked already."""
    return (await work.session.scalars(_LOCKED_HOLDS, {"workspace": work.workspace_id, "order": order_id})).all()


async def holds_of_order(work: Work, order_id: UUID) -> Sequence[StockHold]:
    """All holds of an order, whatever became of them, oldest first."""
    return (await work.session.scalars(_HOLDS, {"workspace": work.workspace_id, "order": order_id})).all()


async def due_holds_on(work: Work, ids: Iterable[UUID], except_order: UUID | None) -> Sequence[StockHold]:
    """Holds on these items whose time is over, locked; their items must be locked already."""
    query = (
        select(StockHold)
        .where(
            own(StockHold, work),
            StockHold.stock_item_id.in_(set(ids)),
            _is_due(work.now),
            true() if except_order is None else StockHold.order_id != except_order,
        )
        .order_by(StockHold.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await work.session.scalars(query)).all()


async def items_with_due_holds(work: Work, limit: int) -> Sequence[UUID]:
    """Levels on which a hold's time is over, the longest overdue first."""
    query = (
        select(StockHold.stock_item_id)
        .where(own(StockHold, work), _is_due(work.now))
        .group_by(StockHold.stock_item_id)
        .order_by(func.min(StockHold.expires_at))
        .limit(limit)
    )
    return (await work.session.scalars(query)).all()


_NOW = bindparam("now", type_=DateTime(timezone=True))
_STORE = bindparam("store", type_=Uuid)
_OVERDUE = (
    select(StockHold.stock_item_id, func.sum(StockHold.quantity).label("quantity"))
    .where(own(StockHold), _is_due(_NOW))
    .group_by(StockHold.stock_item_id)
    .subquery()
)
_LEVELS = Prepared(
    select(
        StockItem.variant_id,
        func.sum(StockItem.on_hand),
        func.sum(StockItem.held),
        func.sum(func.coalesce(_OVERDUE.c.quantity, 0)),
    )
    .outerjoin(_OVERDUE, _OVERDUE.c.stock_item_id == StockItem.id)
    .where(
        own(StockItem),
        StockItem.variant_id == any_(bindparam("variants", type_=ARRAY(Uuid))),
        or_(_STORE.is_(None), StockItem.store_id == _STORE),
    )
    .group_by(StockItem.variant_id)
)


async def levels(
    work: Work, variant_ids: Iterable[UUID], store_id: UUID | None
) -> Sequence[tuple[UUID, Decimal, Decimal, Decimal]]:
    """For each variant what is on hand, held, and held by promises whose time is over."""
    parameters = {"workspace": work.workspace_id, "variants": list(variant_ids), "store": store_id, "now": work.now}
    return await _LEVELS.all(work.session, parameters)


async def items_of_variant(work: Work, variant_id: UUID) -> Sequence[StockItem]:
    """The levels of a variant in all stores."""
    query = select(StockItem).where(own(StockItem, work), StockItem.variant_id == variant_id)
    return (await work.session.scalars(query.order_by(StockItem.store_id))).all()


async def page_of_items(
    work: Work,
    *,
    store_id: UUID | None,
    variant_ids: Iterable[UUID] | None,
    is_low: bool,
    after: tuple[UUID, UUID] | None,
    limit: int,
) -> Sequence[StockItem]:
    """Levels by variant and store behind one of them."""
    query = select(StockItem).where(
        own(StockItem, work),
        true() if store_id is None else StockItem.store_id == store_id,
        true() if variant_ids is None else StockItem.variant_id.in_(set(variant_ids)),
        StockItem.on_hand - StockItem.held < StockItem.min_stock if is_low else true(),
    )
    return (await work.session.scalars(part(query, [StockItem.variant_id, StockItem.store_id], after, limit))).all()


async def items_of_variants(work: Work, variant_ids: Iterable[UUID]) -> Sequence[UUID]:
    """The ids of the levels of some variants in all stores."""
    query = select(StockItem.id).where(own(StockItem, work), StockItem.variant_id.in_(set(variant_ids)))
    return (await work.session.scalars(query)).all()


async def holds_goods(work: Work, store_id: UUID) -> bool:
    """Whether anything lies in a store."""
    query = select(StockItem.id).where(own(StockItem, work), StockItem.store_id == store_id, StockItem.on_hand > 0)
    return (await work.session.scalars(query.limit(1))).first() is not None


async def low_items(work: Work, store_id: UUID | None) -> Sequence[StockItem]:
    """The levels with less available than their minimum."""
    query = select(StockItem).where(
        own(StockItem, work),
        StockItem.on_hand - StockItem.held < StockItem.min_stock,
        true() if store_id is None else StockItem.store_id == store_id,
    )
    return (await work.session.scalars(query.order_by(StockItem.store_id, StockItem.variant_id))).all()


async def movements_of(work: Work, source: str, source_ref: str) -> Sequence[StockMovement]:
    """The ledger lines of one cause in their order."""
    query = select(StockMovement).where(
        own(StockMovement, work),
        StockMovement.source == source,
        StockMovement.source_ref == source_ref,
    )
    return (await work.session.scalars(query.order_by(StockMovement.line))).all()


async def history(
    work: Work,
    variant_id: UUID | None,
    store_id: UUID | None,
    types: Sequence[MovementType] | None,
    before: int | None,
    limit: int,
) -> Sequence[StockMovement]:
    """Ledger lines, newest first, before a place in the ledger."""
    query = select(StockMovement).where(own(StockMovement, work))
    if variant_id is not None:
        query = query.where(StockMovement.variant_id == variant_id)
    if store_id is not None:
        query = query.where(StockMovement.store_id == store_id)
    if types is not None:
        query = query.where(StockMovement.type.in_(types))
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [StockMovement.sequence], place, limit, falls=True))).all()


async def unexplained(work: Work) -> Sequence[tuple[StockItem, Decimal, Decimal, Decimal]]:
    """Levels that differ from the sum of their ledger, in quantity or value, or whose promises differ from their holds."""
    ledger = (
        select(
            StockMovement.stock_item_id,
            func.sum(StockMovement.delta).label("total"),
            func.sum(StockMovement.value).label("value"),
        )
        .where(own(StockMovement, work))
        .group_by(StockMovement.stock_item_id)
        .subquery()
    )
    holds = (
        select(StockHold.stock_item_id, func.sum(StockHold.quantity).label("total"))
        .where(own(StockHold, work), StockHold.status == HoldStatus.ACTIVE)
        .group_by(StockHold.stock_item_id)
        .subquery()
    )
    in_ledger, in_holds = func.coalesce(ledger.c.total, 0), func.coalesce(holds.c.total, 0)
    value = func.coalesce(ledger.c.value, 0)
    query = (
        select(StockItem, in_ledger, value, in_holds)
        .outerjoin(ledger, ledger.c.stock_item_id == StockItem.id)
        .outerjoin(holds, holds.c.stock_item_id == StockItem.id)
        .where(
            own(StockItem, work),
            or_(StockItem.on_hand != in_ledger, StockItem.value != value, StockItem.held != in_holds),
        )
        .order_by(StockItem.id)
    )
    return [(item, total, worth, held) for item, total, worth, held in await work.session.execute(query)]


async def has_levels(work: Work, places: Iterable[tuple[UUID, UUID]]) -> bool:
    """Whether one of these (store, variant) has a level already."""
    wanted = list(places)
    query = select(StockItem.id).where(
        own(StockItem, work),
        StockItem.store_id.in_({store_id for store_id, _ in wanted}),
        StockItem.variant_id.in_({variant_id for _, variant_id in wanted}),
    )
    return (await work.session.scalars(query.limit(1))).first() is not None


_ADD_MOVEMENTS = text(
    """
    INSERT INTO stock_movements
           (workspace_id, id, stock_item_id, store_id, variant_id, type, delta, quantity_after, counted_quantity,
            unit_cost, value, unit_price, occurred_at, reason, actor_kind, actor_id, source, source_ref, line)
    SELECT CAST(:workspace AS uuid), m.id, m.item, m.store, m.variant, m.type, m.delta, m.quantity_after, m.counted,
           m.cost, m.value, m.price, m.occurred, m.reason, CAST(:actor_kind AS text), CAST(:actor AS uuid), m.source, m.ref,
           m.line
      FROM unnest(CAST(:ids AS uuid[]), CAST(:items AS uuid[]), CAST(:stores AS uuid[]), CAST(:variants AS uuid[]),
                  CAST(:types AS text[]), CAST(:deltas AS numeric[]), CAST(:after AS numeric[]),
                  CAST(:counted AS numeric[]), CAST(:costs AS numeric[]), CAST(:values AS numeric[]),
                  CAST(:prices AS numeric[]),
                  CAST(:occurred AS timestamptz[]), CAST(:reasons AS text[]), CAST(:sources AS text[]),
                  CAST(:refs AS text[]), CAST(:lines AS int[]))
           WITH ORDINALITY
           AS m(id, item, store, variant, type, delta, quantity_after, counted, cost, value, price, occurred, reason, source,
                ref, line, place)
     ORDER BY m.place
    """
)
_AT_ONCE = 10_000


async def add_movements(work: Work, rows: Sequence[tuple[UUID, Decimal, Decimal, LedgerLine]]) -> None:
    """Write many ledger lines in their order: the level, the quantity after, the value, and the line."""
    for start in range(0, len(rows), _AT_ONCE):
        chunk = rows[start : start + _AT_ONCE]
        lines = [line for _, _, _, line in chunk]
        await work.session.execute(
            _ADD_MOVEMENTS,
            {
                "workspace": work.workspace_id,
                "actor_kind": work.principal.kind.value,
                "actor": work.principal.id,
                "ids": [new_id() for _ in chunk],
                "items": [item_id for item_id, _, _, _ in chunk],
                "stores": [line.place.store_id for line in lines],
                "variants": [line.place.variant_id for line in lines],
                "types": [line.type.value for line in lines],
                "deltas": [line.delta for line in lines],
                "after": [total for _, total, _, _ in chunk],
                "counted": [line.counted for line in lines],
                "costs": [line.unit_cost for line in lines],
                "values": [value for _, _, value, _ in chunk],
                "prices": [line.unit_price for line in lines],
                "occurred": [line.occurred_at for line in lines],
                "reasons": [line.reason for line in lines],
                "sources": [line.source for line in lines],
                "refs": [line.source_ref for line in lines],
                "lines": [line.line for line in lines],
            },
        )
