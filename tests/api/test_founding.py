"""A shop from nothing, and the demo shops with their people."""

import httpx
import pytest
from sqlalchemy import text

from app.demo import seed
from app.demo.schemas import demo_shops
from core.access import Principal
from core.work import open_identity_work, open_work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from tests.factories.staff import employ, make_person, sign_in
from tests.factories.workspaces import make_workspace

SHOP = {
    "slug": "abasto-nuevo",
    "name": "Abasto Nuevo",
    "currency": "VES",
    "country": "VE",
    "language": "es",
    "timezone": "America/Caracas",
    "stores": [{"code": "CCS-1", "name": "Centro", "city": "Caracas"}],
    "settings": {
        "opens_at": "08:00",
        "closes_at": "20:00",
        "delivery_fee": "15000.50",
        "payment_methods": [{"code": "pago_movil", "kind": "mobile", "name": "Pago Móvil"}],
    },
}


async def test_a_person_founds_a_shop_and_owns_it(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    made = await api.post("/api/v1/workspaces", headers=person.headers, json=SHOP)
    assert made.status_code == 201, made.text
    assert made.json()["settings"]["delivery_fee"] == "15000.50"
    mine = (await api.get("/api/v1/workspaces", headers=person.headers)).json()["data"]
    assert mine[0]["id"] == made.json()["id"]
    assert [(each["slug"], each["role"]) for each in mine] == [("abasto-nuevo", "owner")]
    headers = person.headers | {"x-workspace-id": made.json()["id"]}
    assert (await api.get("/api/v1/products", headers=headers)).json()["data"] == []
    async with open_work(Principal.system(made.json()["id"])) as work:
        assert [store.code for store in await catalog.stores(work)] == ["CCS-1"]
        assert len(await catalog.units(work)) == 4


async def test_a_shop_is_founded_once_whatever_happens_to_the_answer(api: httpx.AsyncClient) -> None:
    person = await make_person(api)
    headers = person.headers | {"idempotency-key": "my-shop"}
    first = await api.post("/api/v1/workspaces", headers=headers, json=SHOP)
    second = await api.post("/api/v1/workspaces", headers=headers, json=SHOP)
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    taken = await api.post("/api/v1/workspaces", headers=person.headers, json=SHOP)
    assert (taken.status_code, taken.json()["code"]) == (409, "workspace_exists")
    other = await make_person(api)
    theirs = await api.post(
        "/api/v1/workspaces", headers=other.headers | {"idempotency-key": "my-shop"}, json=SHOP | {"slug": "otro"}
    )
    assert theirs.status_code == 201
    assert theirs.json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    "wrong",
    [{"currency": "ZZZ"}, {"country": "ve"}, {"timezone": "Mars/North"}, {"language": "xx"}, {"slug": "No"}, {"stores": []}],
)
async def test_a_shop_that_makes_no_sense_is_refused_and_leaves_nothing(
    api: httpx.AsyncClient, wrong: dict[str, object]
) -> None:
    person = await make_person(api)
    answer = await api.post("/api/v1/workspaces", headers=person.headers, json=SHOP | wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert (await api.get("/api/v1/workspaces", headers=person.headers)).json()["data"] == []


async def test_a_shop_that_is_given_up_is_closed_to_all_and_can_be_brought_back(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner = await employ(api, workspace)
    path = f"/api/v1/workspaces/{workspace.id}"
    changed = await api.patch(path, headers=owner.headers | {"if-match": '"v1"'}, json={"name": "Otro nombre"})
    assert (changed.json()["name"], changed.headers["etag"]) == ("Otro nombre", '"v2"')
    why = {"reason": "cerramos"}
    assert (await api.delete(path, params=why, headers=owner.headers | {"if-match": '"v1"'})).status_code == 412
    assert (await api.delete(path, params=why, headers=owner.headers | {"if-match": '"v2"'})).status_code == 204
    assert (await api.get(path, headers=owner.headers)).status_code == 404
    assert (await api.get("/api/v1/workspaces", headers=owner.headers)).json()["data"] == []
    async with open_work(Principal.system(workspace.id)) as work:
        await accounts.restore_workspace(work)
    assert (await api.get(path, headers=owner.headers)).status_code == 200


async def test_the_people_of_the_demo_can_sign_in(api: httpx.AsyncClient) -> None:
    shop = next(shop for shop in demo_shops() if shop.workspace.slug == "fluxion")
    small = shop.model_copy(update={"categories": shop.categories[:1]})
    await seed.make(small)
    answer = await sign_in(api, "gerente@supermercadochacao.com", "admin123")
    assert answer.status_code == 200
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    mine = (await api.get("/api/v1/auth/me", headers=headers)).json()["workspaces"]
    assert [(each["slug"], each["role"]) for each in mine] == [("fluxion", "manager")]
    assert len(mine[0]["store_ids"]) == 1
    async with open_identity_work() as work:
        assert await work.session.scalar(text("SELECT count(*) FROM credentials")) == len(shop.users)
