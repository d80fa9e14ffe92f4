"""`erp.sync`: goes through the runs of one ERP that wait, one after the other, page by page."""

import asyncio
from contextlib import suppress
from typing import Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.exc import DataError, IntegrityError

from connectors.erp import open_erp
from core import observability
from core.access import Principal
from core.errors import Abandoned, DomainError
from core.settings import get_settings
from core.work import analyze, open_work
from domain.erp import syncing
from domain.erp.errors import ErpRefused, ErpUnavailable
from domain.erp.records import Raw
from domain.erp.schemas import Task

PAGE: Final = 1_000
"""How many records are read at once, and kept in one transaction."""

RUN_SECONDS: Final = 300.0
"""How long one job goes on with a run; what is left is the next one's."""

_COUNTED_AFTER: Final = (1, 10, 100)
"""Pages after which Postgres counts what has grown, so that the many that come then are found by an index."""

_TRIES: Final = 3

_REFUSALS: Final = (IntegrityError, DataError, DomainError, ValidationError)
"""How the house says that it cannot hold what a record says."""

log = observability.log(__name__)


async def sync(workspace_id: str, connection_id: str) -> None:
    """Go through what waits; whoever else is at it already is left alone."""
    principal, id = Principal.system(UUID(workspace_id)), UUID(connection_id)
    until = asyncio.get_running_loop().time() + RUN_SECONDS
    while True:
        async with open_work(principal) as work:
            task = await syncing.take(work, id)
        if task is None:
            return
        try:
            if not await _through(task, until):
                return
        except Abandoned:
            return
        except (ErpUnavailable, ErpRefused) as error:
            log.info("erp.not_read", connection_id=connection_id, type=task.type, code=error.code)
            with suppress(Abandoned):
                async with open_work(principal) as work:
                    await syncing.set_back(work, task, error)


async def _through(task: Task, until: float) -> bool:
    """Read a run to its end; False when others are to go on with it."""
    erp = open_erp(task.access, get_settings())
    seen, pages = set[syncing.Written](), 0
    try:
        async for page in erp.pages(task.type, task.cursor, task.since, PAGE):
            seen |= await _apply(task, page)
            pages += 1
            if pages in _COUNTED_AFTER and len(page) == PAGE:
                await analyze(syncing.TABLES_THAT_GROW[task.type])
            if asyncio.get_running_loop().time() > until:
                async with open_work(task.principal) as work:
                    await syncing.give_back(work, task)
                return False
    finally:
        await erp.close()
    await _finish(task, seen)
    log.info("erp.read", connection_id=str(task.connection_id), type=task.type, records=len(seen))
    return True


async def _apply(task: Task, page: list[Raw]) -> set[syncing.Written]:
    """One page in one transaction. Somebody may have made a product of it in the same moment: then once more.

    A page that cannot be kept is halved, until the record is found that is in the way; it is set aside, and told of.
    """
    for _ in range(_TRIES):
        with suppress(*_REFUSALS):
            async with open_work(task.principal) as work:
                return await syncing.apply_page(work, task, page)
    if len(page) == 1:
        async with open_work(task.principal) as work:
            return await syncing.refuse(work, task, page[0])
    middle = len(page) // 2
    return await _apply(task, page[:middle]) | await _apply(task, page[middle:])


async def _retry_left_over(task: Task) -> None:
    """Try what earlier runs could not take, fewer at a time where something is in the way."""
    after: UUID | None = None
    most = syncing.LEFT_OVER
    while True:
        try:
            async with open_work(task.principal) as work:
                after = await syncing.retry_left_over(work, task, after, most)
        except _REFUSALS:
            if most > 1:
                most //= 2
                continue
            async with open_work(task.principal) as work:
                after = await syncing.refuse_left_over(work, task, after)
        if after is None:
            return
        most = min(2 * most, syncing.LEFT_OVER)


async def _finish(task: Task, seen: set[syncing.Written]) -> None:
    await _retry_left_over(task)
    async with open_work(task.principal) as work:
        # Of a run that went on in the middle nobody knows what stood before.
        if task.is_full and task.cursor is None:
            await syncing.mark_gone(work, task, seen)
        await syncing.finish(work, task)
