"""What the lines in use need of the installation, looked at before a process of production starts."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from core import db
from core.errors import CannotRun
from core.settings import Settings
from domain.connections import service as connections


class AccountUnknown(CannotRun):
    """Lines of Infobip are in use, and nothing says where their account is."""


def require_accounts(settings: Settings) -> None:
    """Raise AccountUnknown for lines that could not be served; a database that is away is waited for by the process itself."""
    try:
        unknown = asyncio.run(_without_account(settings))
    except (SQLAlchemyError, OSError):
        return
    if unknown:
        raise AccountUnknown(
            f"the Infobip account of {', '.join(unknown)} has no address: set INFOBIP_BASE_URL to the one on its start page."
        )


async def _without_account(settings: Settings) -> list[str]:
    db.connect(settings.database_url or "", pool_size=1)
    try:
        lines = await connections.all_active()
    finally:
        await db.disconnect()
    return [line.slug for line in lines if connections.lacks_account(line, settings.infobip_base_url)]
