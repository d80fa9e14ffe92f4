"""The ERP as staff see it: where it is, what its runs came to, and what of it the house does not know."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from core import events, vault
from core.errors import CursorRefused
from core.event_types import EventType
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts.errors import VersionConflict
from domain.catalog import service as catalog
from domain.erp import _products, repository, syncing
from domain.erp.errors import (
    ErpConnectionExists,
    ErpConnectionNotFound,
    ErpConnectionPaused,
    ErpPasswordNeeded,
    ErpRecordNotFound,
    ErpVariantTaken,
    StoreOfTwoWarehouses,
    SyncJobNotFound,
    SyncJobOver,
)
from domain.erp.kinds import JobType, RowStatus, Shared, SyncStatus
from domain.erp.models import ErpConnection, ErpProduct, SyncJob
from domain.erp.permissions import ErpPermission
from domain.erp.port import Access
from domain.erp.schemas import (
    ChangeErpConnection,
    ErpConnectionView,
    ErpProductView,
    ErpSettings,
    Match,
    NewErpConnection,
    SyncJobs,
    SyncJobView,
    SyncRequest,
)


async def list_connections(work: Work) -> list[ErpConnectionView]:
    """The ERPs of the workspace, by name."""
    work.require(ErpPermission.READ)
    return [ErpConnectionView.model_validate(row) for row in await repository.connections(work)]


async def get_connection(work: Work, connection_id: UUID) -> ErpConnectionView:
    """One ERP; raises ErpConnectionNotFound."""
    work.require(ErpPermission.READ)
    return ErpConnectionView.model_validate(await _row(work, connection_id))


async def find_connection(work: Work, name: str) -> ErpConnectionView:
    """One ERP by its name; raises ErpConnectionNotFound."""
    work.require(ErpPermission.READ)
    row = await repository.connection_named(work, name)
    if row is None:
        raise ErpConnectionNotFound
    return ErpConnectionView.model_validate(row)


async def _row(work: Work, connection_id: UUID, *, lock: bool = False) -> ErpConnection:
    row = await repository.connection(work, connection_id, lock=lock)
    if row is None:
        raise ErpConnectionNotFound
    return row


async def create_connection(work: Work, command: NewErpConnection) -> ErpConnectionView:
    """Say where an ERP is; it is read for the first time when somebody asks, and then by itself.

    Raises ErpConnectionExists, StoreNotFound and StoreOfTwoWarehouses; StoresOnly for whoever works in a part of the stores.
    """
    work.require(ErpPermission.MANAGE)
    work.require_all_stores()
    await _require_sound(work, command.settings)
    row = ErpConnection(
        workspace_id=work.workspace_id,
        id=new_id(),
        **command.model_dump(include={"name", "preset", "host", "port", "database", "username", "every_minutes"}),
        sealed=vault.seal({"password": command.password.get_secret_value()}),
        settings=command.settings.model_dump(mode="json"),
        is_active=True,
        due_at=work.system_time,
        read_up_to={},
        version=1,
    )
    async with unique(work, ErpConnectionExists()):
        work.session.add(row)
    events.record(work, EventType.ERP_CONNECTION_CREATED, subject=row.id, after=_told(row))
    return ErpConnectionView.model_validate(row)


_SERVER: Final = ("host", "port")
"""What says where the password goes. A server chooses how it is shown the password, and may choose to see it."""

_READ: Final = (*_SERVER, "database", "settings")
"""What says what is read: under others, the newest change that was seen tells nothing of what is still to be read."""


def _placing(settings: ErpSettings) -> tuple[Any, ...]:
    """What says which levels are booked, and where."""
    return settings.stores, settings.right_about(Shared.STOCK)


def _told(row: ErpConnection) -> dict[str, Any]:
    names = ("name", "preset", "host", "port", "database", "username", "settings", "every_minutes", "is_active")
    return {name: getattr(row, name) for name in names}


async def _require_sound(work: Work, settings: ErpSettings) -> None:
    for store_id in settings.stores.values():
        await catalog.get_store_by_id(work, store_id)
    if len(set(settings.stores.values())) < len(settings.stores):
        raise StoreOfTwoWarehouses


async def change_connection(work: Work, connection_id: UUID, command: ChangeErpConnection, seen: int) -> ErpConnectionView:
    """Change what is named in the command. One that is not in use is read no more; one that says other things, from the start.

    Raises ErpConnectionNotFound, ErpConnectionExists, ErpPasswordNeeded, VersionConflict, StoreNotFound,
    StoreOfTwoWarehouses and StoresOnly.
    """
    work.require(ErpPermission.MANAGE)
    work.require_all_stores()
    row = await _row(work, connection_id, lock=True)
    if row.version != seen:
        raise VersionConflict(version=row.version)
    changes = command.model_dump(mode="json", exclude_unset=True, exclude={"password"})
    before = _told(row)
    if "password" not in command.model_fields_set and any(changes.get(name, before[name]) != before[name] for name in _SERVER):
        raise ErpPasswordNeeded
    if "settings" in changes:
        await _require_sound(work, command.settings)
        was = ErpSettings.model_validate(row.settings)
        if _placing(was) != _placing(command.settings):
            await repository.forget_levels(work, row.id)
    if any(changes.get(name, before[name]) != before[name] for name in _READ):
        await syncing.begin_anew(work, row)
    if "password" in command.model_fields_set:
        row.sealed = vault.seal({"password": command.password.get_secret_value()})
        changes["has_new_password"] = True
    async with unique(work, ErpConnectionExists()):
        for name, value in changes.items():
            if name != "has_new_password":
                setattr(row, name, value)
        row.version += 1
    after = _told(row) | ({"has_new_password": True} if "has_new_password" in changes else {})
    events.record(work, EventType.ERP_CONNECTION_CHANGED, subject=row.id, before=before, after=after)
    return ErpConnectionView.model_validate(row)


async def opened(work: Work, connection_id: UUID) -> Access:
    """How to enter an ERP, with its password opened, for trying it out on behalf of somebody who may change it."""
    work.require(ErpPermission.MANAGE)
    row = await _row(work, connection_id)
    return syncing.access(row, ErpSettings.model_validate(row.settings))


async def start(work: Work, connection_id: UUID, command: SyncRequest, *, is_announced: bool = True) -> SyncJobs:
    """Read an ERP now. A kind that waits already or is under way is not asked for twice.

    Raises ErpConnectionNotFound and ErpConnectionPaused.
    """
    work.require(ErpPermission.SYNC)
    row = await _row(work, connection_id, lock=True)
    if not row.is_active:
        raise ErpConnectionPaused
    types = command.types or ErpSettings.model_validate(row.settings).types
    jobs = await syncing.request(work, row, types, is_full=command.is_full, is_announced=is_announced)
    return SyncJobs(jobs=[await _job_view(work, job) for job in jobs])


async def _job_view(work: Work, job: SyncJob) -> SyncJobView:
    await work.session.refresh(job)
    return SyncJobView.model_validate(job)


async def list_jobs(
    work: Work,
    *,
    connection_id: UUID | None = None,
    type: JobType | None = None,
    status: SyncStatus | None = None,
    limit: int = 20,
    place: str | None = None,
) -> tuple[list[SyncJobView], str | None]:
    """Runs, the newest first, and where the next ones begin."""
    work.require(ErpPermission.READ)
    rows = await repository.jobs(
        work, connection_id=connection_id, type=type, status=status, before=_place(place), limit=limit + 1
    )
    items = [SyncJobView.model_validate(row) for row in rows[:limit]]
    return items, str(items[-1].id) if len(rows) > limit else None


def _place(place: str | None) -> UUID | None:
    try:
        return UUID(place) if place is not None else None
    except ValueError as error:
        raise CursorRefused from error


async def get_job(work: Work, job_id: UUID) -> SyncJobView:
    """One run; raises SyncJobNotFound."""
    work.require(ErpPermission.READ)
    job = await repository.job(work, job_id)
    if job is None:
        raise SyncJobNotFound
    return SyncJobView.model_validate(job)


async def stop_job(work: Work, job_id: UUID) -> SyncJobView:
    """Stop a run; what it has done stays. Raises SyncJobNotFound and SyncJobOver."""
    work.require(ErpPermission.SYNC)
    found = await repository.job(work, job_id)
    if found is None:
        raise SyncJobNotFound
    row = await _row(work, found.connection_id, lock=True)
    job = await repository.job(work, job_id, lock=True)
    if job is None or job.status not in repository.STANDING:
        raise SyncJobOver
    await syncing.cancel(work, row, job)
    await work.session.flush()
    return SyncJobView.model_validate(job)


async def list_products(
    work: Work,
    *,
    connection_id: UUID | None = None,
    status: RowStatus | None = None,
    words: str = "",
    limit: int = 20,
    place: str | None = None,
) -> tuple[list[ErpProductView], str | None]:
    """Products of the ERP, those of one status or all, and where the next ones begin."""
    work.require(ErpPermission.READ)
    rows = await repository.products(
        work,
        connection_id=connection_id,
        statuses=[status] if status else [],
        words=words.strip(),
        after=_place(place),
        limit=limit + 1,
    )
    items = [ErpProductView.model_validate(row) for row in rows[:limit]]
    return items, str(items[-1].id) if len(rows) > limit else None


async def match(work: Work, product_id: UUID, command: Match) -> ErpProductView:
    """Say what a product of the ERP is in the house. What it said of it since is brought in with the next run.

    Raises ErpRecordNotFound, ProductNotFound and ErpVariantTaken.
    """
    work.require(ErpPermission.SYNC)
    row = await repository.lock_product(work, product_id)
    if row is None:
        raise ErpRecordNotFound
    before = _told_of(row)
    if command.action == "ignore":
        row.variant_id, row.sync_status, row.problem = None, RowStatus.IGNORED, None
    elif command.action == "add":
        row.sync_status = RowStatus.UNMATCHED
        if await catalog.find(work, row.code) is None:
            async with unique(work, ErpVariantTaken(sku=row.code)):
                await _products.add(work, row)
        else:
            await _link(work, row, row.code)  # what is there is merged with, and not written over
    else:
        await _link(work, row, command.sku or row.code)
    await work.session.flush()
    events.record(work, EventType.ERP_PRODUCT_MATCHED, subject=row.id, before=before, after=_told_of(row))
    return ErpProductView.model_validate(row)


async def _link(work: Work, row: ErpProduct, sku: str) -> None:
    variant = await catalog.get_variant(work, sku)
    taken = await repository.taken(work, row.connection_id, [variant.variant_id])
    if variant.variant_id != row.variant_id and taken:
        raise ErpVariantTaken(sku=sku)
    settings = ErpSettings.model_validate((await _row(work, row.connection_id)).settings)
    async with unique(work, ErpVariantTaken(sku=sku)):
        row.variant_id, row.applied, row.sync_status = variant.variant_id, None, RowStatus.UNMATCHED
    await _products.apply(work, settings, [row])


def _told_of(row: ErpProduct) -> dict[str, Any]:
    return {"code": row.code, "variant_id": row.variant_id, "sync_status": row.sync_status, "problem": row.problem}


async def counts(work: Work, connection_id: UUID) -> dict[JobType, Mapping[RowStatus, int]]:
    """How many things of each kind stand how."""
    work.require(ErpPermission.READ)
    return {type: await repository.counts(work, connection_id, type) for type in JobType}
