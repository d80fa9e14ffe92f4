"""What happens when a time runs out: found with the system role, settled by services, each in a Work of its workspace.

Any number of relays may settle the same row at once: the services lock it and look again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause

from core import observability
from core.access import Principal
from core.errors import Abandoned, DomainError
from core.work import Work, open_system_work, open_work

log = observability.log(__name__)

BUSINESS_NOW: Final = "clock_timestamp() + coalesce((SELECT shift FROM runtime_clock), interval '0')"


@dataclass(frozen=True, slots=True)
class Deadline:
    """How to find what ran out of time, and the service function that settles one of them."""

    name: str
    found: TextClause
    settle: Callable[[Work, UUID], Awaitable[object]]


DEADLINES: Final[tuple[Deadline, ...]] = ()


async def settle_all(limit: int) -> None:
    """Settle everything that ran out of time; one that fails does not keep the others."""
    for deadline in DEADLINES:
        async with open_system_work() as session:
            rows = (await session.execute(deadline.found, {"limit": limit})).all()
        for row in rows:
            try:
                async with open_work(Principal.system(row.workspace_id)) as work:
                    await deadline.settle(work, row.id)
            except (DomainError, Abandoned) as error:
                log.info("deadline.moved", deadline=deadline.name, id=str(row.id), reason=str(error))
