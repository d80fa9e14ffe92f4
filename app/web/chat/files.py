"""The files of the web chat: a small script for each line, and behind it one set for all of them, kept for ever by its name."""

import gzip
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web.chat.origins import PREFIX
from app.web.chat.visits import Named
from core import messages
from core.errors import NotFound

router = APIRouter(prefix=PREFIX)

ASSETS: Final = Path(__file__).parent / "assets"
LOADER: Final = "loader.js"

_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_HEADERS: Final = {
    # A page of any origin may load the files; which may use a chat is asked where something is said.
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "vary": "accept-encoding",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_A_WHILE: Final = "public, max-age=300"


@lru_cache
def files() -> dict[str, bytes]:
    """The files of this release by their names."""
    return {path.name: path.read_bytes() for path in sorted(ASSETS.iterdir()) if path.suffix in _TYPES}


@lru_cache
def release() -> str:
    """The name of the files of this release: they may be kept for ever, as others have another name."""
    digest = hashlib.sha256()
    for name, content in files().items():
        digest.update(name.encode() + content)
    return digest.hexdigest()[:12]


@lru_cache(maxsize=256)
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _answer(request: Request, content: bytes, suffix: str, kept: str) -> Response:
    headers = {**_HEADERS, "cache-control": kept}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["content-encoding"] = _packed(content), "gzip"
    return Response(content, media_type=_TYPES[suffix], headers=headers)


@router.get("/-/{of}/{name}")
async def asset(request: Request, of: str, name: str) -> Response:
    """A script or a style of this release."""
    if of != release() or name not in files() or name == LOADER:
        raise NotFound
    return _answer(request, files()[name], Path(name).suffix, _FOR_EVER)


@router.get("/{slug}.js")
async def loader(request: Request, named: Named) -> Response:
    """The script that a page of the shop names: a button, and nothing more before it is touched."""
    about = {
        "line": named.slug,
        "title": named.name,
        "release": release(),
        "labels": {language: messages.text("webchat.open", language, shop=named.name) for language in messages.LANGUAGES},
    }
    filled = files()[LOADER].replace(b'"{{chat}}"', json.dumps(about).encode())
    return _answer(request, filled, ".js", _A_WHILE)
