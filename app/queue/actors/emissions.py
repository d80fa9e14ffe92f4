"""`emission.report`: makes the file of a report out of what was kept when it was wanted."""

import asyncio
import importlib
from uuid import UUID

from core import observability
from core.access import Principal
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.emissions import reports

log = observability.log(__name__)


async def report(workspace_id: str, report_id: str) -> None:
    """Make the file beside the event loop and keep it; twice gives the same bytes under the same name."""
    principal, id = Principal.system(UUID(workspace_id)), UUID(report_id)
    async with open_work(principal) as work:
        wanted = await reports.take(work, id)
    if wanted is None:
        return
    # A worker that takes over must not wait for what typesets to be loaded.
    files = await asyncio.to_thread(importlib.import_module, "domain.emissions.files")
    key = await open_blobs(get_settings()).put(await asyncio.to_thread(files.write, wanted))
    async with open_work(principal) as work:
        await reports.finish(work, id, key)
    log.info("emission.reported", report_id=report_id)
