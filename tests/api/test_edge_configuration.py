"""What a box beside machines is told: pulled, kept over a line that fails, and never another model than was meant."""

import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from analytics.machines import training
from analytics.machines.labelled import Labelled
from app.queue.actors import RUNNERS
from connectors.edge.box import Box
from connectors.edge.buffer import Buffer
from connectors.edge.configuration import Puller
from connectors.edge.judging import Verdict
from core.clock import process_now
from tests.api.test_machines import Line, make_line
from tests.factories.plant import START

BEGIN = int(START.timestamp() * 1000)


def model_file(unit: str = "kelvin") -> bytes:
    """A model by which a machine fails above 80 degrees."""
    random = np.random.default_rng(1)
    kelvin = random.uniform(300, 400, 600)
    of = Labelled(("temperature",), kelvin[:, None], kelvin > 353.15, np.arange(600), np.full(600, np.nan))
    return training.failure_model(of, {}, [unit], 24.0).content


async def bring(line: Line, content: bytes, machine_kind: str = "molino") -> dict[str, Any]:
    """Bring a model over HTTP and have a worker look at it."""
    asked = {"kind": "failure", "machine_kind": machine_kind, "filename": "m.onnx", "source": "model"}
    answer = await line.api.post("/api/v1/machine-models/files", params=asked, content=content, headers=line.owner)
    assert answer.status_code == 202, answer.text
    await RUNNERS["machine.learn"](workspace_id=str(line.workspace_id), model_id=answer.json()["id"])
    found: dict[str, Any] = (await line.api.get(f"/api/v1/machine-models/{answer.json()['id']}", headers=line.owner)).json()
    return found


async def change(line: Line, path: str, **body: object) -> None:
    """Change the machine of a line, or its sensor, as it stands."""
    at = f"/api/v1/machines/{line.machine_id}{path}"
    seen = (await line.api.get(at, headers=line.owner)).headers["etag"]
    changed = await line.api.patch(at, json=body, headers=line.owner | {"if-match": seen})
    assert changed.status_code == 200, changed.text


def answering(status: int, content: bytes) -> httpx.AsyncClient:
    """A line to something that always answers this."""
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status, content=content)))


async def test_a_box_judges_by_what_it_was_told_also_without_a_line(api: httpx.AsyncClient, tmp_path: Path) -> None:
    # Given a machine with a limit, a model in use, and a box that has asked
    line = await make_line(api)
    await change(line, "", kind="molino")
    await change(line, f"/sensors/{line.sensor_id}", limits={"alarm_high": 110.0})
    content = model_file()
    made = await bring(line, content)
    assert (made["status"], made["sensors"]) == ("candidate", ["temperature"])
    buffer = Buffer(tmp_path / "edge.db", 10_000_000)
    puller = Puller(buffer, api, str(api.base_url), line.key)
    assert await puller.pull()
    assert puller.judge is not None
    assert not puller.judge.models, "nobody has promoted it"
    promoted = await api.post(f"/api/v1/machine-models/{made['id']}/promote", headers=line.owner)
    assert promoted.json()["status"] == "promoted"
    assert await puller.pull()
    assert not await puller.pull(), "it knows that already"
    assert (await api.get(f"/api/v1/machine-models/{made['id']}/file", headers=line.owner)).content == content
    # When it starts anew and hears another thing than the house, it judges by what stands in its file
    said: list[Verdict] = []
    for status, body in ((500, b""), (200, b"{}"), (200, b"<html>")):
        async with answering(status, body) as elsewhere:
            again = Puller(buffer, elsewhere, "http://house", line.key)
            assert not await again.pull()
    assert again.judge is not None
    for minute, value in enumerate([60.0] * 3 + [100.0] * 90 + [120.0] * 3):
        moment = BEGIN + minute * 60_000
        again.judge.hear("MILL-3", "temperature", moment, {"mean": value})
        said += again.judge.judge(moment)
    # Then it says each change once: all is well, a failure is likely, and it is too hot
    assert [(one.level, one.reasons) for one in said] == [
        ("low", ()),
        ("elevated", ("failure_foretold",)),
        ("high", ("above_alarm:temperature", "failure_foretold")),
    ]
    # And in a box at work, the windows of its readings are what is judged
    box = Box(buffer, api, str(api.base_url), line.key)
    box.judge = puller.judge
    box.take([{"machine": "MILL-3", "at": BEGIN + second * 1000, "values": {"temperature": 120.0}} for second in range(130)])
    assert not puller.judge.judge(BEGIN + 120_000), "it was said already"
    assert puller.judge.judge(BEGIN + 600_000) == [], "of what is silent nothing new is said"
    # When the bytes of a model are others than its digest says, nothing is taken of what came with it
    told = await api.get("/api/v1/ingest/configuration?machine=mill-3", headers={"authorization": f"Bearer {line.key}"})
    digest = told.json()["machines"][0]["model_sha256"]

    def swapped(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content + b"x" if "/models/" in str(request.url) else told.content)

    async with httpx.AsyncClient(transport=httpx.MockTransport(swapped)) as http:
        one = Puller(Buffer(tmp_path / "fresh.db", 10_000_000), http, "http://house", line.key)
        assert not await one.pull()
        assert one.judge is None
    assert (await bring(line, content[:-40]))["reason"] == "model_unreadable"
    # Nor does a device hear anything of another workspace, or more than a device may
    stranger = await make_line(api)
    keyed = {"authorization": f"Bearer {stranger.key}"}
    assert (await api.get(f"/api/v1/ingest/models/{digest}", headers=keyed)).status_code == 404
    assert (await api.get("/api/v1/ingest/configuration", headers=keyed)).json()["machines"][0]["model_sha256"] is None
    assert (await api.get(f"/api/v1/machine-models/{made['id']}", headers=stranger.owner)).status_code == 404
    assert (await api.get("/api/v1/machine-models", headers=keyed)).status_code == 403


async def test_a_model_that_takes_what_a_machine_does_not_measure_keeps_no_limit_from_being_judged(
    api: httpx.AsyncClient, tmp_path: Path
) -> None:
    # Given a model in use whose name no header holds, and another machine that measures something else by the same word
    line = await make_line(api)
    await change(line, "", kind="molino «🔥»")
    made = await bring(line, model_file(), "molino «🔥»")
    assert (await bring(line, model_file("mm/s"), "molino «🔥»"))["reason"] == "model_units_differ"
    assert (await api.post(f"/api/v1/machine-models/{made['id']}/promote", headers=line.owner)).status_code == 200
    file = await api.get(f"/api/v1/machine-models/{made['id']}/file", headers=line.owner)
    assert file.headers["content-disposition"].startswith('attachment; filename="molino ___-failure-1.onnx"; filename*=UTF-8')
    site = (await api.get(f"/api/v1/machines/{line.machine_id}", headers=line.owner)).json()["site_id"]
    other = {"site_id": site, "code": "mill-4", "name": "Molino cuatro", "kind": "molino «🔥»"}
    machine = (await api.post("/api/v1/machines", json=other, headers=line.owner)).json()["id"]
    shakes = {"code": "temperature", "name": "Vibración", "unit": "mm/s", "limits": {"alarm_high": 10.0}}
    assert (await api.post(f"/api/v1/machines/{machine}/sensors", json=shakes, headers=line.owner)).status_code == 201
    # When it goes beyond its limit
    now = {"machine": "mill-4", "at": process_now().isoformat(), "sensor": "temperature", "value": 30.0}
    assert (await line.send(json.dumps(now).encode())).json()["counts"] == {"stored": 1}
    await RUNNERS["machine.judge"](workspace_id=str(line.workspace_id), machine_id=machine)
    # Then the house says so, and the box beside it too
    risk = (await api.get(f"/api/v1/machines/{machine}/risk", headers=line.owner)).json()
    assert [one["cause"] for one in risk["reasons"]] == ["above_alarm"]
    buffer = Buffer(tmp_path / "edge.db", 10_000_000)
    puller = Puller(buffer, api, str(api.base_url), line.key)
    assert await puller.pull()
    assert puller.judge is not None
    puller.judge.hear("MILL-4", "temperature", BEGIN, {"mean": 30.0})
    assert [(one.reasons, one.probability) for one in puller.judge.judge(BEGIN)] == [(("above_alarm:temperature",), None)]
    # A file for readings that the model would fill is none for models
    small = Buffer(tmp_path / "small.db", sum(map(len, buffer.told().values())))
    assert not await Puller(small, api, str(api.base_url), line.key).pull()
    assert not small.told()
