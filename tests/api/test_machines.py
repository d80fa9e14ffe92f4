"""Machines over HTTP: registering them, and readings in the forms that devices send."""

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.web.api import ingest
from connectors.edge.box import Box
from connectors.edge.buffer import Buffer
from tests.factories.plant import START, reading
from tests.factories.staff import employ
from tests.factories.workspaces import make_workspace


class Line:
    """A plant of one machine and two sensors, made over HTTP, and the key of its device."""

    def __init__(
        self, api: httpx.AsyncClient, owner: dict[str, str], workspace_id: UUID, machine_id: str, sensor_id: str, key: str
    ) -> None:
        self.api, self.owner, self.workspace_id = api, owner, workspace_id
        self.machine_id, self.sensor_id, self.key = machine_id, sensor_id, key

    async def send(self, content: bytes, kind: str = "application/json", to: str = "raw", **headers: str) -> httpx.Response:
        sent = {"authorization": f"Bearer {self.key}", "content-type": kind} | headers
        return await self.api.post(f"/api/v1/ingest/{to}", content=content, headers=sent)

    async def stored(self) -> list[float]:
        span = {"since": START.isoformat(), "until": (START + timedelta(hours=1)).isoformat()}
        path = f"/api/v1/machines/{self.machine_id}/sensors/{self.sensor_id}/series"
        answer = await self.api.get(path, headers=self.owner, params=span)
        assert answer.status_code == 200, answer.text
        return [point["mean"] for point in answer.json()["points"] if point["count"]]


async def make_line(api: httpx.AsyncClient) -> Line:
    workspace = await make_workspace()
    owner = (await employ(api, workspace)).headers

    async def made(path: str, **body: Any) -> dict[str, Any]:
        answer = await api.post(f"/api/v1{path}", headers=owner, json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    site = await made("/sites", name="Planta Norte")
    machine = await made("/machines", site_id=site["id"], code="mill-3", name="Molino tres")
    sensor = await made(f"/machines/{machine['id']}/sensors", code="temperature", name="Temperatura", unit="°C")
    body = {"name": "box", "permissions": ["machines:ingest"]}
    minted = await api.post(f"/api/v1/workspaces/{workspace.id}/api-keys", headers=owner, json=body)
    assert minted.status_code == 201, minted.text
    return Line(api, owner, workspace.id, machine["id"], sensor["id"], minted.json()["key"])


@pytest.fixture
async def line(api: httpx.AsyncClient) -> Line:
    return await make_line(api)


async def test_readings_come_one_by_one_in_lists_in_lines_and_compressed(line: Line) -> None:
    one = json.dumps(reading(1, 71.0)).encode()
    some = json.dumps([reading(2, 72.0), reading(3, 73.0)]).encode()
    lines = b"\n".join(json.dumps(reading(minute, 70.0 + minute)).encode() for minute in (4, 5)) + b"\n\nno json\n"
    assert (await line.send(one)).json()["counts"] == {"stored": 1}
    assert (await line.send(some)).json()["counts"] == {"stored": 2}
    answer = (await line.send(lines, "application/x-ndjson; charset=utf-8")).json()
    assert answer["counts"] == {"stored": 2, "malformed": 1}
    assert answer["quarantined"] == [{"index": 2, "verdict": "malformed"}]
    packed = gzip.compress(json.dumps([reading(6, 76.0)]).encode())
    assert (await line.send(packed, **{"content-encoding": "gzip"})).json()["counts"] == {"stored": 1}
    assert (await line.send(one)).json()["counts"] == {"duplicate": 1}
    assert await line.stored() == [71.0, 72.0, 73.0, 74.0, 75.0, 76.0]


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"", {}, 400, "readings_unreadable"),
        (b"{", {}, 400, "readings_unreadable"),
        (b"[" * 100_000, {}, 400, "readings_unreadable"),
        (b"\xff\xfe", {}, 400, "readings_unreadable"),
        (b"not gzip", {"content-encoding": "gzip"}, 400, "readings_unreadable"),
        (gzip.compress(b"[]" * 1000)[:-9], {"content-encoding": "gzip"}, 400, "readings_unreadable"),
        (gzip.compress(b" " * 9 * 2**20), {"content-encoding": "gzip"}, 413, "body_too_large"),
        (b" " * (4 * 2**20 + 1), {}, 413, "body_too_large"),
        (b'[{"machine":"\\u0000"}]', {}, 422, "null_character"),
        (json.dumps([{}] * 10_001).encode(), {}, 400, "too_many_readings"),
    ],
    ids=["empty", "cut", "deep", "utf-16", "no-gzip", "half-gzip", "bomb", "large", "null", "many"],
)
async def test_a_body_that_cannot_be_read_is_refused_whole(
    line: Line, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await line.send(content, **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_of_lines_without_end_only_so_many_are_read(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    monkeypatch.setattr(ingest, "_line", read.append)
    packed = gzip.compress(b"12\n" * 500_000)
    answer = await line.send(packed, "application/x-ndjson", **{"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_readings")
    assert len(read) == 10_001


async def test_a_reading_that_the_house_refuses_alone_is_set_aside_and_keeps_nothing_waiting(
    line: Line, tmp_path: Path
) -> None:
    # Given the real house, and among good readings one whose machine has a name larger than any body may be
    buffer = Buffer(tmp_path / "edge.db", 10**8)
    box = Box(buffer, line.api, "http://nexova.test", line.key)
    begin = int(START.timestamp() * 1000)
    machines = ["MILL-3"] * 20 + ["M" * 9_000_000] + ["MILL-3"] * 20
    box.take(
        {"machine": machine, "at": begin + n * 1000, "values": {"temperature": 70.0}} for n, machine in enumerate(machines)
    )
    # When all is sent that waits
    while any(buffer.waiting()):
        await box.send()
        assert box.pause == 0.0
    # Then the house has all others, and the one stands aside with what the house said, also over an end of the box
    assert len(await line.stored()) == 40
    buffer.close()
    buffer = Buffer(tmp_path / "edge.db", 10**8)
    ((item, reason),) = buffer.refused()
    assert len(json.loads(item)["machine"]) == 9_000_000
    assert reason.startswith("http 413")
    assert "body_too_large" in reason
    buffer.close()


async def test_the_key_of_a_device_opens_the_door_of_its_own_workspace_and_no_other(line: Line, api: httpx.AsyncClient) -> None:
    other = await make_line(api)
    # Both have a MILL-3: what a device sends is its own workspace's
    assert (await line.send(json.dumps(reading(1, 71.0)).encode())).status_code == 200
    assert (await line.stored(), await other.stored()) == ([71.0], [])
    # It sees nothing, not even its own machine
    device = {"authorization": f"Bearer {line.key}"}
    seen = await api.get(f"/api/v1/machines/{line.machine_id}", headers=device)
    assert seen.status_code == 403
    # And machines of others are to be found nowhere
    for path in ("", "/signals", "/events", "/sensors"):
        assert (await api.get(f"/api/v1/machines/{other.machine_id}{path}", headers=line.owner)).status_code == 404
    foreign = await api.post(f"/api/v1/machines/{other.machine_id}/events", headers=line.owner, json={"kind": "failed"})
    assert foreign.status_code == 404


async def test_a_plant_is_changed_by_whoever_has_seen_it(line: Line) -> None:
    path = f"/api/v1/machines/{line.machine_id}"
    shown = await line.api.get(path, headers=line.owner)
    assert (shown.headers["etag"], shown.json()["code"]) == ('"v1"', "MILL-3")
    unseen = await line.api.patch(path, headers=line.owner, json={"name": "x"})
    assert unseen.status_code == 428
    changed = await line.api.patch(path, headers=line.owner | {"if-match": '"v1"'}, json={"name": "Molino tres b"})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')
    stale = await line.api.patch(path, headers=line.owner | {"if-match": '"v1"'}, json={"name": "x"})
    assert stale.status_code == 412
    noted = await line.api.post(f"{path}/events", headers=line.owner, json={"kind": "started", "note": "turno"})
    assert noted.status_code == 201
    (event,) = (await line.api.get(f"{path}/events", headers=line.owner)).json()["data"]
    assert (event["kind"], event["note"]) == ("started", "turno")
    assert (await line.api.get(path, headers=line.owner)).json()["state"] == "running"


async def test_what_is_in_quarantine_is_seen_and_released(line: Line) -> None:
    await line.send(json.dumps([reading(1, 5.0, sensor="flow"), "x"]).encode())
    seen = (await line.api.get("/api/v1/quarantine", headers=line.owner, params={"reason": "unknown_sensor"})).json()["data"]
    assert [(one["machine"], one["sensor"]) for one in seen] == [("MILL-3", "flow")]
    body = {"code": "flow", "name": "Caudal", "unit": "l/min"}
    await line.api.post(f"/api/v1/machines/{line.machine_id}/sensors", headers=line.owner, json=body)
    released = await line.api.post("/api/v1/quarantine/release", headers=line.owner)
    assert released.json() == {"released": 1, "left": 0}


async def test_windows_come_by_their_own_way(line: Line) -> None:
    window = {
        "machine": "MILL-3",
        "sensor": "temperature",
        "starts_at": START.isoformat(),
        "seconds": 60,
        "values": {"rms": 1.0},
    }
    assert (await line.send(json.dumps(window).encode(), to="features")).json()["counts"] == {"stored": 1}
