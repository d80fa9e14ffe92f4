"""Whether a customer agreed to be written to without having asked: what they say of it themselves stands at once."""

from uuid import UUID

from core import events
from core.event_types import EventType
from core.work import Work
from domain.customers import repository
from domain.customers.permissions import CustomersPermission


async def is_given(work: Work, customer_id: UUID) -> bool:
    """Whether the customer has agreed; who has said nothing of it has not."""
    work.require(CustomersPermission.READ)
    row = await repository.get(work, customer_id)
    return row is not None and row.marketing_consent is True


async def record(work: Work, customer_id: UUID, is_agreed: bool, source: str) -> bool:
    """Keep what a customer has said of it, where and how; False if that stood already, and nothing is changed."""
    work.require(CustomersPermission.WRITE)
    row = next(iter(await repository.lock(work, [customer_id])), None)
    if row is None or row.marketing_consent is is_agreed:
        return False
    before = {"marketing_consent": row.marketing_consent, "consent_source": row.consent_source}
    row.marketing_consent, row.consent_source, row.consent_changed_at = is_agreed, source[:200], work.now
    row.version += 1
    row.updated_at = work.now
    await work.session.flush()
    after = {"marketing_consent": is_agreed, "consent_source": row.consent_source}
    events.record(work, EventType.CUSTOMER_CHANGED, subject=row.id, before=before, after=after | {"fields": list(after)})
    return True
