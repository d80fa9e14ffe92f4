"""What happens around every HTTP request: its id, its metrics, its security headers, and what is left to the caller."""

import re
import time
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.problems import render
from core import observability
from core.errors import DomainError

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")

SECURITY_HEADERS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-permitted-cross-domain-policies": "none",
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
"""Sent with every response that does not set them itself."""

log = observability.log(__name__)


def _incoming_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if _REQUEST_ID.match(text) else None
    return None


class RequestFrame:
    """ASGI middleware: correlation id from `x-request-id` (or a new one), metrics per route, security headers.

    What was counted of the caller's allowance is sent as headers, whatever the answer turns out to be. It also answers
    what no handler answered, so that a bug is told like any other error and carries its request id.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = dict(SECURITY_HEADERS)
        if https:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        has_begun = False
        started = time.perf_counter()
        with observability.correlated(_incoming_id(scope)) as request_id:

            async def send_framed(message: Message) -> None:
                nonlocal status, has_begun
                if message["type"] == "http.response.start":
                    has_begun = True
                    status = message["status"]
                    headers = MutableHeaders(scope=message)
                    headers["x-request-id"] = request_id
                    allowance = scope.get("state", {}).get("allowance")
                    for name, value in (self._headers | (allowance.headers if allowance else {})).items():
                        headers.setdefault(name, value)
                await send(message)

            try:
                await self._app(scope, receive, send_framed)
            except ClientDisconnect:
                status = 499
            except Exception:
                log.exception("request.failed", route=getattr(scope.get("route"), "path", "unmatched"))
                if has_begun:
                    raise
                await render(Request(scope), DomainError(), status=500)(scope, receive, send_framed)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                method = scope["method"]
                observability.HTTP_REQUESTS.labels(method=method, route=route, status=str(status)).inc()
                observability.HTTP_SECONDS.labels(method=method, route=route).observe(time.perf_counter() - started)
