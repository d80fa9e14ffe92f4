"""Streams: a page that lives is sent its parts whenever what stands is another than what it shows.

A stream knows nothing of the page but the digest that it has: every part can be put in place twice, so nothing is missed,
whatever process answers and however long somebody was away.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from fastapi import Request
from fastapi.responses import StreamingResponse

from app.console import visits
from app.console.parts import Made
from app.console.visits import Visit
from app.web.live import Live
from core.access import Permission
from core.errors import DomainError

QUIET_SECONDS: Final = 15.0
"""A stream says at least this often that it lives, and looks whether its reader may still read."""
SHORTEST_PAUSE_SECONDS: Final = 0.2


def follow(
    request: Request, visit: Visit, permission: Permission, digest: str, make: Callable[[Visit], Awaitable[Made]]
) -> StreamingResponse:
    """Send what `make` makes whenever its digest is another, to whoever still has the permission; raises TooManyRequests."""
    line: Live = request.app.state.live
    line.admit(visit.person.user_id)  # while the answer can still be a refusal
    content = _follow(line, request, visit, permission, digest, make)
    return StreamingResponse(content, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


def _event(name: str, digest: str, data: str = "") -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines()) or "data:\n"
    return f"event: {name}\nid: {digest}\n{lines}\n"


async def _follow(
    line: Live,
    request: Request,
    visit: Visit,
    permission: Permission,
    digest: str,
    make: Callable[[Visit], Awaitable[Made]],
) -> AsyncIterator[str]:
    with line.watching(visit.workspace.id, visit.person.user_id) as watcher:
        while True:
            try:
                made = await make(await visits.again(request, visit, permission))
            except DomainError:
                yield _event("reload", "")
                return
            if made.digest != digest:
                digest = made.digest
                yield _event("patch", digest, made.html)
            yield _event("position", digest)
            await asyncio.sleep(SHORTEST_PAUSE_SECONDS)
            await watcher.changed(min(QUIET_SECONDS, made.seconds))
