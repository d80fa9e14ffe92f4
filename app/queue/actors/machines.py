"""`machine.judge`: how a machine is, by what it has said lately; `machine.learn`: makes a model of machines."""

import asyncio
import importlib
from uuid import UUID

from analytics.data import BadData
from analytics.machines.cards import Served
from core import observability
from core.access import Principal
from core.blobs import BlobMissing, open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.machines import judging, modelling

log = observability.log(__name__)

_MOST_OPEN = 32
_open: dict[str, Served] = {}
"""Models by the digests of their files, which say all of them; the one that was opened first goes first."""


async def judge(workspace_id: str, machine_id: str) -> None:
    """Judge one machine, and tell of what has held for a while."""
    principal, id = Principal.system(UUID(workspace_id)), UUID(machine_id)
    async with open_work(principal) as work:
        wanted = await modelling.in_use(work, id)
    models = [(each, await _opened(each.sha256)) for each in wanted if each.sha256 is not None]
    async with open_work(principal) as work:
        await judging.judge(work, id, [(each, served) for each, served in models if served is not None])


async def _opened(sha256: str) -> Served | None:
    """A model by its file, opened once; one whose bytes are lost says nothing."""
    if sha256 in _open:
        return _open[sha256]
    # A worker that never judges by a model need not load what runs one.
    reading = await asyncio.to_thread(importlib.import_module, "analytics.machines.onnx_reading")
    try:
        served: Served = await asyncio.to_thread(reading.open_model, await open_blobs(get_settings()).get(sha256))
    except (BlobMissing, BadData) as error:
        log.error("machine.model_lost", sha256=sha256, error=type(error).__name__)
        return None
    if len(_open) >= _MOST_OPEN:
        _open.pop(next(iter(_open)))
    _open[sha256] = served
    return served


async def learn(workspace_id: str, model_id: str) -> None:
    """Make a model beside the event loop, or say why there is none; twice makes the same."""
    principal, id = Principal.system(UUID(workspace_id)), UUID(model_id)
    async with open_work(principal) as work:
        wanted = await modelling.take(work, id)
    if wanted is None:
        return
    blobs = open_blobs(get_settings())
    # A worker that takes over must not wait for what learns to be loaded.
    learning = await asyncio.to_thread(importlib.import_module, "domain.machines.learning")
    try:
        async with open_work(principal) as work:
            past = await learning.read(work, wanted)
        given = await blobs.get(wanted.sha256) if wanted.sha256 is not None else None
        made = await asyncio.to_thread(learning.make, wanted, past, given)
    except (BadData, BlobMissing) as error:
        async with open_work(principal) as work:
            await modelling.refuse(work, id, error.code, getattr(error, "details", {}))
        return
    key = await blobs.put(made.content)
    async with open_work(principal) as work:
        await modelling.finish(work, id, key, sensors=made.sensors, figures=made.figures, learned_from=made.learned_from)
    log.info("machine.learned", model_id=model_id)
