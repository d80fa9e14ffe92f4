"""Sending one event, to the outside only."""

import asyncio
import ssl
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import httpcore

from connectors.webhooks import signing
from core.outside import AddressRefused, NameUnknown, OutsideOnly
from domain.subscriptions.schemas import Answer, Parcel

TIMEOUT_SECONDS: Final = 15.0
USER_AGENT: Final = "Nexova-Webhooks/1"


async def send(
    parcel: Parcel, at: datetime, *, may_be_inside: bool = False, timeout_seconds: float = TIMEOUT_SECONDS
) -> Answer:
    """Send one event and say what came of it. Redirects are not followed, and of the answer nothing but its head is read."""
    headers = {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        **signing.headers(str(parcel.delivery_id), at, parcel.body, parcel.secrets),
    }
    backend = OutsideOnly(lambda host, port: may_be_inside)
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
    except NameUnknown:
        return Answer(None, "name_unknown")
    except ssl.SSLError:
        return Answer(None, "tls_failed")
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, ValueError) as error:
        return Answer(None, f"not_reached: {type(error).__name__}")


def _seconds(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """How long the other side asks to wait; a date is not read."""
    asked = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    return int(asked) if asked.isdigit() and len(asked) < 8 else 0
