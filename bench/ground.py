"""The ground that figures stand on: a real, durable Postgres in a temporary folder, and a shop made through the services."""

import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
from cryptography.fernet import Fernet
from pydantic import SecretStr

from core import collector, db, observability
from core.access import Principal
from core.embedded import EmbeddedPostgres, start_postgres
from core.settings import get_settings
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.schemas import CreateWorkspace
from domain.catalog import editing, places
from domain.catalog import service as catalog
from domain.catalog.schemas import NewProduct, NewStore, NewUnit
from domain.connections import service as connections
from domain.connections.medium import Medium, Provider
from domain.connections.schemas import Credentials, NewConnection, WebhookAuthentication
from domain.conversations import service as conversations
from domain.conversations.content import Text
from domain.conversations.schemas import Incoming, Sender
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from migrations.upgrade import upgrade

LINE = "bench-line"
SECRET = "secret-of-the-bench"
SECRET_HEADER = "X-Nexova-Secret"
SKU = "HAR-1"
PRICE = Decimal(25000)

_KEY = Fernet.generate_key().decode()
"""One for all grounds, as a process reads its ring of keys once."""

_SURROUNDINGS = {
    "NEXOVA_ENV": "development",
    "BURST_WINDOW_SECONDS": "0",
    # A connection needs an address to be made; the processes of a figure are given one where something listens.
    "INFOBIP_BASE_URL": "http://127.0.0.1:9",
    "LLM_MODELS": "lexical",
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "INFO",
}
_NOT_OURS = ("DATABASE_URL", "REDIS_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_API_KEY")


@dataclass(frozen=True)
class Ground:
    """A migrated database in a folder of its own, which is also the data folder of a house."""

    folder: Path
    postgres: EmbeddedPostgres


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop with one line, and goods on its shelf."""

    workspace_id: UUID
    connection_id: UUID

    @property
    def principal(self) -> Principal:
        """The system, working in this shop."""
        return Principal.system(self.workspace_id)


@contextmanager
def ground() -> Iterator[Ground]:
    """Postgres as an installation has it, durable; call it from the main thread, outside any loop."""
    folder = Path(tempfile.mkdtemp(prefix="nexova-bench-"))
    before = dict(os.environ)
    for name in _NOT_OURS:
        os.environ.pop(name, None)
    os.environ.update(_SURROUNDINGS, NEXOVA_DATA_DIR=str(folder), NEXOVA_SECRET_KEYS=_KEY)
    get_settings.cache_clear()
    try:
        postgres = start_postgres(folder / "postgres")
        try:
            upgrade(postgres.url)
            yield Ground(folder, postgres)
        finally:
            postgres.stop()
    finally:
        os.environ.clear()
        os.environ.update(before)
        get_settings.cache_clear()
        shutil.rmtree(folder, ignore_errors=True)


def be_quiet() -> None:
    """Log as a worker does, and throw it away."""
    observability.configure_logging(get_settings(), "bench")
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - for as long as the process lives
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(nowhere)


@asynccontextmanager
async def connected(url: str, pool_size: int = 20) -> AsyncIterator[None]:
    """This process as a worker would be: connected, and with its log written to nowhere."""
    be_quiet()
    collector.come_seldom()
    collector.spare()
    db.connect(url, pool_size=pool_size)
    try:
        yield
    finally:
        await db.disconnect()


async def found_shop(slug: str = LINE, *, stock_of_each: int = 1_000_000) -> Shop:
    """A shop with three products and one WhatsApp line whose webhook has a static header."""
    principal = Principal.system(new_id())
    async with open_work(principal) as work:
        await accounts.create_workspace(
            work,
            CreateWorkspace(slug=slug, name="Abasto", currency="VES", timezone="America/Caracas", language="es", country="VE"),
        )
        connection = await connections.create(
            work,
            NewConnection(
                slug=slug,
                medium=Medium.WHATSAPP,
                provider=Provider.INFOBIP,
                name="WhatsApp",
                address=f"58{uuid4().int % 10**10:010d}",
                credentials=Credentials(
                    api_key=SecretStr("key-of-the-bench"),
                    webhook=WebhookAuthentication(method="header", header=SECRET_HEADER, secret=SecretStr(SECRET)),
                ),
            ),
        )
        await _stock_up(work, stock_of_each)
    return Shop(principal.workspace_id, connection.id)


async def _stock_up(work: Work, quantity: int) -> None:
    await places.create_unit(work, NewUnit(code="PZA", name="pieza", precision=0, aliases=("pza", "unidad")))
    store = await places.create_store(work, NewStore(code="T-1", name="Tienda Uno", city="Caracas"))
    products = (
        NewProduct(code=SKU, name="Harina P.A.N. Blanca", price=PRICE, synonyms=("harina pan",)),
        NewProduct(code="ACE-1", name="Aceite Mazeite 1 L", price=Decimal(45000), brand="Mazeite"),
        NewProduct(code="ARR-1", name="Arroz Mary 1 kg", price=Decimal(30000), brand="Mary"),
    )
    await editing.create_products(work, products)
    for product in products:
        variant = await catalog.get_variant(work, product.code)
        await stock.receive(work, store.id, [HoldLine(variant_id=variant.variant_id, quantity=Decimal(quantity))])


async def customer_writes(shop: Shop, phone: str, words: str) -> UUID:
    """Store a customer's message as the ingest does, without making a turn due; the conversation's id."""
    async with open_work(shop.principal) as work:
        received = await conversations.receive(
            work,
            await connections.get(work, shop.connection_id),
            Incoming(
                provider_message_id=f"wamid.{uuid4().hex}",
                sender=Sender(address=phone, phone=phone, name="Ana"),
                content=Text(text=words),
                received_at=work.now + timedelta(milliseconds=1),
                inbound_event_id=uuid4(),
            ),
        )
    return received.conversation_id


async def analyze(postgres: EmbeddedPostgres) -> None:
    """Let Postgres count its rows, as autovacuum would do after a while."""
    connection = await asyncpg.connect(postgres.url)
    await connection.execute("ANALYZE")
    await connection.close()
