"""Files that people of the shop send: kept, and given the address under which the customer's medium finds them."""

from uuid import UUID

from app.web import signed
from channels.web.wire import BLOB
from core.access import Principal
from core.blobs import open_blobs
from core.db import storable
from core.settings import get_settings
from core.work import open_work
from domain.connections.medium import TRAITS, Medium, Transport
from domain.conversations import desk, sending_files
from domain.conversations.sending_files import Kept


async def keep(principal: Principal, conversation_id: UUID, content: bytes, filename: str | None) -> Kept:
    """Keep the bytes for the customer of a conversation; no transaction is open while they are written.

    Raises ConversationNotFound, FileKindRefused and FileTooHeavy.
    """
    async with open_work(principal) as work:
        medium = (await desk.get_entry(work, conversation_id)).contact.medium
    what = sending_files.judge(content, medium)
    key = await open_blobs(get_settings()).put(content)
    return Kept(what, key, _address(medium, key), storable(filename)[:200] if filename else None)


def _address(medium: Medium, key: str) -> str:
    """The page of a visitor asks for what stands in its thread; a provider fetches what it has the address of."""
    if TRAITS[medium].transport is Transport.PULL:
        return f"{BLOB}{key}"
    return f"{get_settings().base_url}/pictures/{signed.serializer('picture').dumps(key)}"
