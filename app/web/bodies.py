"""How large a request may be: its declared length and the bytes that arrive are both looked at."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.problems import render
from core.errors import DomainError


class BodyTooLarge(DomainError):
    """The body is larger than the route takes."""

    code = "body_too_large"
    http_status = 413


class BodyLimit:
    """ASGI middleware: 413 for a body beyond the limit of its path, before or while it is read.

    `larger` gives the limits of paths that take more, by prefix; a `*` in it stands for anything.
    """

    def __init__(self, app: ASGIApp, *, limit: int, larger: Mapping[str, int]) -> None:
        self._app = app
        self._limit = limit
        self._larger = larger

    def _limit_of(self, path: str) -> int:
        return next((limit for prefix, limit in self._larger.items() if fnmatchcase(path, f"{prefix}*")), self._limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        if declared.isdigit() and int(declared) > limit:
            await render(Request(scope), BodyTooLarge())(scope, receive, send)
            return
        size = 0
        has_begun = False

        async def receive_counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit:
                # The framework turns what goes wrong while it reads into an answer of its own, which is not sent.
                raise BodyTooLarge
            return message

        async def send_unless_refused(message: Message) -> None:
            nonlocal has_begun
            if size <= limit or has_begun:
                has_begun = True
                await send(message)

        try:
            await self._app(scope, receive_counted, send_unless_refused)
        except BodyTooLarge:
            if has_begun:
                raise
        if size > limit and not has_begun:
            await render(Request(scope), BodyTooLarge())(scope, receive, send)
