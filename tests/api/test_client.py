"""A typed client, generated from the document by a generator that others use, plays a shop's whole day over real HTTP."""

import importlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Self
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from app.web.server import create_app
from core.settings import get_settings
from tests.api.walking import operations
from tests.drain import drain
from tests.factories.staff import PASSWORD, make_person

PACKAGE = "shop_client"
PRODUCTS = "Código;Nombre;Precio\nARR-1;Arroz 1 kg;2,50\nCAF-1;Café 500 g;8,75\n"
COUNTED = "Código;Existencia\nARR-1;40\nCAF-1;10\n"


BYTES = {"application/x-ndjson": "application/octet-stream"}
"""What the generator does not know is bytes to it."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def documented() -> FastAPI:
    """An application that is asked for its document and never started."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/nowhere")
        patch.setenv("REDIS_URL", "redis://127.0.0.1:9")
        get_settings.cache_clear()
        made = create_app(get_settings())
        get_settings.cache_clear()
    return made


@pytest.fixture(scope="module")
def generated(documented: FastAPI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the client stands, made from the document of the application without a word of complaint."""
    tmp_path = tmp_path_factory.mktemp("client")
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(documented.openapi()), encoding="utf-8")
    config = Config.from_sources(
        ConfigFile(post_hooks=[], content_type_overrides=BYTES),
        MetaType.NONE,
        document,
        "utf-8",
        overwrite=False,
        output_path=tmp_path / PACKAGE,
    )
    assert [(each.header, each.detail) for each in generate(config=config)] == []
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path / PACKAGE
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


class Program:
    """A program that knows of the shop what the generated client says, and nothing else."""

    def __init__(self, address: str, token: str = "", workspace_id: UUID | None = None) -> None:
        package = importlib.import_module(PACKAGE)
        named = {"x-workspace-id": str(workspace_id)} if workspace_id else {}
        self._client = (
            package.AuthenticatedClient(base_url=address, token=token, headers=named)
            if token
            else package.Client(base_url=address)
        )
        self.models: Any = importlib.import_module(f"{PACKAGE}.models")
        self.types: Any = importlib.import_module(f"{PACKAGE}.types")

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.__aexit__(*error)

    async def __call__(self, operation: str, *path: object, **given: Any) -> Any:
        """Do one operation, named as in the document; its typed answer."""
        answer = await self._module(operation).asyncio_detailed(*path, client=self._client, **given)
        assert answer.status_code < 300, (operation, answer.content)
        assert type(answer.parsed).__module__.startswith(PACKAGE), operation
        return answer.parsed

    def _module(self, operation: str) -> ModuleType:
        (found,) = (Path(importlib.import_module(PACKAGE).__path__[0]) / "api").glob(f"*/{operation}.py")
        return importlib.import_module(f"{PACKAGE}.api.{found.parent.name}.{operation}")

    async def load(self, sheet: str) -> Any:
        """Load a sheet, and what became of it."""
        file = self.types.File(payload=io.BytesIO(sheet.encode()), file_name="hoja.csv", mime_type="text/csv")
        begun = await self("imports_create", body=self.models.ImportsCreateBody(file=file))
        await drain()
        return await self("imports_get", begun.id)


def test_the_client_has_every_operation(documented: FastAPI, generated: Path) -> None:
    made = {path.stem for path in (generated / "api").glob("*/*.py")} - {"__init__"}
    assert made == {each.id.rstrip("_") for each in operations(documented)}


async def found(owner: Program) -> Any:
    """Found a shop with one store."""
    m = owner.models
    method = m.PaymentMethod(code="pago_movil", kind=m.PaymentMethodKind.MOBILE, name="Pago Móvil")
    body = m.FoundWorkspace(
        slug="abasto-del-dia",
        name="Abasto del Día",
        currency="VES",
        country="VE",
        timezone="America/Caracas",
        stores=[m.NewStore(code="CCS-1", name="Centro", city="Caracas")],
        settings=m.WorkspaceSettingsInput(delivery_fee="3.00", payment_methods=[method]),
    )
    return await owner("workspaces_found", body=body)


async def test_a_program_plays_the_whole_day_of_a_shop(api: httpx.AsyncClient, address: str, generated: Path) -> None:
    person = await make_person(api)
    async with Program(address) as stranger:
        body = stranger.models.Login(email=person.email, password=PASSWORD)
        token = (await stranger("auth_login", body=body)).access_token
    async with Program(address, token) as owner:
        workspace = await found(owner)
    async with Program(address, token, workspace.id) as shop:
        m = shop.models

        # Loaded
        assert (await shop.load(PRODUCTS)).inserted == 2
        counted = await shop.load(COUNTED)
        assert (counted.status, counted.failed) == (m.ImportStatus.COMPLETED, 0)

        # Sold
        customer = await shop("customers_create", body=m.NewCustomer(name="Ana Paz", phone="+58 412 1234567"))
        order = await shop(
            "orders_create",
            body=m.NewOrder(
                customer_id=customer.id,
                lines=[m.WantedLine(sku="CAF-1", quantity="3")],
                fulfilment=m.Fulfilment.DELIVERY,
                address="Av. Urdaneta, edificio 5",
                payment_method="pago_movil",
            ),
            idempotency_key="day-1",
        )
        placed = await shop("orders_confirm", order.id)
        assert (placed.status, placed.total) == (m.OrderStatus.CONFIRMED, "29.25")

        # Paid
        claim = await shop(
            "payments_enter", order.id, body=m.EnterPayment(method="pago_movil", amount="29.25", reference="004512")
        )
        assert claim.status == m.PaymentState.CLAIMED
        verified = await shop("payments_verify", claim.id, body=m.VerifyPayment())
        assert verified.status == m.PaymentState.VERIFIED

        # Brought
        await shop("orders_pack", order.id)
        await shop("orders_ship", order.id, body=m.ShipOrder())
        assert (await shop("orders_deliver", order.id)).status == m.OrderStatus.DELIVERED

        # One comes back, and its money goes back
        line = m.QuantityLine(variant_id=order.lines[0].variant_id, quantity="1")
        back = await shop("returns_request", body=m.NewReturn(order_id=order.id, lines=[line], reason="molido, no en grano"))
        arrived = m.ArrivedLine(variant_id=line.variant_id, received="1", resellable="1")
        await shop("returns_receive", back.id, body=m.Arrival(key="a", lines=[arrived]))
        money = m.MoneyBack(key="r", lines=[line], reason="devuelto", method="pago_movil")
        settled = await shop("returns_refund", back.id, body=money)
        assert [note.amount for note in settled.credit_notes] == ["8.75"]

        # What the day left
        detail = await shop("orders_get", order.id)
        assert (detail.payment_status, detail.refunded) == (m.PaymentStatus.PAID, "8.75")
        levels = (await shop("stock_list")).data
        assert sorted(float(level.on_hand) for level in levels) == [8.0, 40.0]
