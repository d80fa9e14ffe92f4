"""Files that customers sent, for the eyes of whoever may see them; nothing in one of them is ever run."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.console.visits import Visit, may
from app.web import files as given
from core.blobs import BlobMissing
from core.work import open_work
from domain.conversations import files
from domain.conversations.permissions import FilesPermission

router = APIRouter(prefix="/console/@{workspace}/files")


@router.get("/{file_id}")
async def show(request: Request, visit: Annotated[Visit, may(FilesPermission.READ)], file_id: UUID) -> Response:
    """Give the bytes of a file; raises FileNotFound, and BlobMissing while they have not been fetched."""
    async with open_work(visit.principal) as work:
        file = await files.get(work, file_id)
    if file.sha256 is None:
        raise BlobMissing
    return await given.give(request, file.sha256, str(file.id), header=file.content_type)
