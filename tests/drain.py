"""Runs the house's jobs inline until nothing is due: outbox rows, and what sweeps find."""

import asyncio

from app.queue import deadlines
from app.queue.actors import RUNNERS
from app.queue.jobs import SWEEPS, Ring
from app.queue.sweeps import unhandled
from core import outbox_rows
from core.errors import Abandoned

MOST_ROUNDS = 500


async def run(ring: Ring) -> None:
    """Run one job as a worker would; a turn that another worker leads is left to it."""
    try:
        await RUNNERS[ring.job](**ring.arguments)
    except Abandoned:
        return


async def drain(*, sweep: bool = False) -> int:
    """Run due jobs one after another until none is due; the number that ran."""
    done = 0
    for _ in range(MOST_ROUNDS):
        rows, next_due = await outbox_rows.take(100)
        for row in rows:
            await run(Ring(row.actor, row.arguments, row.correlation_id))
            done += 1
        await outbox_rows.mark_published(rows)
        if rows:
            continue
        if next_due is not None and next_due < 2:
            await asyncio.sleep(max(next_due, 0.001))
            continue
        if sweep and await _sweep():
            continue
        return done
    raise AssertionError(f"still not quiet after {MOST_ROUNDS} rounds")


async def _sweep() -> bool:
    await deadlines.settle_all(100)
    found = [one for sweep in SWEEPS for one in await unhandled(sweep)]
    for one in found:
        await run(one.ring)
    return bool(found)
