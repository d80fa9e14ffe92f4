"""Predictions over HTTP: the form that clients expect, what is refused, and who may have forecasts made."""

from datetime import date, timedelta
from uuid import uuid4

import httpx

from core.access import Principal
from core.work import open_work
from domain.accounts.roles import Role
from domain.routines import service as routines
from domain.routines.kinds import RoutineName
from tests.factories.desk import Desk
from tests.factories.routines import run_routines
from tests.factories.sales import sold
from tests.factories.staff import employ


async def ask(desk: Desk, path: str) -> httpx.Response:
    return await desk.api.get(f"/api/v1{path}", headers=desk.owner.headers)


async def learn(desk: Desk) -> None:
    """Ninety days of sales, and forecasts made of them."""
    principal = desk.shop.principal
    async with open_work(principal) as work:
        await sold(work, desk.shop, {"HAR-1": [4.0, 5.0, 6.0] * 30})
    await run_routines(desk.shop.workspace_id, RoutineName.DEMAND_PROJECT, RoutineName.FORECAST_TRAIN)


async def test_a_prediction_is_asked_for_by_any_name_of_the_product(desk: Desk) -> None:
    refused = await ask(desk, "/predictions/HAR-1")
    assert (refused.status_code, refused.json()["code"]) == (503, "forecast_not_ready")
    assert refused.headers["retry-after"] == "60"
    await learn(desk)

    by_code = await desk.get("/predictions/HAR-1", days_ahead=7)
    assert by_code["product"]["code"] == "HAR-1"
    assert (by_code["days_ahead"], len(by_code["prediction"]["days"])) == (7, 7)
    assert 25 < by_code["prediction"]["total"]["value"] < 45
    first, last = (date.fromisoformat(by_code["prediction"][name]) for name in ("first", "last"))
    assert last - first == timedelta(days=6)
    variant = str(desk.shop.variants["HAR-1"])
    for name in (by_code["product"]["id"], variant):
        assert (await desk.get(f"/predictions/{name}", days_ahead=7))["prediction"] == by_code["prediction"]
    assert len((await desk.get("/predictions/HAR-1"))["prediction"]["days"]) == 30


async def test_what_is_not_known_is_refused_by_name(desk: Desk) -> None:
    await learn(desk)
    for path, status, code in (
        (f"/predictions/{uuid4()}", 404, "product_not_found"),
        ("/predictions/HAR-1?days_ahead=0", 422, "malformed"),
        ("/predictions/HAR-1?days_ahead=366", 422, "malformed"),
        (f"/predictions/HAR-1?store_id={uuid4()}", 404, "store_not_found"),
        ("/predictions/ACE-1", 409, "demand_unknown"),
        (f"/demand?store_id={uuid4()}&variant_id={uuid4()}&since=2026-01-01&until=2026-01-02", 404, "store_not_found"),
    ):
        answer = await ask(desk, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path


async def test_forecasts_are_listed_with_their_run(desk: Desk) -> None:
    await learn(desk)
    listed = (await desk.get("/forecasts", days_ahead=7))["data"]
    assert [one["variant_id"] for one in listed] == [str(desk.shop.variants["HAR-1"])]
    assert {"low", "value", "high"} == set(listed[0]["total"])
    run = await desk.get("/forecasts/run")
    assert run["series"] == 1
    assert {one["level"] for one in run["accuracy"]} == {"product_store", "product", "store", "total"}
    until = date.fromisoformat(run["first_day"])
    series = await desk.get(
        "/demand",
        store_id=str(desk.shop.store_id),
        variant_id=listed[0]["variant_id"],
        since=str(until - timedelta(days=3)),
        until=str(until - timedelta(days=1)),
    )
    assert [float(day["demand"]) for day in series["days"]] == [4, 5, 6]


async def test_training_is_for_administrators_and_brings_the_next_run_nearer(desk: Desk) -> None:
    await learn(desk)
    manager = await employ(desk.api, desk.workspace, Role.MANAGER)
    refused = await desk.post("/predictions/train", {}, manager)
    assert refused.status_code == 403
    assert (await desk.post("/predictions/train", {})).status_code == 202
    unknown = await desk.post("/predictions/train", {"import_id": str(uuid4())})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "import_not_found")
    async with open_work(Principal.system(desk.shop.workspace_id)) as work:
        due = {one.name: one.due_at for one in await routines.listing(work)}
        assert due[RoutineName.FORECAST_TRAIN] <= work.system_time
    shown = (await desk.get("/routines"))["data"]
    assert {one["name"] for one in shown} == {name.value for name in RoutineName}
