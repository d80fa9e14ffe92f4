"""The older paths do what the newer do, with the same rights, and say which took their place."""

from decimal import Decimal

import httpx
import pytest

from app.web.api.aliases import ALIASES
from domain.accounts.roles import Role
from tests.factories.chat import level, placed
from tests.factories.desk import Desk
from tests.factories.staff import employ


async def ask(desk: Desk, method: str, path: str, **asked: object) -> httpx.Response:
    headers = desk.owner.headers | dict(asked.pop("headers", {}))  # type: ignore[call-overload]  # what a test gives
    return await desk.api.request(method, path, headers=headers, **asked)  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("old", "new"), [("/api/v1/inventory", "/stock"), ("/api/inventario", "/products"), ("/api/categorias", "/categories")]
)
async def test_a_list_is_the_same_by_either_path(desk: Desk, old: str, new: str) -> None:
    answer = await ask(desk, "GET", old)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"] == (await desk.get(new))["data"]
    assert answer.headers["deprecation"].startswith("@")
    assert answer.headers["link"] == f'</api/v1{new}>; rel="successor-version"'


async def test_a_level_is_corrected_once_under_a_key(desk: Desk) -> None:
    body = {
        "store_id": str(desk.shop.store_id),
        "variant_id": str(desk.shop.variants["HAR-1"]),
        "delta": "-2",
        "reason": "rotura",
    }
    for _ in range(2):
        answer = await ask(desk, "POST", "/api/v1/inventory/adjust", json=body, headers={"idempotency-key": "a"})
        assert answer.status_code == 201, answer.text
    assert await level(desk.chat, "HAR-1") == (Decimal(8), Decimal(0))


async def test_a_file_is_taken_at_the_older_door(desk: Desk) -> None:
    sheet = b"codigo;nombre;precio\nNUE-1;Nuevo;100\n"
    for path in ("/process-excel", "/api/v1/products/import"):
        answer = await ask(desk, "POST", path, files={"file": ("lista.csv", sheet, "text/csv")}, data={"dry_run": "true"})
        assert (answer.status_code, answer.json()["status"]) == (202, "pending"), answer.text


async def test_statistics_have_their_older_names(desk: Desk) -> None:
    await placed(desk.chat, {"HAR-1": 2})
    answer = await ask(desk, "GET", "/api/statistics", params={"tipo": "venta", "tiendas": f"{desk.shop.store_id},"})
    (flour,) = answer.json()["data"]
    assert (flour["codigo"], flour["total_cantidad"], flour["num_tiendas"], flour["total_valor"]) == (
        "HAR-1",
        "2.000",
        1,
        "50000.00",
    )
    refused = await ask(desk, "GET", "/api/statistics", params={"tiendas": "all"})
    assert (refused.status_code, refused.json()["code"]) == (400, "stores_unreadable")


async def test_an_alias_gives_no_right(desk: Desk) -> None:
    viewer = await employ(desk.api, desk.workspace, Role.VIEWER)
    for method, old, *_ in ALIASES:
        path = old.replace("{code}", "HAR-1")
        assert (await desk.api.request(method, path)).status_code == 401, old
        if method != "GET":
            answer = await desk.api.request(method, path, headers=viewer.headers | {"if-match": '"v1"'}, json={})
            assert answer.status_code == 403, (old, answer.text)
