"""What lies outside: addresses of the public internet, and a way to connect to nothing else.

Whoever names an address may name one inside the house, or a name that means another address a moment later. So a name is
looked up once, every address behind it is judged, and the connection goes to an address that was judged.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable

import httpcore

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(httpcore.ConnectError):
    """The name stands for an address inside some house: nothing is sent there."""


class NameUnknown(httpcore.ConnectError):
    """The name stands for no address."""


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


async def _addresses(host: str, port: int, timeout_seconds: float | None) -> list[str]:
    try:
        async with asyncio.timeout(timeout_seconds):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except (socket.gaierror, UnicodeError) as error:
        raise NameUnknown(host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def judged(
    host: str,
    port: int,
    timeout: float | None,  # noqa: ASYNC109 - as the library's interface below has it
    *,
    may_be_inside: Callable[[str], bool],
) -> list[str]:
    """The addresses to which one may connect for a host.

    Raises NameUnknown, and AddressRefused if any of them is inside and not one for which `may_be_inside` says so.
    """
    addresses = await _addresses(host, port, timeout)
    if not addresses or not all(is_outside(address) or may_be_inside(address) for address in addresses):
        raise AddressRefused
    return addresses


class OutsideOnly(httpcore.AsyncNetworkBackend):
    """A network in which only the outside is reached, and the hosts (with their port) for which `is_ours` says so."""

    def __init__(self, is_ours: Callable[[str, int], bool]) -> None:
        self._is_ours = is_ours
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
        addresses = await judged(host, port, timeout, may_be_inside=lambda _: self._is_ours(host, port))
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
