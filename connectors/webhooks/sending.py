"""Sending one event: the address is looked up once, judged, and connected to as it was judged."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import httpcore

from connectors.webhooks import signing
from domain.subscriptions.schemas import Answer, Parcel

TIMEOUT_SECONDS: Final = 15.0
USER_AGENT: Final = "Nexova-Webhooks/1"

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """The name stands for an address inside some house: nothing is sent there."""


def is_outside(address: str) -> bool:
    """Whether an address is one of the public internet, also if another address is wrapped in it."""
    judged = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(judged, ipaddress.IPv6Address):
        wrapped = judged.ipv4_mapped or judged.sixtofour or (judged.teredo[1] if judged.teredo else None)
        if judged in _NAT64:
            wrapped = ipaddress.IPv4Address(int(judged) & 0xFFFF_FFFF)
        if wrapped is not None and not wrapped.is_global:
            return False
    return judged.is_global and not judged.is_multicast


class _JudgingBackend(httpcore.AsyncNetworkBackend):
    """Connects to the very addresses that it has judged, so that a name cannot mean another one a moment later."""

    def __init__(self, *, may_be_inside: bool) -> None:
        self._may_be_inside = may_be_inside
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as the library's interface has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a host by its name; raises AddressRefused if any of its addresses is inside."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not addresses or not (self._may_be_inside or all(is_outside(address) for address in addresses)):
            raise AddressRefused
        failed: Exception | None = None
        for address in addresses:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed or AddressRefused

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """There is no way to a socket of this machine."""
        raise AddressRefused

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._backend.sleep(seconds)


async def send(
    parcel: Parcel, at: datetime, *, may_be_inside: bool = False, timeout_seconds: float = TIMEOUT_SECONDS
) -> Answer:
    """Send one event and say what came of it. Redirects are not followed, and of the answer nothing but its head is read."""
    headers = {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        **signing.headers(str(parcel.delivery_id), at, parcel.body, parcel.secrets),
    }
    backend = _JudgingBackend(may_be_inside=may_be_inside)
    try:
        async with (
            asyncio.timeout(timeout_seconds),
            httpcore.AsyncConnectionPool(network_backend=backend) as pool,
            pool.stream("POST", parcel.url, headers=list(headers.items()), content=parcel.body) as response,
        ):
            return Answer(response.status, retry_after=_seconds(response.headers))
    except AddressRefused:
        return Answer(None, "address_refused")
    except (TimeoutError, httpcore.TimeoutException):
        return Answer(None, "timed_out")
    except socket.gaierror:
        return Answer(None, "name_unknown")
    except ssl.SSLError:
        return Answer(None, "tls_failed")
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, ValueError) as error:
        return Answer(None, f"not_reached: {type(error).__name__}")


def _seconds(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """How long the other side asks to wait; a date is not read."""
    asked = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    return int(asked) if asked.isdigit() and len(asked) < 8 else 0
