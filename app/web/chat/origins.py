"""From which pages a web chat may be used: the browser of a visitor says where the page is from, and each line names its own.

This keeps strangers' pages from using a shop's chat in the browsers of its visitors. It proves nothing of programs, which say
what they like; for those there are limits.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.limits import TooManyRequests
from app.web.problems import render
from app.web.webhooks import Door
from channels import registry
from core.errors import DomainError
from core.settings import Settings
from domain.connections.medium import Provider
from domain.connections.schemas import ConnectionView
from domain.connections.service import ConnectionNotFound

PREFIX: Final = registry.CHAT_PATH
"""Where web chats are: `/chat/{line}.js`, `/chat/{line}/…`, and the files of all of them under `/chat/-/`."""

_MAY: Final = {
    "access-control-allow-methods": "GET, POST, PUT",
    "access-control-allow-headers": "authorization, content-type",
}
_FOR_A_WHILE: Final = {"access-control-max-age": "7200"}


class OriginRefused(DomainError):
    """The page is from an origin on which this web chat does not stand."""

    code = "origin_refused"
    http_status = 403


class OtherOrigins(CORSMiddleware):
    """The origins of the installation for everything but the web chats, of which each has its own.

    Whoever asks too often is refused before their line is looked up, so pages of all origins may read that refusal: it tells
    nothing of a shop, and a page that may not read it takes the shop to be away.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(f"{PREFIX}/"):
            await super().__call__(scope, receive, send)
            return
        origin = Headers(scope=scope).get("origin")

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == TooManyRequests.http_status:
                headers = MutableHeaders(scope=message)
                _let_read(headers, origin or "*")
                if scope["method"] == "OPTIONS":
                    # A browser passes a refusal of this on to no page; what the page asks then is counted as well, and told.
                    message["status"] = 200
                    headers.update(_MAY)
            await send(message)

        await self.app(scope, receive, send_readable)


def _let_read(headers: MutableHeaders, origin: str) -> None:
    headers["access-control-allow-origin"] = origin
    headers["access-control-expose-headers"] = "retry-after"
    headers["cross-origin-resource-policy"] = "cross-origin"
    headers.add_vary_header("origin")


async def line_of(door: Door, slug: str) -> ConnectionView:
    """The web chat of a line; raises ConnectionNotFound."""
    found = (await door.lines.find(slug)).connection
    if found.provider is not Provider.WEB:
        raise ConnectionNotFound
    return found


class ChatOrigins:
    """ASGI middleware: answers what browsers ask before they use a web chat, and refuses pages of other origins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        parts = scope["path"].split("/") if scope["type"] == "http" else []
        origin = Headers(scope=scope).get("origin") if len(parts) > 3 and parts[1:3] != ["chat", "-"] else None
        if origin is None or f"/{parts[1]}" != PREFIX:
            await self._app(scope, receive, send)
            return
        try:
            may = _stands_on(origin, await line_of(scope["app"].state.door, parts[2]), scope)
        except DomainError as error:
            await render(Request(scope), error)(scope, receive, send)
            return
        if not may:
            await render(Request(scope), OriginRefused())(scope, receive, send)
            return

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                _let_read(MutableHeaders(scope=message), origin)
            await send(message)

        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_MAY | _FOR_A_WHILE)(scope, receive, send_with_origin)
            return
        await self._app(scope, receive, send_with_origin)


def _stands_on(origin: str, line: ConnectionView, scope: Scope) -> bool:
    """Whether a page of an origin may use a line: one that it names, or a page of this installation."""
    settings: Settings = scope["app"].state.settings
    own = urlsplit(settings.base_url)
    host = Headers(scope=scope).get("host")
    return origin in line.settings.origins or origin in (f"{own.scheme}://{own.netloc}", f"{scope['scheme']}://{host}")
