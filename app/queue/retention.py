"""Forgetting: what is older than it is to be kept is deleted, in batches, each a transaction of its own.

Each room declares for how long its rows are kept (`core.jobs.Retention`); a file goes once no row names its bytes.
"""

import time
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from app.queue.jobs import FILE_HOLDERS, RETENTIONS
from core import db, observability
from core.blobs import open_blobs
from core.jobs import Retention
from core.settings import Settings
from core.work import open_retention_work

BATCH: Final = 500
SECONDS: Final = 60.0
"""For how long one table is worked on at a time; what is left waits for the next round."""

FILES_UNTOUCHED: Final = timedelta(days=1)
"""Bytes that were stored a moment ago may be about to be named by a row."""

log = observability.log(__name__)


async def forget_all(settings: Settings) -> None:
    """Forget all that is due; one table that fails does not keep the others."""
    for retention in RETENTIONS:
        try:
            forgotten = await forget(retention)
        except Exception as error:
            if db.is_outage(error):
                raise
            log.exception("retention.failed", table=retention.table)
            continue
        if forgotten:
            log.info("retention.forgotten", table=retention.table, rows=forgotten)
    files = await open_blobs(settings).forget_unless(_named, FILES_UNTOUCHED)
    if files:
        log.info("retention.forgotten", table="files", rows=files)


async def forget(retention: Retention) -> int:
    """Forget what one retention finds; how many rows went."""
    statement = retention.statement()
    until, forgotten = time.monotonic() + SECONDS, 0
    while True:
        async with open_retention_work() as session:
            result = await session.execute(statement, {"kept": retention.kept, "limit": BATCH})
        gone: int = result.rowcount  # type: ignore[attr-defined]  # a DELETE returns a CursorResult
        forgotten += gone
        if not gone or time.monotonic() > until:
            return forgotten


async def _named(digests: Collection[str]) -> set[str]:
    async with open_retention_work() as session:
        return {digest for one in FILE_HOLDERS for digest in await session.scalars(one.named(), {"digests": list(digests)})}
