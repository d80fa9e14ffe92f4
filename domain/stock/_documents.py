"""The SQL of transfers and counts. A document is locked before its lines, and both before the levels."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from core.paging import part
from core.tables import new_id
from core.work import Work, own
from domain.stock.kinds import CountStatus, MovementType, TransferStatus
from domain.stock.models import (
    DocumentCounter,
    StockCount,
    StockCountEntry,
    StockItem,
    StockMovement,
    StockTransfer,
    StockTransferLine,
    StockTransferStep,
)


async def next_number(work: Work, kind: str, count: int = 1) -> int:
    """The first of `count` numbers of a kind of document; whoever else needs one waits until this transaction is over."""
    statement = insert(DocumentCounter).values(workspace_id=work.workspace_id, id=new_id(), kind=kind, last_number=count)
    number: int | None = await work.session.scalar(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "kind"], set_={"last_number": DocumentCounter.last_number + count}
        ).returning(DocumentCounter.last_number)
    )
    assert number is not None, "an upsert returns its row"
    return number - count + 1


async def lock_transfer(work: Work, transfer_id: UUID) -> StockTransfer | None:
    """One transfer, locked and read afresh."""
    query = select(StockTransfer).where(own(StockTransfer, work), StockTransfer.id == transfer_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(locked)).one_or_none()


async def transfer(work: Work, transfer_id: UUID) -> StockTransfer | None:
    """One transfer."""
    query = select(StockTransfer).where(own(StockTransfer, work), StockTransfer.id == transfer_id)
    return (await work.session.scalars(query)).one_or_none()


async def transfers(
    work: Work, *, statuses: Sequence[TransferStatus] | None, store_id: UUID | None, before: int | None, limit: int
) -> Sequence[StockTransfer]:
    """Transfers from or to a store, newest first, before a number."""
    query = select(StockTransfer).where(own(StockTransfer, work))
    if statuses is not None:
        query = query.where(StockTransfer.status.in_(statuses))
    if store_id is not None:
        query = query.where(or_(StockTransfer.from_store_id == store_id, StockTransfer.to_store_id == store_id))
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [StockTransfer.number], place, limit, falls=True))).all()


async def transfer_lines(work: Work, transfer_ids: Iterable[UUID]) -> Sequence[StockTransferLine]:
    """The lines of transfers in their order, read afresh."""
    query = (
        select(StockTransferLine)
        .where(own(StockTransferLine, work), StockTransferLine.transfer_id.in_(set(transfer_ids)))
        .order_by(StockTransferLine.position)
    )
    return (await work.session.scalars(query.execution_options(populate_existing=True))).all()


async def transfer_step(work: Work, transfer_id: UUID, key: str) -> StockTransferStep | None:
    """The step of a transfer with this key."""
    query = select(StockTransferStep).where(
        own(StockTransferStep, work),
        StockTransferStep.transfer_id == transfer_id,
        StockTransferStep.key == key,
    )
    return (await work.session.scalars(query)).one_or_none()


async def count(work: Work, count_id: UUID) -> StockCount | None:
    """One count."""
    query = select(StockCount).where(own(StockCount, work), StockCount.id == count_id)
    return (await work.session.scalars(query)).one_or_none()


async def lock_count(work: Work, count_id: UUID, *, shared: bool = False) -> StockCount | None:
    """One count, locked and read afresh; those who count share the lock, and whoever applies it waits for them."""
    query = select(StockCount).where(own(StockCount, work), StockCount.id == count_id)
    locked = query.with_for_update(read=True) if shared else query.with_for_update(key_share=True)
    return (await work.session.scalars(locked.execution_options(populate_existing=True))).one_or_none()


async def open_count(work: Work, store_id: UUID) -> StockCount | None:
    """The open count of a store."""
    query = select(StockCount).where(
        own(StockCount, work), StockCount.store_id == store_id, StockCount.status == CountStatus.OPEN
    )
    return (await work.session.scalars(query)).one_or_none()


async def counts(work: Work, *, store_id: UUID | None, before: int | None, limit: int) -> Sequence[StockCount]:
    """Counts, newest first, before a number."""
    query = select(StockCount).where(own(StockCount, work))
    if store_id is not None:
        query = query.where(StockCount.store_id == store_id)
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [StockCount.number], place, limit, falls=True))).all()


async def count_entries(work: Work, count_ids: Iterable[UUID]) -> Sequence[StockCountEntry]:
    """What was counted, oldest first, read afresh."""
    query = (
        select(StockCountEntry)
        .where(own(StockCountEntry, work), StockCountEntry.count_id.in_(set(count_ids)))
        .order_by(StockCountEntry.sequence)
    )
    return (await work.session.scalars(query.execution_options(populate_existing=True))).all()


async def choose_entry(work: Work, count_id: UUID, variant_id: UUID, entry_id: UUID | None) -> None:
    """Let one entry of a variant be the chosen one, or none."""
    await work.session.execute(
        update(StockCountEntry)
        .where(
            own(StockCountEntry, work),
            StockCountEntry.count_id == count_id,
            StockCountEntry.variant_id == variant_id,
            or_(StockCountEntry.is_chosen, StockCountEntry.id == entry_id),
        )
        .values(is_chosen=StockCountEntry.id == entry_id if entry_id is not None else False)
    )


async def books(work: Work, store_id: UUID, variant_ids: Iterable[UUID]) -> Mapping[UUID, tuple[Decimal, int]]:
    """What lies in a store by the books, and the newest line of its ledger, read at one moment."""
    newest = (
        select(func.max(StockMovement.sequence))
        .where(own(StockMovement, work), StockMovement.stock_item_id == StockItem.id)
        .scalar_subquery()
    )
    query = select(StockItem.variant_id, StockItem.on_hand, func.coalesce(newest, 0)).where(
        own(StockItem, work),
        StockItem.store_id == store_id,
        StockItem.variant_id.in_(set(variant_ids)),
    )
    return {variant_id: (on_hand, sequence) for variant_id, on_hand, sequence in await work.session.execute(query)}


async def newest_corrections(work: Work, item_ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """The newest line of each level's ledger by which somebody corrected it."""
    query = (
        select(StockMovement.variant_id, func.max(StockMovement.sequence).label("sequence"))
        .where(
            own(StockMovement, work),
            StockMovement.stock_item_id.in_(set(item_ids)),
            StockMovement.type.in_((MovementType.COUNT, MovementType.ADJUSTMENT)),
        )
        .group_by(StockMovement.variant_id)
    )
    found = await work.session.execute(query)
    return {row.variant_id: row.sequence for row in found}
