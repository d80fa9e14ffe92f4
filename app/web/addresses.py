"""How often one address of the network may ask, whoever it is; what is refused here costs no database."""

from collections.abc import Collection

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.limits import Buckets, TooManyRequests, network_of
from app.web.problems import render
from core.settings import Settings


class AddressLimit:
    """ASGI middleware: 429 for an address that asks more often than the settings allow, but for `exempt` paths (prefixes)."""

    def __init__(self, app: ASGIApp, *, exempt: Collection[str]) -> None:
        self._app = app
        self._exempt = tuple(exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not scope["path"].startswith(self._exempt):
            settings: Settings = scope["app"].state.settings
            buckets: Buckets | None = getattr(scope["app"].state, "buckets", None)
            try:
                if buckets is not None:
                    who = network_of(scope["client"][0] if scope.get("client") else None)
                    await buckets.require("address", who, settings.requests_per_minute, scope)
            except TooManyRequests as refused:
                await render(Request(scope), refused)(scope, receive, send)
                return
        await self._app(scope, receive, send)
