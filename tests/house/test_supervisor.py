"""The supervisor with real processes: whatever is killed comes back, and nothing is ever left behind."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.house.processes import READY_SECONDS, House, free_port, is_gone, ready_house, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that several starts share, as on a real machine; its name has a space in it."""
    path: Path = tmp_path_factory.mktemp("a house") / "data"
    path.mkdir()
    return path


@pytest.fixture
def house(folder: Path) -> Iterator[House]:
    """A house that is ready."""
    with ready_house(folder) as running:
        yield running


def test_a_house_says_where_it_is_and_leaves_nothing_behind_after_sigterm(house: House) -> None:
    # Given a house that is ready
    assert house.answers("/health/ready")[0] == 200
    for address in ("/sandbox/", "/health/deep", "/metrics"):
        assert f"http://127.0.0.1:{house.port}{address}" in house.said()
    assert house.note_mode() == 0o600
    assert set(house.note()["processes"]) == {"postgres", "redis", "web", "worker", "worker-2", "relay"}
    family = house.family()

    # When it is told to stop
    house.process.send_signal(signal.SIGTERM)

    # Then it ends well, with everything below it
    assert house.process.wait(120) == 0
    assert wait_until(lambda: all(is_gone(pid) for pid in family))
    assert not (house.folder / "runtime.json").exists()
    assert "Stopped." in house.said()


def test_ctrl_c_stops_it_too(house: House) -> None:
    family = house.family()

    house.process.send_signal(signal.SIGINT)

    assert house.process.wait(120) == 0
    assert wait_until(lambda: all(is_gone(pid) for pid in family))


def test_a_second_start_on_the_folder_is_refused_with_the_reason(house: House) -> None:
    refused = house.command("up")

    assert refused.returncode == 1
    assert f"already in use by process {house.process.pid}" in refused.stderr
    assert house.answers("/health/ready")[0] == 200


def test_a_killed_supervisor_leaves_no_orphans_and_a_new_start_works(house: House, folder: Path) -> None:
    # Given a running house whose shops are in the database
    shops = house.command("connections", "--json").stdout
    family = house.family()

    # When its supervisor is killed
    house.process.kill()
    house.process.wait()

    # Then everything below ends by itself, and a new start on the folder has the same shops
    assert wait_until(lambda: all(is_gone(pid) for pid in family))
    again = House(folder, house.port)
    try:
        assert wait_until(again.is_ready, READY_SECONDS), again.said()
        assert shops == again.command("connections", "--json").stdout
        assert "demo-store" in shops
    finally:
        again.end()


def has_new_process(house: House, name: str, before: int) -> bool:
    """Whether the house runs another process under a name than it did before."""
    now: int = house.note()["processes"][name]
    return now != before


def test_whatever_is_killed_comes_back(house: House) -> None:
    for name in ("web", "worker", "relay", "redis", "postgres"):
        before = house.note()["processes"][name]

        os.kill(before, signal.SIGKILL)

        assert wait_until(partial(has_new_process, house, name, before)), (name, house.said())

    assert wait_until(lambda: house.answers("/health/deep")[0] == 200, 60), house.said()


def child_of(house: House, role: str) -> psutil.Process | None:
    """The process that runs `nexova <role>` below a house."""
    own = psutil.Process(house.process.pid)
    for child in own.children():
        with suppress(psutil.NoSuchProcess):
            if role in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                return child
    return None


def kill_while_starting(house: House, role: str) -> bool:
    """Kill the process of a role if it runs while the house is not ready."""
    victim = child_of(house, role)
    if victim is None or "Nexova is ready" in house.said():
        return False
    victim.kill()
    return True


def test_what_is_killed_while_the_house_starts_is_started_again(folder: Path) -> None:
    # Given a house that starts
    house = House(folder, free_port())
    try:
        # When its processes are killed before it is ready
        for role in ("migrate", "worker", "web"):
            assert wait_until(partial(kill_while_starting, house, role)), house.said()

        # Then they come back, and the house becomes ready
        assert wait_until(house.is_ready, READY_SECONDS), house.said()
        assert "worker was killed by SIGKILL; starting it again" in house.said()
        pids = house.note()["processes"]
        assert {pids["web"], pids["worker"]} <= set(house.family())
    finally:
        house.end()


def test_a_process_that_is_killed_again_and_again_ends_the_start(folder: Path) -> None:
    house = House(folder, free_port())
    try:
        while house.process.poll() is None:
            wait_until(lambda: house.process.poll() is not None or kill_while_starting(house, "worker"))
        assert house.process.returncode == 1
        assert "worker fell 6 times in a row; the last time it was killed by SIGKILL" in house.said()
        assert "Nexova is ready" not in house.said()
    finally:
        house.end()


def test_a_process_that_ends_by_itself_ends_the_start_with_its_reason(folder: Path) -> None:
    house = House(folder, free_port())
    try:
        # Given a port that somebody takes after the house has looked at it
        assert wait_until(lambda: "Starting Redis" in house.said(), READY_SECONDS), house.said()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", house.port))
            taken.listen()

            # Then the start ends with what web has to say of it
            assert house.process.wait(READY_SECONDS) == 1
        assert "web ended with code 3" in house.said()
        assert "address already in use" in house.said()
    finally:
        house.end()


def test_doctor_finds_a_running_house_well(house: House) -> None:
    assert wait_until(lambda: house.answers("/health/deep")[0] == 200, 60), house.said()

    findings = house.command("doctor", "--json")

    assert findings.returncode == 0, findings.stdout
    assert {"Postgres", "Redis", "web", "worker", "relay"} <= {finding["what"] for finding in json.loads(findings.stdout)}
    assert house.command("doctor", "--alive").returncode == 0


def test_a_taken_port_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = House(tmp_path / "data", port)

        assert refused.process.wait(90) == 1
        assert "NEXOVA_PORT" in refused.said()
        assert not (tmp_path / "data" / "postgres").exists()


def test_production_starts_no_servers_of_its_own(tmp_path: Path) -> None:
    refused = House(tmp_path / "data", free_port(), NEXOVA_ENV="production")

    assert refused.process.wait(90) == 1
    assert "DATABASE_URL, REDIS_URL" in refused.said()
    assert not (tmp_path / "data").exists()


def test_wrong_settings_are_named(tmp_path: Path) -> None:
    refused = House(tmp_path / "data", free_port(), NEXOVA_ENV="nonsense")

    assert refused.process.wait(90) == 1
    assert "NEXOVA_ENV" in refused.said()
    assert ".env.example" in refused.said()
