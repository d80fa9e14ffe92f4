"""Which channel serves a connection: its provider picks the adapter. One HTTP client per process.

Shops name the addresses of their connections and providers redirect to others, so the client reaches the outside only, and
of the inside what the installation itself has named. A proxy that the installation has set up decides in its place.
"""

import urllib.request
from collections.abc import Callable, Mapping
from typing import ClassVar, Final
from urllib.parse import urlencode, urlsplit

import httpcore
import httpx

from channels.base import Channel
from channels.breaker import Breaker
from channels.infobip.adapter import InfobipWhatsApp
from channels.web.adapter import WebChat
from core.blobs import open_blobs
from core.errors import DomainError
from core.outside import OutsideOnly
from core.settings import Settings, get_settings
from domain.connections.medium import Provider
from domain.connections.schemas import ConnectionSummary, ConnectionView

SANDBOX_PATH = "/sandbox/infobip"
WEBHOOK_PATH = "/api/v1/webhooks/infobip"
CHAT_PATH = "/chat"

# A connection that has been idle for longer is not used again: a server that closes it at the same moment would
# leave a send with an unknown outcome.
_KEEPALIVE_SECONDS = 3.0
_MAX_CONNECTIONS = 100

_client: httpx.AsyncClient | None = None
_breakers: dict[str, Breaker] = {}


class GuardedTransport(httpx.AsyncHTTPTransport):
    """A transport whose connections lead outside, or to what the installation has named itself."""

    def __init__(self, settings: Settings) -> None:
        limits = httpx.Limits(
            max_connections=_MAX_CONNECTIONS,
            max_keepalive_connections=_MAX_CONNECTIONS // 2,
            keepalive_expiry=_KEEPALIVE_SECONDS,
        )
        super().__init__(limits=limits)
        own = {_origin(local_url(settings)), *([_origin(settings.infobip_base_url)] if settings.infobip_base_url else [])}
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=OutsideOnly(lambda host, port: settings.calls_to_private_addresses or (host.lower(), port) in own),
        )


def _origin(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def http_client() -> httpx.AsyncClient:
    """The HTTP client of this process; made on first use, inside the event loop that uses it."""
    global _client
    if _client is None or _client.is_closed:
        settings = get_settings()
        # The sandbox is on this machine, where a proxy has no business.
        is_proxied = not settings.sandbox_enabled and bool(urllib.request.getproxies())
        _client = httpx.AsyncClient(
            timeout=httpx.Timeout(15, connect=5, pool=5),
            transport=None if is_proxied else GuardedTransport(settings),
            limits=httpx.Limits(max_connections=_MAX_CONNECTIONS, keepalive_expiry=_KEEPALIVE_SECONDS),
            follow_redirects=False,
            trust_env=is_proxied,
        )
    return _client


async def close() -> None:
    """Close the HTTP client of this process and forget what was learnt about the lines."""
    global _client
    if _client is not None:
        await _client.aclose()
    _client = None
    _breakers.clear()


class ProviderAbsent(DomainError):
    """Nothing here speaks with the connection's provider: no account is known by its address."""

    code: ClassVar[str] = "provider_absent"
    http_status: ClassVar[int] = 503


def base_url(connection: ConnectionView, settings: Settings) -> str:
    """Where a connection's requests go: its own address, the installation's account, or the installation's sandbox."""
    if connection.provider is Provider.SANDBOX:
        address = connection.base_url or f"{local_url(settings)}{SANDBOX_PATH}/{connection.slug}"
    else:
        address = connection.base_url or settings.infobip_base_url or ""
    if not address:
        raise ProviderAbsent(slug=connection.slug, provider=connection.provider)
    return address.rstrip("/")


def local_url(settings: Settings) -> str:
    """The web process as other processes of the same machine reach it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 # nosec B104 - compared
    return f"http://{host}:{settings.port}"


def webhook_url(connection: ConnectionView, root: str) -> str:
    """The address of a connection's webhook under `root`, with its token where the connection uses one."""
    address = f"{root.rstrip('/')}{WEBHOOK_PATH}/{connection.slug}"
    rule = connection.credentials.webhook
    if rule.method == "token" and rule.token is not None:
        return f"{address}?{urlencode({'token': rule.token.get_secret_value()})}"
    return address


def script_url(line: ConnectionSummary, root: str) -> str | None:
    """The address under `root` of the script that pages of the shop name for a web chat; None of other lines."""
    return f"{root.rstrip('/')}{CHAT_PATH}/{line.slug}.js" if line.provider is Provider.WEB else None


def _notify_url(connection: ConnectionView, settings: Settings) -> str | None:
    """Where reports are to go; said per message only where the address alone is proof enough."""
    if settings.public_url is None or connection.credentials.webhook.method not in ("token", "none"):
        return None
    return webhook_url(connection, settings.public_url)


def _whatsapp(connection: ConnectionView, http: httpx.AsyncClient, settings: Settings) -> Channel:
    """Infobip's own wire, which the sandbox speaks too."""
    address = base_url(connection, settings)
    breaker = _breakers.setdefault(address, Breaker())
    return InfobipWhatsApp(connection, http, breaker, base_url=address, notify_url=_notify_url(connection, settings))


def _webchat(connection: ConnectionView, http: httpx.AsyncClient, settings: Settings) -> Channel:
    return WebChat(open_blobs(settings))


_ADAPTERS: Final[Mapping[Provider, Callable[[ConnectionView, httpx.AsyncClient, Settings], Channel]]] = {
    Provider.INFOBIP: _whatsapp,
    Provider.SANDBOX: _whatsapp,
    Provider.WEB: _webchat,
}


def open_channel(connection: ConnectionView, http: httpx.AsyncClient | None = None) -> Channel:
    """The channel of a connection; raises ProviderAbsent."""
    return _ADAPTERS[connection.provider](connection, http or http_client(), get_settings())
