"""Files that somebody sent, on their way to a browser: what can be seen or played is shown, anything else is kept.

One door for all of them, whoever asks: the bytes tell what a file is, and nothing in one of them is ever run.
"""

import re
from typing import Final
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from core.blobs import open_blobs
from core.filetypes import PICTURES, ending, sniff

SHOWN: Final = PICTURES | {"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "video/mp4", "video/3gpp"}
"""What a browser shows or plays within a page. Anything else is a download, whatever it says that it is."""

HEADERS: Final = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "x-content-type-options": "nosniff",
    # Kept by the browser, and asked for each time: a right that was taken away is away at once.
    "cache-control": "private, no-cache",
    "accept-ranges": "bytes",
}

_BYTES: Final = "application/octet-stream"
_STRANGE = re.compile(r"[^\w. ()#&+,=@~-]", re.ASCII)
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})\Z")


async def give(
    request: Request, sha256: str, name: str, *, header: str | None = None, shown: frozenset[str] = SHOWN
) -> Response:
    """The bytes of a file under its digest: kinds of `shown` within a page, any other to be kept under this name.

    `header` is what was said of the file where its bytes do not tell; of bytes that are just bytes, the name has its ending.
    Raises BlobMissing.
    """
    headers = HEADERS | {"etag": f'"{sha256}"'}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    content = await open_blobs(request.app.state.settings).get(sha256)
    kind = sniff(content, header)
    is_shown = kind in shown
    suffix = "" if kind == header == _BYTES else ending(kind)
    headers["content-disposition"] = "inline" if is_shown else _attachment(name + suffix)
    kind = kind if is_shown else _BYTES
    span = _span(request.headers.get("range"), len(content))
    if span is None:
        return Response(content, media_type=kind, headers=headers)
    headers["content-range"] = f"bytes {span.start}-{span.stop - 1}/{len(content)}"
    return Response(content[span.start : span.stop], 206, headers, kind)


def _attachment(name: str) -> str:
    """How a header says it (RFC 6266): what a line of ASCII does not hold stands in the second name, for whoever reads that."""
    plain = _STRANGE.sub("_", name)
    return f'attachment; filename="{plain}"' + ("" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}")


def _span(asked: str | None, size: int) -> range | None:
    """The bytes that a player wants of a file; None for all of them, as for several parts or parts that there are not."""
    found = _RANGE.match(asked or "")
    if found is None or not any(found.groups()):
        return None
    first, last = found[1], found[2]
    if not first:
        return range(max(0, size - int(last)), size) if int(last) else None
    stop = min(size, int(last) + 1) if last else size
    return range(int(first), stop) if int(first) < stop else None
