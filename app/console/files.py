"""Files that customers sent, for the eyes of whoever may see them; nothing in one of them is ever run."""

import re
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.console.visits import Visit, may
from core.blobs import BlobMissing, open_blobs
from core.work import open_work
from domain.conversations import files
from domain.conversations.permissions import FilesPermission

router = APIRouter(prefix="/console/@{workspace}/files")

SHOWN: Final = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/webp"}
    | {"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "video/mp4", "video/3gpp"}
)
"""What a browser shows or plays within a page. Anything else is a download, whatever it says that it is."""

HEADERS: Final = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "x-content-type-options": "nosniff",
    # Kept by the browser, and asked for each time: a right that was taken away is away at once.
    "cache-control": "private, no-cache",
    "accept-ranges": "bytes",
}

_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})\Z")


@router.get("/{file_id}")
async def show(request: Request, visit: Annotated[Visit, may(FilesPermission.READ)], file_id: UUID) -> Response:
    """Give the bytes of a file; raises FileNotFound, and BlobMissing while they have not been fetched."""
    async with open_work(visit.principal) as work:
        file = await files.get(work, file_id)
    if file.sha256 is None:
        raise BlobMissing
    headers = HEADERS | {"etag": f'"{file.sha256}"'}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    content = await open_blobs(request.app.state.settings).get(file.sha256)
    kind = file.content_type if file.content_type in SHOWN else "application/octet-stream"
    headers["content-disposition"] = (
        "inline" if kind in SHOWN else f'attachment; filename="{file.id}{_ending(file.content_type)}"'
    )
    span = _span(request.headers.get("range"), len(content))
    if span is None:
        return Response(content, media_type=kind, headers=headers)
    headers["content-range"] = f"bytes {span.start}-{span.stop - 1}/{len(content)}"
    return Response(content[span.start : span.stop], 206, headers, kind)


def _ending(content_type: str | None) -> str:
    return ".pdf" if content_type == "application/pdf" else ""


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
