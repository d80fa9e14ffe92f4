"""All SQL of the ERP."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, exists, func, literal, select, update
from sqlalchemy.sql.elements import ColumnElement

from core.paging import part
from core.work import Work, own
from domain.erp.kinds import JobType, RowStatus, SyncStatus
from domain.erp.models import ErpConnection, ErpCustomer, ErpProduct, ErpSale, ErpStock, SyncJob
from domain.erp.records import Cursor

Said = ErpProduct | ErpStock | ErpSale | ErpCustomer

TABLES: dict[JobType, type[Said]] = {
    JobType.PRODUCTS: ErpProduct,
    JobType.INVENTORY: ErpStock,
    JobType.SALES: ErpSale,
    JobType.CUSTOMERS: ErpCustomer,
}

STANDING = (SyncStatus.PENDING, SyncStatus.RUNNING)


async def connections(work: Work) -> Sequence[ErpConnection]:
    """The ERPs of the workspace, by name."""
    return (
        await work.session.scalars(select(ErpConnection).where(own(ErpConnection, work)).order_by(ErpConnection.name))
    ).all()


async def connection(work: Work, id: UUID, *, lock: bool = False) -> ErpConnection | None:
    """One ERP; locked and read afresh for whoever changes it or goes on with its runs."""
    query = select(ErpConnection).where(own(ErpConnection, work), ErpConnection.id == id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def connection_named(work: Work, name: str) -> ErpConnection | None:
    """One ERP by its name."""
    return await work.session.scalar(select(ErpConnection).where(own(ErpConnection, work), ErpConnection.name == name))


async def job(work: Work, id: UUID, *, lock: bool = False) -> SyncJob | None:
    """One run; locked and read afresh for whoever changes it."""
    query = select(SyncJob).where(own(SyncJob, work), SyncJob.id == id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def standing(work: Work, connection_id: UUID) -> Sequence[SyncJob]:
    """The runs of an ERP that are not over, in the order in which they are done; the ERP is locked."""
    query = select(SyncJob).where(own(SyncJob, work), SyncJob.connection_id == connection_id, SyncJob.status.in_(STANDING))
    return (await work.session.scalars(query.order_by(SyncJob.id).execution_options(populate_existing=True))).all()


async def jobs(
    work: Work,
    *,
    connection_id: UUID | None,
    type: JobType | None,
    status: SyncStatus | None,
    before: UUID | None,
    limit: int,
) -> Sequence[SyncJob]:
    """Runs, the newest first, behind one."""
    query = select(SyncJob).where(own(SyncJob, work))
    for column, wanted in ((SyncJob.connection_id, connection_id), (SyncJob.job_type, type), (SyncJob.status, status)):
        if wanted is not None:
            query = query.where(column == wanted)
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [SyncJob.id], place, limit, falls=True))).all()


def _key(table: type[Said], type: JobType) -> list[ColumnElement[Any]]:
    return [getattr(table, name) for name in type.key]


async def known(work: Work, connection_id: UUID, type: JobType, keys: Sequence[Cursor]) -> dict[Cursor, Said]:
    """What the ERP has said of some things before, by their keys, and perhaps of more that share the first part of one."""
    table = TABLES[type]
    first = any_(literal([key[0] for key in keys], ARRAY(String)))
    query = select(table).where(own(table, work), table.connection_id == connection_id, _key(table, type)[0] == first)
    rows = cast(Sequence[Said], (await work.session.scalars(query)).all())
    return {tuple(getattr(row, name) for name in type.key): row for row in rows}


async def ids_by_key(work: Work, connection_id: UUID, type: JobType) -> dict[Cursor, UUID]:
    """All that the ERP has said, but for what is gone, by its key."""
    table = TABLES[type]
    query = select(table.id, *_key(table, type)).where(
        own(table, work), table.connection_id == connection_id, table.sync_status != RowStatus.GONE
    )
    return {tuple(key): id for id, *key in await work.session.execute(query)}


async def mark_gone(work: Work, type: JobType, ids: Sequence[UUID]) -> None:
    """Say of some things that the ERP has them no more."""
    table = TABLES[type]
    gone = update(table).where(own(table, work), table.id == any_(literal(list(ids), ARRAY(Uuid))))
    await work.session.execute(gone.values(sync_status=RowStatus.GONE, problem=None))


async def left_over(
    work: Work, connection_id: UUID, type: JobType, read_before: datetime, after: UUID | None, limit: int
) -> Sequence[Said]:
    """What was not taken in earlier runs and may be by now, by id: of stock and sales those whose product is known."""
    table = TABLES[type]
    query = select(table).where(
        own(table, work),
        table.connection_id == connection_id,
        table.sync_status.in_((RowStatus.UNMATCHED, RowStatus.FAILED)),
        table.last_synced_at < read_before,
    )
    if table in (ErpStock, ErpSale):
        query = query.where(
            exists().where(
                own(ErpProduct, work),
                ErpProduct.connection_id == table.connection_id,
                ErpProduct.code == table.product,
                ErpProduct.variant_id.is_not(None),
            )
        )
    part_of_them = part(query, [table.id], None if after is None else (after,), limit)
    return cast(Sequence[Said], (await work.session.scalars(part_of_them)).all())


async def variants_of(work: Work, connection_id: UUID, codes: Collection[str]) -> dict[str, UUID]:
    """The variants of the house that products of the ERP are, by the ERP's codes."""
    query = select(ErpProduct.code, ErpProduct.variant_id).where(
        own(ErpProduct, work),
        ErpProduct.connection_id == connection_id,
        ErpProduct.code == any_(literal(list(codes), ARRAY(String))),
        ErpProduct.variant_id.is_not(None),
    )
    return {code: variant_id for code, variant_id in await work.session.execute(query) if variant_id is not None}


async def taken(work: Work, connection_id: UUID, variant_ids: Collection[UUID]) -> set[UUID]:
    """Those of the variants that some product of the ERP is."""
    query = select(ErpProduct.variant_id).where(
        own(ErpProduct, work), ErpProduct.connection_id == connection_id, ErpProduct.variant_id.in_(variant_ids)
    )
    return {id for id in await work.session.scalars(query) if id is not None}


async def products(
    work: Work,
    *,
    connection_id: UUID | None,
    statuses: Collection[RowStatus],
    words: str,
    after: UUID | None,
    limit: int,
) -> Sequence[ErpProduct]:
    """Products of the ERP by id, behind one; with words, those whose code or name contains them."""
    query = select(ErpProduct).where(own(ErpProduct, work))
    if connection_id is not None:
        query = query.where(ErpProduct.connection_id == connection_id)
    if statuses:
        query = query.where(ErpProduct.sync_status.in_(statuses))
    if words:
        query = query.where(
            ErpProduct.code.icontains(words, autoescape=True) | ErpProduct.name.icontains(words, autoescape=True)
        )
    return (await work.session.scalars(part(query, [ErpProduct.id], None if after is None else (after,), limit))).all()


async def lock_product(work: Work, id: UUID) -> ErpProduct | None:
    """A product of the ERP, locked and read afresh."""
    query = select(ErpProduct).where(own(ErpProduct, work), ErpProduct.id == id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(locked)).one_or_none()


async def shared_tax_ids(work: Work, connection_id: UUID, numbers: Collection[str]) -> set[str]:
    """Those of some tax numbers that several customers of the ERP have."""
    query = select(ErpCustomer.tax_id).where(
        own(ErpCustomer, work),
        ErpCustomer.connection_id == connection_id,
        ErpCustomer.tax_id == any_(literal(list(numbers), ARRAY(String))),
        ErpCustomer.sync_status != RowStatus.GONE,
    )
    found = await work.session.scalars(query.group_by(ErpCustomer.tax_id).having(func.count() > 1))
    return {number for number in found if number is not None}


async def counts(work: Work, connection_id: UUID, type: JobType) -> Mapping[RowStatus, int]:
    """How many things stand how."""
    table = TABLES[type]
    query = select(table.sync_status, func.count()).where(own(table, work), table.connection_id == connection_id)
    found = await work.session.execute(query.group_by(table.sync_status))
    return {status: count for status, count in found if count}


async def forget_levels(work: Work, connection_id: UUID) -> None:
    """Have all levels taken as new when they are read next."""
    here = update(ErpStock).where(own(ErpStock, work), ErpStock.connection_id == connection_id)
    await work.session.execute(here.values(sync_hash=""))
