"""What stands on the phone of a customer who is said to have written before: as if the sandbox had carried it."""

from uuid import UUID

from core.work import Work
from domain.conversations.content import Content
from sandbox.infobip import store
from sandbox.infobip.models import Ticks, Writer


async def remember(
    work: Work, connection_id: UUID, phone: str, name: str, content: Content, provider_id: str, *, is_customer: bool
) -> None:
    """Put a bubble on a phone's screen that was written at the moment of the work; what a customer wrote opens the window."""
    owner = await store.lock_phone(work, connection_id, phone, name)
    if is_customer:
        owner.last_inbound_at = work.now
    values = {
        "direction": Writer.CUSTOMER if is_customer else Writer.SHOP,
        "content": content,
        "provider_id": provider_id,
        "status": Ticks.READ,
    }
    store.add_message(work, owner, values)
    await work.session.flush()
