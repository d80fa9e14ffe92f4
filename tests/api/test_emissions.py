"""Emissions over HTTP: sources, records with evidence, factors, totals, and the CSV for platforms."""

import csv
import io
from typing import Any

import httpx
import pytest

from domain.emissions import platforms
from domain.emissions.platforms import COLUMNS
from tests.factories.staff import employ
from tests.factories.workspaces import make_workspace

DAYS = {"first_day": "2025-01-01", "last_day": "2025-12-31"}


class Caller:
    """A person of a workspace and the API."""

    def __init__(self, api: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.api, self.headers = api, headers

    async def ask(self, method: str, path: str, status: int = 200, **more: Any) -> httpx.Response:
        headers = self.headers | more.pop("headers", {})
        answer = await self.api.request(method, f"/api/v1/emissions{path}", headers=headers, **more)
        assert answer.status_code == status, answer.text
        return answer


@pytest.fixture
async def owner(api: httpx.AsyncClient) -> Caller:
    return Caller(api, (await employ(api, await make_workspace())).headers)


async def make_source(caller: Caller, **more: Any) -> str:
    body = {"name": "Camión", "kind": "manual", "activity": "diesel", "unit": "l", "country": "México"} | more
    answer = await caller.ask("POST", "/sources", 201, json=body)
    id: str = answer.json()["id"]
    return id


async def test_a_record_is_told_proved_exported_and_withdrawn(owner: Caller) -> None:
    source = await make_source(owner)
    made = (await owner.ask("POST", f"/sources/{source}/records", 201, json=DAYS | {"amount": "100", "key": "F1"})).json()
    figure = made["figures"][0]
    assert (figure["scope"], figure["factor"]["source"][:12]) == (1, "GHG Protocol")
    path = f"/records/{made['id']}/evidence"
    assert (await owner.ask("PUT", path, params={"filename": "../a.pdf"}, content=b"%PDF-1.7 x")).json()["filename"] == "a.pdf"
    refused = await owner.ask("PUT", path, 409, params={"filename": "b.pdf"}, content=b"other")
    assert refused.json()["code"] == "emission_evidence_there"
    assert (await owner.ask("GET", path)).content == b"%PDF-1.7 x"
    sheet = (await owner.ask("GET", "/export", params=DAYS)).content.decode("utf-8-sig")
    head, line = csv.reader(io.StringIO(sheet))
    told = dict(zip(head, line, strict=True))
    assert tuple(head) == COLUMNS
    assert (told["record_id"], told["scope"], told["factor_id"]) == (made["id"], "1", figure["factor"]["id"])
    totals = (await owner.ask("GET", "/totals", params=DAYS | {"by": "source"})).json()
    assert [(row["name"], row["scope"]) for row in totals["rows"]] == [("Camión", 1)]
    await owner.ask("POST", f"/records/{made['id']}/withdraw", json={"reason": "twice"})
    assert (await owner.ask("GET", "/totals", params=DAYS)).json()["rows"] == []
    assert (await owner.ask("GET", "/records")).json()["data"][0]["withdrawn_reason"] == "twice"


async def test_a_file_of_records_is_whole_or_refused(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await make_source(owner)
    for month in ("01", "02", "03"):
        days = {"first_day": f"2025-{month}-01", "last_day": f"2025-{month}-28"}
        await owner.ask("POST", f"/sources/{source}/records", 201, json=days | {"amount": "10"})
    monkeypatch.setattr(platforms, "MOST", 2)
    refused = (await owner.ask("GET", "/export", 400, params=DAYS)).json()
    assert refused["code"] == "emission_export_too_long"
    assert "2" in refused["detail"]
    part = await owner.ask("GET", "/export", params=DAYS | {"last_day": "2025-02-28"})
    assert len(part.content.splitlines()) == 3


async def test_factors_are_searched_by_any_name_and_own_ones_come_first(owner: Caller) -> None:
    body = {"activity": "diesel", "unit": "l", "scope": 1, "country": "MX", "year": 2025, "source": "INECC", "co2": "2.6"}
    made = (await owner.ask("POST", "/factors", 201, json=body)).json()
    found = (await owner.ask("GET", "/factors", params={"search": "gasoil", "limit": 2})).json()
    assert found["data"][0] == made
    assert (made["is_own"], found["has_more"]) == (True, True)
    more = (await owner.ask("GET", "/factors", params={"search": "gasoil", "limit": 2, "cursor": found["next_cursor"]})).json()
    assert all(not one["is_own"] for one in more["data"])
    assert (await owner.ask("GET", f"/factors/{more['data'][0]['id']}")).json() == more["data"][0]
    for wrong in ({"co2e": "1"}, {"co2": "0"}, {"valid_to": 2020}, {"country": "Atlantis"}):
        await owner.ask("POST", "/factors", 422, json=body | wrong)


async def test_boundaries_and_sources_are_changed_at_the_version_that_was_seen(owner: Caller) -> None:
    seen = (await owner.ask("GET", "/inventory")).headers["etag"]
    changed = await owner.ask("PATCH", "/inventory", json={"boundary": "Toda la planta"}, headers={"if-match": seen})
    assert changed.json()["boundary"] == "Toda la planta"
    await owner.ask("PATCH", "/inventory", 412, json={"base_year": 2020}, headers={"if-match": seen})
    done = (await owner.ask("POST", "/recalculate", json={"reason": "AR6", "gwp": "AR6"})).json()
    assert (done["calculation"], done["gwp"]) == (2, "AR6")
    source = await make_source(owner)
    tag = (await owner.ask("GET", f"/sources/{source}")).headers["etag"]
    await owner.ask("PATCH", f"/sources/{source}", json={"is_active": False}, headers={"if-match": tag})
    refused = await owner.ask("POST", f"/sources/{source}/records", 400, json=DAYS | {"amount": "1"})
    assert refused.json()["code"] == "emission_source_refused"
    again = {"name": "camion", "kind": "manual", "activity": "diesel", "unit": "l"}
    assert (await owner.ask("POST", "/sources", 409, json=again)).json()["code"] == "emission_source_name_taken"
