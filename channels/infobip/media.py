"""Fetches files that customers sent: the key goes to Infobip's hosts only, redirects without it, sizes are capped.

That no redirect leads into the house is the business of the HTTP client (`channels.registry`).
"""

import asyncio
from urllib.parse import urljoin, urlsplit

import httpx

from channels.base import FetchedMedia, MediaUnavailable
from core.filetypes import sniff
from core.outside import AddressRefused

MAX_BYTES = 10 * 1024 * 1024
TOTAL_SECONDS = 30.0
MAX_REDIRECTS = 3
PROVIDER_SUFFIX = ".infobip.com"


def may_have_key(url: str, base_url: str) -> bool:
    """Whether the API key may be sent there: the connection's own host, or one of Infobip's over TLS."""
    try:
        target, own = urlsplit(url), urlsplit(base_url)
        if target.username is not None or target.hostname is None:
            return False
        if (target.scheme, target.hostname, target.port) == (own.scheme, own.hostname, own.port):
            return True
        return target.scheme == "https" and target.hostname.endswith(PROVIDER_SUFFIX) and target.port in (None, 443)
    except ValueError:
        return False


def _is_over_tls(url: str) -> bool:
    """Whether a redirect may be followed at all; where the name leads is judged when it is connected to."""
    try:
        target = urlsplit(url)
    except ValueError:
        return False
    return target.scheme == "https" and target.username is None and bool(target.hostname)


async def fetch(http: httpx.AsyncClient, url: str, *, base_url: str, authorization: str) -> FetchedMedia:
    """The bytes behind a media address; raises MediaUnavailable."""
    if not may_have_key(url, base_url):
        raise MediaUnavailable("foreign_address", retriable=False)
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            return await _follow(http, url, base_url, {"Authorization": authorization})
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        if isinstance(error.__cause__, AddressRefused):
            raise MediaUnavailable("address_refused", retriable=False) from error
        raise MediaUnavailable("unreachable", retriable=True) from error


async def _follow(http: httpx.AsyncClient, url: str, base_url: str, headers: dict[str, str]) -> FetchedMedia:
    for _ in range(MAX_REDIRECTS + 1):
        async with http.stream("GET", url, headers=headers, follow_redirects=False) as response:
            if not response.is_redirect:
                return await _download(response)
            url, headers = urljoin(url, response.headers["location"]), {}
        if not (may_have_key(url, base_url) or _is_over_tls(url)):
            raise MediaUnavailable("foreign_redirect", retriable=False)
    raise MediaUnavailable("too_many_redirects", retriable=False)


async def _download(response: httpx.Response) -> FetchedMedia:
    if response.status_code in (404, 410):
        raise MediaUnavailable("gone", retriable=False)
    if response.status_code != httpx.codes.OK:
        retriable = response.status_code == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error
        raise MediaUnavailable(f"http_{response.status_code}", retriable=retriable)
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BYTES:
        raise MediaUnavailable("too_large", retriable=False)
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_BYTES:
            raise MediaUnavailable("too_large", retriable=False)
    if not content:
        raise MediaUnavailable("empty", retriable=True)
    return FetchedMedia(bytes(content), sniff(bytes(content), response.headers.get("content-type")))
