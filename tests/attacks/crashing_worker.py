"""A worker that is killed at the n-th boundary of its transactions: just before a commit, or just after it.

Every external call of a job (model, Infobip, blob store) lies between two transactions, so these boundaries enclose
the calls as well: a kill after the claim's commit is a kill before the call, one before the next commit is a kill after it.
"""

import asyncio
import os
import signal
from multiprocessing.sharedctypes import Synchronized, SynchronizedArray

from sqlalchemy import event
from sqlalchemy.orm import Session

from agent.warming import warm_up
from core import db
from core.settings import get_settings
from domain.conversations.models import DeliveryAttempt
from tests.drain import drain

warm_up()


def work(environment: dict[str, str], kill_at: int, boundaries: "Synchronized[int]", sent: "SynchronizedArray[int]") -> None:
    """Run everything that is due, and die by SIGKILL at a boundary; `kill_at` 0 lives and counts them.

    `sent` gets the boundaries at which a message is with the provider and its outcome not yet recorded.
    """
    os.environ.update(environment)
    get_settings.cache_clear()
    records: set[Session] = set()

    def pass_boundary(session: Session) -> None:
        boundaries.value += 1
        if session in records:
            records.discard(session)
            sent[sent[:].index(0)] = boundaries.value
        if boundaries.value == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def look_for_outcome(session: Session, *_: object) -> None:
        if any(isinstance(row, DeliveryAttempt) and row.outcome for row in session.dirty):
            records.add(session)

    event.listen(Session, "before_flush", look_for_outcome)
    event.listen(Session, "before_commit", pass_boundary)
    event.listen(Session, "after_commit", pass_boundary)
    asyncio.run(_drain())


async def _drain() -> None:
    db.connect(get_settings().database_url or "", pool_size=5)
    try:
        await drain()
    finally:
        await db.disconnect()
