"""The page with the phones: HTML, a style sheet and scripts of our own, without a build, worded by the catalogue."""

import html
import json
import re
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from core import messages
from core.errors import NotFound

_FOLDER = Path(__file__).parent / "page"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_ASSETS = {path.name: _TYPES[path.suffix] for path in _FOLDER.iterdir() if path.suffix in _TYPES}
_WORD = re.compile(r"\{\{([a-z_]+)\}\}")

# Pictures that the shop sends may lie anywhere, as on a real phone.
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob: http: https:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)

router = APIRouter()


def words(language: str) -> dict[str, str]:
    """All texts of the page, by their key without the area."""
    area = "sandbox.page."
    return {
        key.removeprefix(area): messages.text(key, language) for key in messages.catalogue(language) if key.startswith(area)
    }


def render(language: str) -> str:
    """The page in a language; `{{key}}` stands for a text, `{{all_words}}` for those that the script needs."""
    texts = words(language)
    data = json.dumps(texts, ensure_ascii=False).replace("<", "\\u003c")

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        return data if name == "all_words" else language if name == "language" else html.escape(texts[name])

    return _WORD.sub(fill, (_FOLDER / "phone.html").read_text(encoding="utf-8"))


@router.get("/sandbox")
@router.get("/sandbox/", include_in_schema=False)
async def show(request: Request, lang: str | None = None) -> HTMLResponse:
    """The phones of the customers, Spanish first."""
    language = messages.choose_language(lang)
    headers = {"Content-Security-Policy": _POLICY, "Content-Language": language}
    return HTMLResponse(render(language), headers=headers)


@router.get("/sandbox/assets/{name}")
async def asset(name: str) -> Response:
    """The page's own style sheet, scripts and icons."""
    if name not in _ASSETS:
        raise NotFound
    return FileResponse(_FOLDER / name, media_type=_ASSETS[name], headers={"Cache-Control": "no-cache"})
