"""Seeding: each demo shop is made whole in one transaction, or not at all; a shop that exists is left alone."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import SecretStr

from app.demo import life
from app.demo.people import DEMO_PASSWORD
from app.demo.schemas import DemoCategory, DemoProduct, DemoShop, cost_of, demo_shops
from app.demo.shopfront import ensure_chat
from app.demo.simulation import DAYS, Line, Shelf, simulate
from core.access import Principal
from core.observability import log
from core.settings import get_settings
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts import people
from domain.accounts import service as accounts
from domain.accounts.errors import WorkspaceExists
from domain.accounts.schemas import WorkspaceView
from domain.catalog import categories, editing, places
from domain.catalog import service as catalog
from domain.catalog.schemas import NewCategory, StoreView
from domain.connections import service as connections
from domain.connections.medium import Medium, Provider
from domain.connections.schemas import ConnectionSettings, Credentials, NewConnection, WebhookAuthentication
from domain.connections.templates import ApprovedTemplate, TemplatePrices
from domain.customers import service as customers
from domain.customers.schemas import NewCustomer
from domain.founding.schemas import UNITS
from domain.stock import importing
from domain.stock.schemas import Place
from domain.suppliers import service as suppliers
from domain.suppliers.schemas import NewSupplier, SupplierProductInput

_log = log(__name__)

CODE_TEMPLATE = "codigo_de_acceso"
"""The template that proves a telephone to the web chat; the sandbox knows every template."""

_PRICES = TemplatePrices(currency="USD", utility=Decimal("0.0113"), marketing=Decimal("0.074"))

_SOUTHERN = frozenset({"AR", "CL", "UY", "PY", "BO", "PE", "BR"})


async def seed_demo(remember: life.Remember | None = None, templates: Sequence[ApprovedTemplate] = ()) -> list[str]:
    """Make the demo shops that are missing, with lines that have these templates; the slugs of those that were made.

    Where there are phones that `remember` what was said, the shops have had some weeks of orders and conversations.
    """
    existing = {workspace.slug: workspace.id for workspace in await accounts.list_workspaces()}
    made = []
    for shop in demo_shops():
        if (made_before := existing.get(shop.workspace.slug)) is not None:
            async with open_work(Principal.system(made_before)) as work:
                await ensure_chat(work, shop)
            continue
        try:
            movements = await make(shop, templates)
        except WorkspaceExists:
            continue  # another process was faster; its shop is whole
        _log.info("demo.seeded", workspace=shop.workspace.slug, movements=movements)
        made.append(shop.workspace.slug)
    if remember is not None:
        ids = {workspace.slug: workspace.id for workspace in await accounts.list_workspaces()}
        for shop in demo_shops():
            if await life.liven(shop, ids[shop.workspace.slug], remember):
                _log.info("demo.livened", workspace=shop.workspace.slug)
    return made


async def make(shop: DemoShop, templates: Sequence[ApprovedTemplate] = ()) -> int:
    """Make one demo shop with its people; how many movements of stock it has had. Raises WorkspaceExists."""
    for user in shop.users:
        await people.create_account(user.email, user.name, DEMO_PASSWORD)
    async with open_work(Principal.system(new_id())) as work:
        return await _seed(work, shop, templates)


async def _seed(work: Work, shop: DemoShop, templates: Sequence[ApprovedTemplate]) -> int:
    workspace = await accounts.create_workspace(work, shop.workspace)
    for unit in UNITS:
        await places.create_unit(work, unit)
    stores = {}
    for store in shop.stores:
        stores[store.code] = await places.create_store(work, store.as_command())
    await _seed_catalogue(work, shop)
    for user in shop.users:
        store_ids = [stores[user.store].id] if user.store else None
        await accounts.add_member(work, user.email, user.name, user.role, store_ids)
    for customer in shop.customers:
        await customers.create(work, NewCustomer.model_validate(customer.model_dump()))
    await _seed_suppliers(work, shop)
    await _seed_connections(work, shop, templates)
    await ensure_chat(work, shop)
    return await _seed_stock(work, shop, workspace, stores)


async def _seed_catalogue(work: Work, shop: DemoShop) -> None:
    paths: dict[str, str] = {}
    for category in shop.categories:
        parent = paths[category.parent] if category.parent else None
        paths[category.name] = (await categories.create_category(work, NewCategory(name=category.name, parent=parent))).path
    for phrase, expansion in shop.expansions:
        await editing.add_expansion(work, phrase, expansion)
    await editing.create_products(
        work,
        [shop.as_command(number, category, paths[category.name], product) for number, category, product in shop.numbered],
    )


async def _seed_suppliers(work: Work, shop: DemoShop) -> None:
    sold = [(product.supplier, sku, category, product) for _, category, product in shop.numbered for sku in shop.skus(product)]
    variants = await catalog.variants_by_sku(work, [sku for _, sku, _, _ in sold])
    made: dict[str, UUID] = {}
    for name, sku, category, product in sold:
        if name is None:
            continue
        if name not in made:
            made[name] = (await suppliers.create(work, NewSupplier(name=name))).id
        cost = cost_of(category, product)
        line = SupplierProductInput(variant_id=variants[sku].variant_id, pack_cost=cost, is_preferred=True)
        await suppliers.set_product(work, made[name], line)


async def _seed_connections(work: Work, shop: DemoShop, templates: Sequence[ApprovedTemplate]) -> None:
    settings = get_settings()
    api_key = settings.infobip_api_key or SecretStr(secrets.token_urlsafe(24))
    for line in shop.connections:
        webhook = WebhookAuthentication(method="token", token=SecretStr(secrets.token_urlsafe(24)))
        await connections.create(
            work,
            NewConnection(
                slug=line.slug,
                medium=Medium.WHATSAPP,
                provider=Provider.SANDBOX if settings.sandbox_enabled else Provider.INFOBIP,
                name=line.name,
                address=line.address,
                credentials=Credentials(api_key=api_key, webhook=webhook),
                settings=ConnectionSettings(
                    store=line.store,
                    code_template=CODE_TEMPLATE if settings.sandbox_enabled else None,
                    templates=tuple(templates),
                    template_prices=_PRICES if templates else TemplatePrices(),
                ),
            ),
        )


async def _seed_stock(work: Work, shop: DemoShop, workspace: WorkspaceView, stores: dict[str, StoreView]) -> int:
    today = workspace.today(work.now)
    skus = [(sku, category, product) for _, category, product in shop.numbered for sku in shop.skus(product)]
    variants = await catalog.variants_by_sku(work, [sku for sku, _, _ in skus])
    lines: list[Line] = []
    for number, (sku, category, product) in enumerate(skus):
        places = {code: Place(store.id, variants[sku].variant_id) for code, store in stores.items()}
        lines.append(_line(shop, category, product, sku, number, places))
    ledger, limits = simulate(
        shop.workspace.slug,
        lines,
        workspace.zone,
        today - timedelta(days=DAYS),
        southern=workspace.country in _SOUTHERN,
    )
    return await importing.import_ledger(work, ledger, limits)


def _line(
    shop: DemoShop,
    category: DemoCategory,
    product: DemoProduct,
    sku: str,
    number: int,
    places: dict[str, Place],
) -> Line:
    daily = category.daily if product.daily is None else product.daily
    per_size = daily / max(1, len(product.sizes)) * (1.4 if product.sizes else 1)
    shelves = tuple(
        Shelf(
            store=store.code,
            place=places[store.code],
            daily=per_size * float(store.share),
            is_open_on_sunday="domingo" in str(store.attributes.get("opening_hours", "")),
            is_sold_out=sku in shop.sold_out.get(store.code, ()),
        )
        for store in shop.stores
    )
    return Line(
        number=number,
        sku=sku,
        price=Decimal(product.price),
        cost=cost_of(category, product),
        is_weighed=product.unit in {"KG", "LT", "M"} and product.step is None,
        season=category.season,
        shelves=shelves,
    )
