"""Notices of Postgres: a process listens on a connection of its own, for ever, and opens another one when that is lost."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import func, select

from core import observability
from core.work import Work

LIVE: Final = "nexova_live"
"""What has changed for whoever looks: workspace and conversation by their ids, or a workspace whose events have grown."""

LONGEST_PAUSE_SECONDS: Final = 5.0

log = observability.log(__name__)


async def listen(
    database_url: str, channel: str, name: str, *, heard: Callable[[str], object], opened: Callable[[], object]
) -> None:
    """Call `heard` with the payload of each notice, and `opened` whenever some may have been missed before.

    `name` is what Postgres calls the connection.
    """
    pause = 0.1
    while True:
        try:
            await _listen_once(database_url, channel, name, heard, opened)
            pause = 0.1
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("listen.deaf", channel=channel, error=f"{type(error).__name__}: {error}"[:300])
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
        await asyncio.sleep(pause)


async def tell_live(work: Work, conversation_id: UUID) -> None:
    """Wake whoever looks at a conversation of the workspace, when this work commits."""
    await work.session.execute(select(func.pg_notify(LIVE, f"{work.workspace_id} {conversation_id}")))


async def _listen_once(
    database_url: str, channel: str, name: str, heard: Callable[[str], object], opened: Callable[[], object]
) -> None:
    lost = asyncio.Event()
    connection = await asyncpg.connect(database_url, timeout=5, server_settings={"application_name": name})
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(channel, lambda _connection, _pid, _channel, payload: heard(str(payload)))
        opened()
        await lost.wait()
    finally:
        with contextlib.suppress(Exception):
            await connection.close(timeout=1)
