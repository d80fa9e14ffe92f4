"""Runs over an ERP: who goes through one, what came of each page, and how it ends.

A page is read while no transaction is open; what it says, what it changes and how far the run is commit together. So a
run that is killed goes on behind its last page, and a page that comes twice says nothing new.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from core import events, outbox, vault
from core.access import Principal
from core.errors import Abandoned, DomainError
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.erp import _customers, _levels, _products, repository
from domain.erp.errors import ErpUnavailable
from domain.erp.kinds import JobType, RowStatus, SyncStatus
from domain.erp.models import ErpConnection, ErpCustomer, ErpProduct, ErpSale, ErpStock, SyncJob
from domain.erp.permissions import ErpPermission
from domain.erp.port import Access
from domain.erp.records import Cursor, CustomerRecord, Problem, ProductRecord, Raw, Record, SaleRecord, StockRecord, read
from domain.erp.schemas import ErpSettings, Task

SYNC_JOB: Final = "erp.sync"
LEASE: Final = timedelta(minutes=5)
"""How long a run belongs to whoever took it since its last page."""

OVERLAP: Final = timedelta(hours=2)
"""How far a run reads back behind the newest change seen: clocks are set, and what was being written is seen later."""

AHEAD: Final = timedelta(days=1)
"""How far the ERP's clock may be ahead of ours. A change that is told of a later time hides none that comes before it."""

LONGEST_PAUSE: Final = timedelta(hours=1)
_FIRST_PAUSE: Final = timedelta(seconds=30)
MOST_ERRORS: Final = 200
MOST_GONE: Final = 0.2
"""The share of what is known that one run may find gone; a query that lost its rows is likelier than so many deletions."""

LEFT_OVER: Final = 500

Written = tuple[str, ...]
"""A key as the house keeps it: a code that the ERP has as a number is one."""

_OF_ALL: Final = ("events", "event_positions")
TABLES_THAT_GROW: Final[Mapping[JobType, Sequence[str]]] = {
    JobType.PRODUCTS: (
        *_OF_ALL,
        "erp_products",
        "products",
        "product_variants",
        "prices",
        "search_words",
        "search_postings",
    ),
    JobType.INVENTORY: (*_OF_ALL, "erp_stock", "stock_items", "stock_movements"),
    JobType.SALES: (*_OF_ALL, "erp_sales", "sale_lines"),
    JobType.CUSTOMERS: (*_OF_ALL, "erp_customers", "customers"),
}
"""What a run writes to; a large one lets Postgres count them while it goes on."""


async def request(
    work: Work, row: ErpConnection, types: Sequence[JobType], *, is_full: bool, is_announced: bool = True
) -> list[SyncJob]:
    """Have an ERP read; it is locked. A kind that waits already or is under way is not asked for twice."""
    work.require(ErpPermission.SYNC)
    there = {job.job_type: job for job in await repository.standing(work, row.id)}
    jobs = [there.get(type) or _new(work, row, type, is_full=is_full) for type in JobType if type in types]
    await work.session.flush()
    if is_announced:
        outbox.enqueue(work, SYNC_JOB, connection_id=row.id)
    return jobs


def _new(work: Work, row: ErpConnection, type: JobType, *, is_full: bool) -> SyncJob:
    job = SyncJob(
        workspace_id=work.workspace_id,
        id=new_id(),
        connection_id=row.id,
        job_type=type,
        entity_type=type.entity,
        status=SyncStatus.PENDING,
        records_synced=0,
        records_failed=0,
        records_skipped=0,
        error_log=[],
        details={},
        is_full=is_full,
        attempts=0,
        next_try_at=work.system_time,
        requested_by=work.principal.id,
    )
    work.session.add(job)
    return job


async def begin_due(work: Work, connection_id: UUID) -> bool:
    """Have an ERP read whose time has come; whether it had."""
    work.require_runtime()
    row = await repository.connection(work, connection_id, lock=True)
    if row is None or not row.is_active or row.due_at > work.system_time:
        return False
    row.due_at = work.system_time + timedelta(minutes=row.every_minutes)
    settings = ErpSettings.model_validate(row.settings)
    await request(work, row, settings.types, is_full=False)
    return True


async def take(work: Work, connection_id: UUID) -> Task | None:
    """Take the next run of an ERP; None if there is none, or somebody is at it."""
    work.require_runtime()
    row = await repository.connection(work, connection_id, lock=True)
    if row is None or not row.is_active or (row.lease_until is not None and row.lease_until > work.system_time):
        return None
    jobs = await repository.standing(work, connection_id)
    job = next((job for job in jobs if job.next_try_at <= work.system_time), None)
    if job is None:
        row.lease_until = None
        return None
    job.status, job.started_at = SyncStatus.RUNNING, job.started_at or work.system_time
    job.attempts += 1
    row.lease_until = job.next_try_at = work.system_time + LEASE
    return await _task(work, row, job)


async def _task(work: Work, row: ErpConnection, job: SyncJob) -> Task:
    settings = ErpSettings.model_validate(row.settings)
    zone = (await accounts.get_workspace(work)).zone
    told = None if job.is_full else row.read_up_to.get(job.job_type)
    newest = datetime.fromisoformat(told) if told else None
    return Task(
        id=job.id,
        connection_id=row.id,
        principal=Principal.system(work.workspace_id),
        type=job.job_type,
        attempt=job.attempts,
        access=access(row, settings),
        settings=settings,
        cursor=tuple(job.cursor) if job.cursor else None,
        since=(newest - OVERLAP).astimezone(zone).replace(tzinfo=None) if newest is not None else None,
        zone=zone,
        is_full=newest is None,
        began_at=work.now,
        source_table=f"INVE{settings.company}" if row.preset.value.startswith("aspel") else "ARTICULOS",
    )


def access(row: ErpConnection, settings: ErpSettings) -> Access:
    """How to enter an ERP, with its password opened, for whoever reads it."""
    return Access(
        preset=row.preset,
        host=row.host,
        port=row.port,
        database=row.database,
        username=row.username,
        password=str(vault.unseal(row.sealed)["password"]),
        charset=settings.charset,
        company=settings.company,
        lists=settings.lists,
        queries=settings.queries,
    )


async def _held(work: Work, task: Task) -> tuple[ErpConnection, SyncJob]:
    """The run, locked, if it still belongs to whoever took it; raises Abandoned."""
    work.require_runtime()
    row = await repository.connection(work, task.connection_id, lock=True)
    job = await repository.job(work, task.id, lock=True)
    is_ours = job is not None and job.attempts == task.attempt and job.status is SyncStatus.RUNNING
    if row is None or job is None or not is_ours or not row.is_active:
        raise Abandoned("the run is over, or another worker's")
    row.lease_until = job.next_try_at = work.system_time + LEASE
    return row, job


async def begin_anew(work: Work, row: ErpConnection) -> None:
    """What is read is another thing from now on: runs that wait or are under way begin at the beginning; it is locked."""
    work.require(ErpPermission.MANAGE)
    row.read_up_to, row.lease_until = {}, None
    for job in await repository.standing(work, row.id):
        job.status, job.next_try_at, job.cursor, job.last_sync_timestamp = SyncStatus.PENDING, work.system_time, None, None


async def apply_page(work: Work, task: Task, page: Sequence[Raw]) -> set[Written]:
    """Keep what a page says and bring it in; the keys that it told of. Raises Abandoned when the run is not ours any more."""
    _, job = await _held(work, task)
    records: dict[Cursor, Record] = {}
    for raw in page:
        told = read(task.type, raw, task.zone)
        if isinstance(told, Problem):
            _fail(job, raw.written, told)
        elif (key := _key_of(task.type, told)) in records:
            _fail(job, raw.written, Problem("erp_key_repeated"))
        else:
            records[key] = told
    known = await repository.known(work, task.connection_id, task.type, list(records)) if records else {}
    rows: list[repository.Said] = []
    for key, record in records.items():
        row = known.get(key)
        if row is not None and row.sync_hash == record.digest and row.sync_status in (RowStatus.SYNCED, RowStatus.IGNORED):
            job.records_skipped += 1
        else:
            rows.append(_said(work, task, row, record))
    await _bring(work, task, rows)
    _count(job, rows)
    latest = task.began_at + AHEAD
    changes = [each.changed_at for each in records.values() if each.changed_at is not None and each.changed_at <= latest]
    job.last_sync_timestamp = max([*changes, *([job.last_sync_timestamp] if job.last_sync_timestamp else [])], default=None)
    return _read_behind(job, page)


async def refuse(work: Work, task: Task, raw: Raw) -> set[Written]:
    """Set a record aside that collides with something of the house, whatever it is. Raises Abandoned as `apply_page` does."""
    _, job = await _held(work, task)
    _fail(job, raw.written, Problem("erp_record_refused"))
    return _read_behind(job, [raw])


def _read_behind(job: SyncJob, page: Sequence[Raw]) -> set[Written]:
    if page:
        job.cursor = list(page[-1].key)
    return {_written(raw.key) for raw in page}


def _written(key: Sequence[object]) -> Written:
    return tuple(str(part).strip() for part in key)


def _key_of(type: JobType, record: Record) -> Cursor:
    return tuple(getattr(record, name) for name in type.key)


def _said(work: Work, task: Task, row: repository.Said | None, record: Record) -> repository.Said:
    """The row of what the ERP says, new or changed."""
    is_new = row is None
    if row is None:
        row = repository.TABLES[task.type](workspace_id=work.workspace_id, id=new_id(), connection_id=task.connection_id)
    is_other = is_new or row.sync_hash != record.digest or row.sync_status is RowStatus.GONE
    match row, record:
        case ErpProduct(), ProductRecord():
            row.code, row.name, row.source_table = record.code, record.name, task.source_table
            row.record = record.model_dump(mode="json")
            row.conflicts = row.conflicts or []
        case ((ErpStock() | ErpSale()), (StockRecord() | SaleRecord())):
            _copy(row, record)
            row.revision = (row.revision or 0) + is_other
        case ErpCustomer(), CustomerRecord():
            _copy(row, record)
            row.conflicts = row.conflicts or []
    row.sync_hash, row.last_synced_at = record.digest, task.began_at
    if row.sync_status is not RowStatus.IGNORED:
        row.sync_status = RowStatus.SYNCED
    if is_new:
        work.session.add(row)
    return row


def _copy(row: repository.Said, record: Record) -> None:
    for name in type(record).model_fields:
        if name != "changed_at":
            setattr(row, name, getattr(record, name))


async def _bring(work: Work, task: Task, rows: Sequence[repository.Said]) -> None:
    if task.type is JobType.PRODUCTS:
        await _products.apply(work, task.settings, [row for row in rows if isinstance(row, ErpProduct)])
    elif task.type is JobType.INVENTORY:
        await _levels.apply_stock(work, task.settings, [row for row in rows if isinstance(row, ErpStock)])
    elif task.type is JobType.SALES:
        await _levels.apply_sales(work, task.settings, [row for row in rows if isinstance(row, ErpSale)])
    else:
        await _customers.apply(work, task.settings, [row for row in rows if isinstance(row, ErpCustomer)])
    await work.session.flush()


def _count(job: SyncJob, rows: Sequence[repository.Said]) -> None:
    for row in rows:
        if row.sync_status is RowStatus.FAILED:
            key = " / ".join(str(getattr(row, name)) for name in job.job_type.key)
            _fail(job, key, Problem(row.problem or "erp_value_refused"))
        else:
            job.records_synced += 1
    conflicts = sum(len(row.conflicts) for row in rows if isinstance(row, ErpProduct | ErpCustomer))
    _tell(job, conflicts=job.details.get("conflicts", 0) + conflicts)


def _fail(job: SyncJob, key: str, problem: Problem) -> None:
    job.records_failed += 1
    if len(job.error_log) < MOST_ERRORS:
        job.error_log = [*job.error_log, {"key": key[:200], "code": problem.code, "field": problem.field}]


def _tell(job: SyncJob, **told: Any) -> None:
    job.details = {**job.details, **told}


async def retry_left_over(work: Work, task: Task, after: UUID | None, most: int) -> UUID | None:
    """Try once more what earlier runs could not take, behind a row; the last row that was tried, None for none."""
    _, job = await _held(work, task)
    rows = await repository.left_over(work, task.connection_id, task.type, task.began_at, after, most)
    if rows:
        before = {row.id: row.sync_status for row in rows}
        await _bring(work, task, rows)
        taken = [row for row in rows if row.sync_status is RowStatus.SYNCED]
        failed = [row for row in rows if row.sync_status is RowStatus.FAILED and before[row.id] is RowStatus.FAILED]
        _count(job, [*taken, *failed])
    return rows[-1].id if rows else None


async def refuse_left_over(work: Work, task: Task, after: UUID | None) -> UUID | None:
    """Set the next of them aside as `refuse` does; its row, None for none."""
    _, job = await _held(work, task)
    rows = await repository.left_over(work, task.connection_id, task.type, task.began_at, after, 1)
    for row in rows:
        row.sync_status, row.problem = RowStatus.FAILED, "erp_record_refused"
    _count(job, rows)
    return rows[-1].id if rows else None


async def mark_gone(work: Work, task: Task, seen: set[Written]) -> None:
    """Say of what a run over everything has not met that the ERP has it no more, unless that is far too much."""
    _, job = await _held(work, task)
    known = await repository.ids_by_key(work, task.connection_id, task.type)
    gone = [id for key, id in known.items() if _written(key) not in seen]
    if len(gone) > max(10, MOST_GONE * len(known)):
        _tell(job, gone_refused=len(gone))
        return
    if gone:
        await repository.mark_gone(work, task.type, gone)
    _tell(job, gone=len(gone))


async def finish(work: Work, task: Task) -> None:
    """End a run that is through."""
    row, job = await _held(work, task)
    row.synced_at = work.system_time
    if job.last_sync_timestamp is not None:
        row.read_up_to = {**row.read_up_to, job.job_type.value: job.last_sync_timestamp.isoformat()}
    _end(work, row, job, SyncStatus.COMPLETED)


def _end(work: Work, row: ErpConnection, job: SyncJob, status: SyncStatus) -> None:
    job.status, job.completed_at, row.lease_until = status, work.system_time, None
    if job.started_at is not None:
        job.duration_seconds = (work.system_time - job.started_at).total_seconds()
    counts = {name: getattr(job, name) for name in ("records_synced", "records_failed", "records_skipped")}
    type = {SyncStatus.COMPLETED: EventType.SYNC_JOB_COMPLETED, SyncStatus.FAILED: EventType.SYNC_JOB_FAILED}.get(
        status, EventType.SYNC_JOB_CANCELLED
    )
    events.record(work, type, subject=job.id, after={"job_type": job.job_type, **counts})


async def give_back(work: Work, task: Task) -> None:
    """Let others go on with a run that has taken long enough for one turn."""
    row, job = await _held(work, task)
    row.lease_until, job.next_try_at = None, work.system_time
    outbox.enqueue(work, SYNC_JOB, connection_id=row.id)


async def set_back(work: Work, task: Task, error: DomainError) -> None:
    """A run could not go on. An ERP that is away is asked again after a pause that grows; one that refuses ends it."""
    row, job = await _held(work, task)
    _tell(job, error=error.code, said=str(error.fields.get("said", ""))[:300])
    if not isinstance(error, ErpUnavailable):
        _end(work, row, job, SyncStatus.FAILED)
        return
    failures = int(job.details.get("failures", 0)) + 1
    _tell(job, failures=failures)
    pause = min(LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(failures - 1, 10))
    job.status, row.lease_until = SyncStatus.PENDING, None
    # The others of the same ERP would meet the same silence.
    for other in await repository.standing(work, row.id):
        other.next_try_at = work.system_time + pause


async def cancel(work: Work, row: ErpConnection, job: SyncJob) -> None:
    """End a run that is not over; both are locked. Whoever is at it notices with the next page."""
    work.require(ErpPermission.SYNC)
    _end(work, row, job, SyncStatus.CANCELLED)
