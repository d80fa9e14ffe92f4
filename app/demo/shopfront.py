"""The page of a demo shop as its customers see it: the goods of the real catalogue, and the web chat as any page has it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from markupsafe import Markup

from app.demo.schemas import DemoShop, demo_shops
from core import messages
from core.access import Principal
from core.errors import NotFound
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceView
from domain.catalog import service as catalog
from domain.catalog.listed import ListedProduct, ProductFilter
from domain.catalog.listing import list_catalogue
from domain.catalog.schemas import CategoryView
from domain.connections import service as connections
from domain.connections import webchat
from domain.connections.medium import Provider
from domain.connections.schemas import NewWebChat

PREFIX: Final = "/shop"

router = APIRouter(prefix=PREFIX)

_FOLDER: Final = Path(__file__).parent / "shop"
_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}
_MOST: Final = 300
_COLORS: Final = ("#0b6b57", "#7a3e9d", "#9a3412", "#1d4f91")
_HUES: Final = 8

_HEADERS: Final = {
    # The pictures of goods may lie anywhere; the chat needs its own script, and the files of its own thread.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob: http: https:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "permissions-policy": "camera=(), geolocation=(self), microphone=()",
}


async def ensure_chat(work: Work, shop: DemoShop) -> None:
    """See that a demo shop has a web chat on its page, whenever it was made."""
    if await _line(work) is None:
        command = NewWebChat(slug=f"{shop.workspace.slug}-web", name=shop.workspace.name, store=shop.connections[0].store)
        await webchat.open_on_page(work, command)


async def _line(work: Work) -> str | None:
    lines = await connections.all_of_workspace(work)
    return next((line.slug for line in lines if line.provider is Provider.WEB and line.is_active), None)


@lru_cache
def _shops() -> dict[str, DemoShop]:
    return {shop.workspace.slug: shop for shop in demo_shops()}


@router.get("/-/{name}")
async def asset(name: str) -> Response:
    """A style or a script of the pages."""
    if name not in {path.name for path in _FOLDER.iterdir() if path.suffix in _TYPES}:
        raise NotFound
    path = _FOLDER / name
    return FileResponse(path, media_type=_TYPES[path.suffix], headers={"cache-control": "no-cache"})


@router.get("")
@router.get("/")
async def index(request: Request, lang: str | None = None) -> HTMLResponse:
    """The demo shops."""
    language = messages.choose_language(lang or request.headers.get("accept-language"))
    links = Markup("").join(
        Markup('<li><a href="{}/{}?lang={}"><b>{}</b> <small>{}</small></a></li>').format(
            PREFIX, slug, language, shop.workspace.name, shop.connections[0].name
        )
        for slug, shop in _shops().items()
    )
    title = messages.text("webchat.shop.all", language)
    body = Markup('<main class="all"><h1>{}</h1><ul>{}</ul></main>').format(title, links)
    return _page(language, title, body)


@router.get("/{slug}")
async def show(request: Request, slug: str, lang: str | None = None) -> HTMLResponse:
    """The page of one of them."""
    found = next((each for each in await accounts.list_workspaces() if each.slug == slug and each.is_active), None)
    if found is None or slug not in _shops():
        raise NotFound
    async with open_work(Principal.system(found.id)) as work:
        workspace = await accounts.get_workspace(work)
        line = await _line(work)
        goods = (await list_catalogue(work, ProductFilter(is_in_stock=True), limit=_MOST)).items
        aisles = _named(await catalog.categories(work))
    language = messages.choose_language(lang or workspace.language)
    color = _COLORS[list(_shops()).index(slug) % len(_COLORS)]
    script = Markup("")
    if line is not None:
        script = Markup('<script src="/chat/{}.js" async data-language="{}" data-color="{}"></script>').format(
            line, language, color
        )
    return _page(language, workspace.name, _body(workspace, goods, aisles, language) + script)


def _named(categories: Sequence[CategoryView]) -> dict[str, str]:
    """The names of all categories by their paths, as they stand in the shop."""
    found: dict[str, str] = {}
    for category in categories:
        found |= {category.path: category.name} | _named(category.children)
    return found


def _body(workspace: WorkspaceView, goods: Sequence[ListedProduct], aisles: Mapping[str, str], language: str) -> Markup:
    shelves: dict[str, list[ListedProduct]] = {}
    order = {path: place for place, path in enumerate(aisles)}
    for product in sorted(goods, key=lambda each: order.get(each.category or "", len(order))):
        shelves.setdefault(aisles.get(product.category or "", ""), []).append(product)
    say = {key: messages.text(f"webchat.shop.{key}", language) for key in ("others", "ask", "aisles", "welcome", "write")}
    links = Markup("").join(
        Markup('<a href="#c{}">{}</a>').format(number, name or say["others"]) for number, name in enumerate(shelves)
    )
    sections = Markup("").join(
        Markup('<section id="c{0}"><h2>{1}</h2><ul class="shelf">{2}</ul></section>').format(
            number,
            name or say["others"],
            Markup("").join(_card(workspace, each, number, say["ask"], language) for each in shelf),
        )
        for number, (name, shelf) in enumerate(shelves.items())
    )
    return Markup(
        '<header><a class="brand" href="{}">{}</a><nav aria-label="{}">{}</nav></header>'
        '<div class="hero"><h1>{}</h1><p>{}</p><button type="button" data-open>{}</button></div><main>{}</main>'
    ).format(
        f"{PREFIX}/{workspace.slug}",
        workspace.name,
        say["aisles"],
        links,
        workspace.name,
        say["welcome"],
        say["write"],
        sections,
    )


def _card(workspace: WorkspaceView, product: ListedProduct, number: int, ask: str, language: str) -> Markup:
    price = messages.money(Decimal(product.price), workspace.currency, workspace.country, language)
    picture = Markup('<span class="picture hue-{}" aria-hidden="true">{}</span>').format(number % _HUES, product.name[:1])
    if product.image_url:
        picture = Markup('<img class="picture" src="{}" alt="" loading="lazy">').format(product.image_url)
    return Markup(
        '<li class="card">{}<b>{}</b><small>{}</small><span class="price">{}</span>'
        '<button type="button" data-ask="{}" data-name="{}">{}</button></li>'
    ).format(picture, product.name, product.brand or "", price, product.code, product.name, ask)


def _page(language: str, title: str, body: Markup) -> HTMLResponse:
    head = Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{}</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="{}/-/shop.css"><script type="module" src="{}/-/shop.js"></script>'
        "</head><body>{}</body></html>"
    )
    return HTMLResponse(head.format(language, title, PREFIX, PREFIX, body), headers=_HEADERS)
