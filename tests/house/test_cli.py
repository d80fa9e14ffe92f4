"""The command line: every command can be asked for help, and each list of a running house answers."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from app.cli import jobs
from app.cli.commands import COMMANDS, build
from app.queue.jobs import DEADLINES, JOBS, SWEEPS
from domain.accounts import roles
from domain.accounts.roles import Role
from tests.house.processes import ROOT, House, ready_house

LISTS = (
    ("connections",),
    ("tools",),
    ("jobs",),
    ("permissions",),
    ("workspace", "list"),
    ("handoff", "list"),
    ("customers", "doubles"),
    ("payments", "list"),
    ("payments", "list", "--unlinked"),
    ("outbox", "list"),
    ("deadletters", "list"),
    ("doctor",),
)
NEED_AN_ID = (("replay",), ("outbox", "retry"), ("handoff", "release"), ("deadletters", "retry"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One running house with the demo shops, for all tests of this module."""
    with ready_house(tmp_path_factory.mktemp("house") / "data", BURST_WINDOW_SECONDS="0") as running:
        yield running


def test_the_list_of_commands_is_complete_and_loads_none_of_them() -> None:
    script = """
import sys
from app.cli.__main__ import main
sys.argv[1:] = ["--help"]
try:
    main()
finally:
    print(sorted(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert all(f" {name} " in done.stdout for name in COMMANDS)
    assert not [name for name in ("sqlalchemy", "fastapi", "dramatiq", "pydantic_ai", "httpx") if f"'{name}'" in done.stdout]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    shown = CliRunner().invoke(build(name), [name, "--help"])

    assert shown.exit_code == 0, shown.output
    assert "Usage:" in shown.output


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_lists_answer_in_json(house: House, words: tuple[str, ...]) -> None:
    done = house.command(*words, "--json")

    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), list)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_events_of_a_workspace_can_be_followed_from_any_position(house: House) -> None:
    def tail(*words: str) -> list[dict[str, Any]]:
        done = house.command("events", "tail", "-w", "fluxion", "--json", *words)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def positions(*words: str) -> list[int]:
        return [event["position"] for event in tail(*words)]

    # The demo's machines go on writing events while this reads, so each list may end later than the one before.
    everything = tail("--after", "0")
    read = len(everything)
    assert [event["position"] for event in everything] == list(range(1, read + 1))
    assert everything[0]["type"] == "workspace.created"
    last = positions("--lines", "3")
    assert last == list(range(last[0], last[0] + 3))
    assert last[0] >= read - 2
    later = positions("--after", str(read))
    assert later == list(range(read + 1, read + 1 + len(later)))
    assert tail("--after", str(10**9)) == []
    assert house.command("events", "tail", "-w", "nobody").returncode == 1
    of = (everything[0]["subject_kind"], everything[0]["subject_id"])
    state = json.loads(house.command("events", "state", *of, "--number", "1", "--json").stdout)
    assert (state["number"], state["values"].keys()) == (1, (everything[0]["after"] or {}).keys())


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_list_is_a_table_with_whole_lines_in_a_pipe(house: House) -> None:
    lines = house.command("connections").stdout.splitlines()

    assert lines[0].split()[:3] == ["id", "workspace", "medium"]
    assert any(line.startswith("demo-store") and "/api/v1/webhooks/infobip/demo-store" in line for line in lines[1:])


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "words", [("replay",), ("outbox", "retry"), ("handoff", "release"), ("deadletters", "retry")], ids=" ".join
)
def test_what_does_not_exist_is_refused_in_words(house: House, words: tuple[str, ...]) -> None:
    done = house.command(*words, str(uuid4()))

    assert done.returncode == 1
    assert done.stderr.startswith("nexova: ")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_customer_is_answered_in_the_terminal(house: House) -> None:
    answer = house.command("chat", "--connection", "demo-store", said="hola\n/quit\n")

    assert answer.returncode == 0, answer.stderr
    assert "demo-store  " in answer.stdout, answer.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_real_sender_is_added_with_the_address_for_the_portal(house: House) -> None:
    sender = ("--number", "584140000001", "--base-url", "https://x1.api.infobip.com", "--api-key", "secret-of-the-account")
    added = house.command("connections", "add", "-w", "fluxion", "--id", "mi-linea", *sender)

    assert added.returncode == 0, added.stderr
    assert "/api/v1/webhooks/infobip/mi-linea?token=" in added.stdout
    assert "secret-of-the-account" not in added.stdout + house.command("connections", "--json").stdout
    again = house.command("connections", "add", "-w", "fluxion", "--id", "mi-linea", *sender)
    assert again.returncode == 1
    assert again.stderr.startswith("nexova: ")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_seeding_again_changes_nothing(house: House) -> None:
    before = house.command("connections", "--json").stdout

    assert house.command("seed").returncode == 0
    assert house.command("connections", "--json").stdout == before


def test_a_job_takes_its_workspace_and_what_its_sweep_finds() -> None:
    for row in (row for row in jobs.rows() if row.kind == "job"):
        sweep = next(sweep for sweep in SWEEPS if sweep.job == row.name)
        owner = ["workspace_id"] if "workspace_id" in str(sweep.found) else []
        assert row.arguments == list(dict.fromkeys([*owner, sweep.argument]))


def test_the_list_of_jobs_says_of_each_and_of_every_deadline_what_it_does_and_where_it_looks() -> None:
    rows = jobs.rows()

    assert {row.name for row in rows} == {*JOBS, *(deadline.name for deadline in DEADLINES)}
    for row in rows:
        assert row.found_in
        assert row.does.endswith(".")


def test_the_list_of_permissions_is_the_one_that_is_checked() -> None:
    listed = json.loads(CliRunner().invoke(build("permissions"), ["permissions", "--json"]).stdout)

    assert [row["permission"] for row in listed] == roles.permissions()
    for row, permission in zip(listed, roles.permissions(), strict=True):
        assert row["allows"].endswith(".")
        assert set(row["roles"]) == {role for role in Role if roles.staff(uuid4(), uuid4(), role).may(permission)}


@pytest.mark.parametrize("command", ["connections", "chat", "migrate"])
def test_without_a_house_commands_say_what_to_do(command: str, tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "NEXOVA_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "nexova up" in done.stderr
