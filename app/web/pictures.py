"""Pictures that were drawn for a chat, for the provider that fetches them: whoever has the address has been given it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from itsdangerous import BadSignature

from app.web import signed
from core.blobs import BlobMissing, open_blobs

router = APIRouter()


@router.get("/pictures/{token}")
async def show(request: Request, token: str) -> Response:
    """Give a picture."""
    try:
        key = str(signed.serializer("picture").loads(token))
    except BadSignature as error:
        raise BlobMissing(token[:20]) from error
    content = await open_blobs(request.app.state.settings).get(key)
    headers = {"cache-control": "private, max-age=3600", "x-content-type-options": "nosniff"}
    return Response(content, media_type="image/png", headers=headers)
