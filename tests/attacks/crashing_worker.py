"""A worker that is killed at the n-th boundary of its transactions: just before a commit, or just after it.

Every external call of a job (model, Infobip, blob store) lies between two transactions, so these boundaries enclose
the calls as well: a kill after the claim's commit is a kill before the call, one before the next commit is a kill after it.
"""

import asyncio
import os
import signal
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized, SynchronizedArray

from sqlalchemy import event
from sqlalchemy.orm import Session, object_session

from agent.warming import warm_up
from core import db
from core.settings import get_settings
from domain.conversations.models import DeliveryAttempt
from tests.drain import drain

warm_up()


@dataclass(frozen=True)
class Passed:
    """What a worker has passed, in memory that outlives it.

    `sent` are the boundaries at which a message is with the provider and the record of it is not committed; `untold`
    those at which its try is committed, and nobody can tell whether it left.
    """

    boundaries: "Synchronized[int]"
    sent: "SynchronizedArray[int]"
    untold: "SynchronizedArray[int]"


def work(environment: dict[str, str], kill_at: int, passed: Passed) -> None:
    """Run everything that is due, and die by SIGKILL at a boundary; `kill_at` 0 lives and counts them."""
    os.environ.update(environment)
    get_settings.cache_clear()
    tries: set[Session] = set()
    records: set[Session] = set()
    trying = False

    def begun(session: Session, row: object) -> None:
        if isinstance(row, DeliveryAttempt):
            tries.add(session)

    def recorded(row: DeliveryAttempt, outcome: object, *_: object) -> None:
        session = object_session(row)
        if outcome and session is not None:
            records.add(session)

    def before_commit(session: Session) -> None:
        nonlocal trying
        is_record = session in records
        records.discard(session)
        trying = trying and not is_record
        cross(passed.sent if is_record else passed.untold if trying else None)

    def after_commit(session: Session) -> None:
        nonlocal trying
        trying = trying or session in tries
        tries.discard(session)
        cross(passed.untold if trying else None)

    def cross(noted: "SynchronizedArray[int] | None") -> None:
        passed.boundaries.value += 1
        if noted is not None:
            noted[noted[:].index(0)] = passed.boundaries.value
        if passed.boundaries.value == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Session, "transient_to_pending", begun)
    event.listen(DeliveryAttempt.outcome, "set", recorded)
    event.listen(Session, "before_commit", before_commit)
    event.listen(Session, "after_commit", after_commit)
    asyncio.run(_drain())


async def _drain() -> None:
    db.connect(get_settings().database_url or "", pool_size=5)
    try:
        await drain()
    finally:
        await db.disconnect()
