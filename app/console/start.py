"""Where the console begins: the way into a workspace, the choice among several, manners, and files of the pages."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from app.console import manners
from app.console.catalogue import PAGES
from app.console.forms import OwnForm
from app.console.manners import Language, Manners, Scheme
from app.console.rendering import ASSETS, page, version
from app.console.visits import LAST_WORKSPACE, SignedIn
from core.errors import NotFound
from domain.accounts import people

router = APIRouter()
last = APIRouter()
"""What stands behind every other address of the console."""

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = {path.name: _TYPES[path.suffix] for path in ASSETS.iterdir() if path.suffix in _TYPES}
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


@router.get("/console/assets/{release}/{name}")
async def asset(release: str, name: str) -> Response:
    """A style, a script or a drawing of this release."""
    if release != version() or name not in _FILES:
        raise NotFound
    return FileResponse(ASSETS / name, media_type=_FILES[name], headers=_FOR_EVER)


@router.post("/console/manners")
async def choose_manners(
    request: Request,
    own: OwnForm,
    going: Annotated[str, Form(max_length=500)] = "/console",
    language: Annotated[Language | None, Form()] = None,
    scheme: Annotated[Scheme | None, Form()] = None,
) -> Response:
    """Keep a language or colours on this device."""
    before = manners.of(request)
    chosen = Manners(language or before.language, scheme or before.scheme)
    answer = RedirectResponse(going if going.startswith(("/console", "/account/")) else "/console", 303)
    answer.set_cookie(manners.COOKIE, chosen.cookie, max_age=400 * 24 * 3600, path="/", httponly=True, samesite="lax")
    return answer


@router.get("/console/workspaces")
async def workspaces(request: Request, visitor: SignedIn) -> Response:
    """Show where somebody works."""
    found = (await people.profile(visitor.person.user_id)).workspaces
    return page(request, "workspaces.html", visitor, workspaces=found)


async def _go(request: Request, visitor: SignedIn, path: str) -> Response:
    slugs = [each.slug for each in (await people.profile(visitor.person.user_id)).workspaces]
    kept = request.cookies.get(LAST_WORKSPACE)
    if kept not in slugs and len(slugs) != 1:
        return RedirectResponse("/console/workspaces", 303)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/console/@{kept if kept in slugs else slugs[0]}/{path}{query}", 303)


@router.get("/console")
@router.get("/console/")
async def start(request: Request, visitor: SignedIn) -> Response:
    """Go to the workspace that was open last, or let one be chosen."""
    return await _go(request, visitor, "home")


@last.get("/console/{path:path}")
async def short(request: Request, visitor: SignedIn, path: str) -> Response:
    """Go to a page that is named without its workspace, such as `/console/inbox`."""
    if path.split("/")[0] not in {each.path for each in PAGES}:
        raise NotFound
    return await _go(request, visitor, path)
