"""What happens when a time runs out: found with the system role, settled by services, each in a Work of its workspace."""

from uuid import UUID

from app.queue.jobs import DEADLINES
from core import db, observability
from core.access import Principal
from core.errors import Abandoned, DomainError
from core.jobs import Deadline
from core.work import open_system_work, open_work

log = observability.log(__name__)


async def settle_all(limit: int) -> None:
    """Settle everything that ran out of time; one that fails does not keep the others."""
    for deadline in DEADLINES:
        async with open_system_work() as session:
            rows = (await session.execute(deadline.found, {"limit": limit})).all()
        for row in rows:
            await _settle(deadline, row.workspace_id, row.id)


async def _settle(deadline: Deadline, workspace_id: UUID, subject: UUID) -> None:
    try:
        async with open_work(Principal.system(workspace_id)) as work:
            changed = await deadline.settle(work, subject)
        if changed is not False:
            log.info("deadline.settled", deadline=deadline.name, subject=str(subject))
    except (DomainError, Abandoned) as error:
        log.info("deadline.moved", deadline=deadline.name, subject=str(subject), reason=str(error))
    except Exception as error:
        if db.is_outage(error):
            raise
        log.exception("deadline.failed", deadline=deadline.name, subject=str(subject))
