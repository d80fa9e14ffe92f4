"""Pictures and documents for a chat, for the provider that fetches them: whoever has the address has been given it."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from itsdangerous import BadSignature

from app.web import files, signed
from core.blobs import BlobMissing
from core.filetypes import PICTURES

router = APIRouter()

_SENT: Final = PICTURES | {"application/pdf"}
"""A provider takes a file for what its answer says that it is."""


@router.get("/pictures/{token}")
async def show(request: Request, token: str) -> Response:
    """Give a file."""
    try:
        key = str(signed.serializer("picture").loads(token))
    except BadSignature as error:
        raise BlobMissing(token[:20]) from error
    return await files.give(request, key, "file", shown=_SENT)
