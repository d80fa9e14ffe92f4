"""How long a request may take until its answer begins, its body included; an answer that has begun may take its time."""

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.problems import render
from core import observability
from core.errors import DomainError

log = observability.log(__name__)


class RequestTimedOut(DomainError):
    """It took too long. A write may have happened; with the same key it can be asked again without harm."""

    code = "request_timed_out"
    http_status = 503


class TimeLimit:
    """ASGI middleware: 503 for a request that is not answered within the seconds of its path.

    `longer` gives the seconds of paths that take more, by prefix.
    """

    def __init__(self, app: ASGIApp, *, seconds: float, longer: Mapping[str, float]) -> None:
        self._app = app
        self._seconds = seconds
        self._longer = longer

    def _seconds_of(self, path: str) -> float:
        return next((seconds for prefix, seconds in self._longer.items() if path.startswith(prefix)), self._seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds_of(scope["path"])) as limit:

                async def send_begun(message: Message) -> None:
                    limit.reschedule(None)
                    await send(message)

                await self._app(scope, receive, send_begun)
        except TimeoutError:
            if not limit.expired():
                raise
            log.error("request.timed_out", path=scope["path"], method=scope["method"])
            await render(Request(scope), RequestTimedOut(retry_after=1))(scope, receive, send)
