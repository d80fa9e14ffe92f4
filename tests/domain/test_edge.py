"""The edge box: a line that fails, a process that dies and a disk that fills lose nothing that fits, and double nothing."""

import gzip
import json
import math
import os
import random
import signal
import statistics
import subprocess
import sys
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from connectors.edge import features
from connectors.edge.box import Box, KeyRefused
from connectors.edge.buffer import Buffer, BufferUnusable
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.machines import intake
from tests.factories.plant import START, Plant, open_plant

BEGIN = int(START.timestamp() * 1000)


def moments(count: int, first: int = 0, machine: str = "MILL-3") -> list[dict[str, object]]:
    """One moment of a machine each second."""
    return [
        {"machine": machine, "at": BEGIN + second * 1000, "values": {"temperature": 70.0 + second % 7, "vibration": 2.0}}
        for second in range(first, first + count)
    ]


class House:
    """A line to the real door that loses requests and answers, at random."""

    def __init__(self, plant: Plant, chance: random.Random, losses: float) -> None:
        self._plant, self._chance, self._losses = plant, chance, losses

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if self._chance.random() < self._losses:
            raise httpx.ConnectError("away")
        items = json.loads(gzip.decompress(await request.aread()))
        async with open_work(self._plant.device) as work:
            take = intake.take_features if request.url.path.endswith("features") else intake.take
            view = await take(work, items)
        if self._chance.random() < self._losses:
            raise httpx.ReadTimeout("the answer was lost")
        return httpx.Response(200, json=view.model_dump(mode="json"))


async def drained(box: Box, buffer: Buffer) -> None:
    for _ in range(10_000):
        if not any(buffer.waiting()):
            return
        await box.send()
    raise AssertionError(f"still waiting: {buffer.waiting()}")


@pytest.fixture
async def plant(workspace: WorkspaceView) -> Plant:
    return await open_plant(workspace.id)


async def test_whatever_the_line_loses_each_reading_arrives_once(plant: Plant, tmp_path: Path) -> None:
    # Given a line that loses a third of all requests and a third of all answers, and a box that is started anew now and then
    chance = random.Random(11)
    house = House(plant, chance, 1 / 3)
    async with httpx.AsyncClient(transport=httpx.MockTransport(house.answer)) as http:
        for start in range(0, 1_500, 300):
            buffer = Buffer(tmp_path / "edge.db", 10**8)
            box = Box(buffer, http, "http://house", "key")
            for item in moments(300, start):
                box.take([item])
            for _ in range(chance.randint(0, 4)):
                await box.send()
            buffer.close()
        buffer = Buffer(tmp_path / "edge.db", 10**8)
        await drained(Box(buffer, http, "http://house", "key"), buffer)
        buffer.close()
    # Then the house has each reading once, and the windows that the box saw whole
    async with open_work(plant.principal) as work:
        stored = await work.session.scalar(text("SELECT count(*) FROM readings"))
        counted = await work.session.scalar(text("SELECT sum(count) FROM reading_rollups WHERE level = 'day'"))
        windows = (await work.session.execute(text("SELECT features FROM sensor_features"))).scalars().all()
        assert (await intake.quarantined(work)).counts == {}
    assert (stored, counted) == (3_000, 3_000)
    assert {window["count"] for window in windows} == {60.0}


async def test_a_house_that_is_busy_is_left_alone_ever_longer_and_a_key_that_is_refused_ends_it(tmp_path: Path) -> None:
    answers = iter([503, 503, 503, 200, 200, 401])

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(next(answers), headers={"retry-after": "3"}, json={})

    buffer = Buffer(tmp_path / "edge.db", 10**8)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        box = Box(buffer, http, "http://house", "key")
        box.take(moments(1))
        pauses = []
        for _ in range(3):
            assert await box.send() == 0
            pauses.append(box.pause)
        assert min(pauses) >= 3.0
        assert pauses[2] > pauses[0]
        assert await box.send() == 2
        assert box.pause == 0.0
        box.take(moments(1, 1))
        assert await box.send() == 2
        box.take(moments(1, 2))
        with pytest.raises(KeyRefused):
            await box.send()
    assert buffer.waiting()[0] == 2
    buffer.close()


async def test_what_only_something_in_between_refuses_is_kept_and_a_date_to_come_back_ends_no_box(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"retry-after": "Fri, 31 Dec 2027 23:59:59 GMT"}
        return httpx.Response(400, headers=headers, text="The plain HTTP request was sent to HTTPS port")

    buffer = Buffer(tmp_path / "edge.db", 10**8)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        box = Box(buffer, http, "http://house", "key")
        box.take(moments(2))
        assert (await box.send(), buffer.refused()) == (0, [])
        assert box.pause > 0
    assert buffer.waiting() == (4, 0)
    buffer.close()


def test_what_was_set_aside_goes_before_any_reading(tmp_path: Path) -> None:
    buffer = Buffer(tmp_path / "edge.db", 400_000)
    buffer.add([("M" * 150_000, "temperature", BEGIN, 70.0, None)])
    (large,) = buffer.readings(10)
    buffer.set_aside(large, "http 413")
    dropped = buffer.add([("MILL-3", "temperature", BEGIN + n * 1000, 70.0, None) for n in range(3_000)])
    assert (dropped, buffer.refused(), buffer.waiting()[0]) == (0, [], 3_000)
    buffer.close()


def test_beyond_its_size_the_oldest_readings_go_the_windows_stay_and_the_gap_is_told(tmp_path: Path) -> None:
    buffer = Buffer(tmp_path / "edge.db", 400_000)
    buffer.add_window("MILL-3", "temperature", BEGIN, 60, {"mean": 70.0})
    dropped = 0
    for start in range(0, 20_000, 500):
        dropped += buffer.add([("MILL-3", "temperature", BEGIN + (start + n) * 1000, 70.0, None) for n in range(500)])
    assert buffer.size <= 400_000
    kept, windows = buffer.waiting()
    assert (kept + dropped, windows) == (20_000, 1)
    assert dropped > 0
    oldest = min(item.item["at"] for item in buffer.readings(kept))
    assert oldest == BEGIN + dropped * 1000
    assert sum(gone for _, _, gone in buffer.gaps()) == dropped
    assert max(last for _, last, _ in buffer.gaps()) == oldest - 1000
    buffer.close()


def test_once_no_reading_is_left_the_oldest_windows_go_and_the_file_keeps_its_size(tmp_path: Path) -> None:
    buffer = Buffer(tmp_path / "edge.db", 400_000)
    buffer.add([("MILL-3", "temperature", BEGIN, 70.0, None)])
    dropped = sum(buffer.add_window("MILL-3", "temperature", BEGIN + n * 60_000, 60, {"mean": 70.0}) for n in range(6_000))
    readings, windows = buffer.waiting()
    assert buffer.size <= 400_000
    assert (readings, windows + dropped) == (0, 6_001)
    assert windows > 0
    assert buffer.windows(1)[0].item["starts_at"] == BEGIN + (6_000 - windows) * 60_000
    buffer.close()


def test_a_clock_that_jumps_back_or_says_the_same_twice_doubles_nothing(tmp_path: Path) -> None:
    buffer = Buffer(tmp_path / "edge.db", 10**8)
    for at in (5, 6, 7, 1, 2, 6, 7, 8):
        buffer.add([("MILL-3", "temperature", BEGIN + at * 1000, float(at), None)])
    assert sorted((one.item["at"] - BEGIN) // 1000 for one in buffer.readings(100)) == [1, 2, 5, 6, 7, 8]
    buffer.close()


def test_what_was_kept_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    script = textwrap.dedent(
        f"""
        from pathlib import Path
        from connectors.edge.buffer import Buffer
        buffer = Buffer(Path({str(path)!r}), 10**8)
        for number in range(10**6):
            buffer.add([("MILL-3", "temperature", number, 1.0, None)])
            print(number, flush=True)
        """
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=os.getcwd()) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(200)]
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout.read().split()]
    buffer = Buffer(path, 10**8)
    assert {one.item["at"] for one in buffer.readings(10**6)} >= set(said)
    buffer.close()


def test_a_file_that_is_no_buffer_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(BufferUnusable):
        Buffer(path, 10**8)


numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


@given(numbers)
def test_the_features_of_a_window_are_those_of_its_readings(values: list[float]) -> None:
    made = features.of_window([float(n) for n in range(len(values))], values)
    assert made["count"] == len(values)
    assert made["mean"] == pytest.approx(statistics.fmean(values), rel=1e-9, abs=1e-6)
    assert made["low"] - 1e-6 <= made["mean"] <= made["high"] + 1e-6
    assert made["rms"] + 1e-6 >= abs(made["mean"])
    assert made["peaks"] == len(features.peaks(values))


@pytest.mark.parametrize("wild", [1e80, -1e200, 1.7e308, math.inf, math.nan])
def test_a_value_that_no_sensor_has_ends_no_box_and_makes_no_feature_that_is_no_number(wild: float) -> None:
    made = features.of_window(range(5), [1.0, wild, 2.0, wild, 3.0])
    assert made["count"] == 5
    assert all(math.isfinite(value) for value in made.values())


def test_features_are_the_worked_results() -> None:
    assert features.of_window([], []) == {}
    assert features.sma([1, 2, 3, 4], 2) == [1, 1.5, 2.5, 3.5]
    assert features.derivative([0, 1, 2], [1, 3, 5]) == pytest.approx(2)
    assert features.derivative([1, 1], [1, 2]) == 0
    assert features.peaks([0, 0, 9, 0, 0, 0, 0, 0]) == [2]
    sine = features.of_window([0, 1, 2, 3], [1, -1, 1, -1])
    assert (sine["rms"], sine["crest_factor"], sine["kurtosis"]) == (1, 1, 1)


class _Refusing(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(401)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_the_command_says_what_is_no_reading_and_ends_when_its_key_is_refused(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = [sys.executable, "-m", "app.cli", "edge", "--url", f"http://127.0.0.1:{server.server_port}"]
    environment = {**os.environ, "NEXOVA_DEVICE_KEY": "x"}
    lines = 'broken\n{"machine": "M", "at": 1, "values": {"a": "x"}}\n{"machine": "M", "at": 1, "values": {"a": 2}}\n'
    lines += '{"machine": "M", "at": 9223372036854775808, "values": {"a": 2}}\n'
    # Standard input stays open: a line that never comes keeps nobody from ending
    with subprocess.Popen(
        [*command, "--buffer", str(tmp_path / "edge.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(lines)
        process.stdin.flush()
        said, told = process.stdout.read(), process.stderr.read()
    server.shutdown()
    server.server_close()
    assert process.returncode == 1
    assert told.count("no reading") == 3
    assert "does not take readings with this key" in told
    assert "Waiting: 1 readings, 0 windows." in said
