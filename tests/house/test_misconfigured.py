"""What stands in the way of a start becomes one sentence and the right exit status, and leaves the next start free."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.house.processes import READY_SECONDS, ROOT, House, free_port, hear_ctrl_c, is_gone, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LISTS = (("connections",), ("tools",), ("handoff", "list"), ("outbox", "list"), ("deadletters", "list"), ("doctor",))


def nexova(
    *words: str, folder: Path, before: Sequence[str] = (), typed: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a folder, whose `.env` it reads."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "NEXOVA_ENV")}
    return subprocess.run(
        [*before, sys.executable, "-m", "app.cli", *words],
        cwd=folder, env={**kept, "PYTHONPATH": str(ROOT), "NEXOVA_PORT": str(free_port()), **environment},
        input=typed, capture_output=True, check=False, timeout=90,
    )  # fmt: skip


def sentence_of(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line with which a command ended, as a command that cannot do its work ends."""
    said = done.stderr.decode()
    assert done.returncode == 1, said
    assert said.startswith("nexova: ")
    assert said.count("\n") == 1, said
    return said


# The encoding of the terminal


@pytest.mark.parametrize(
    ("encoding", "commands"),
    [("ascii", (*LISTS, ("--help",), ("eval", "list"), ("eval", "--help"))), ("latin-1", (("doctor",),))],
)
def test_every_command_speaks_in_a_terminal_that_lacks_letters(
    encoding: str, commands: tuple[tuple[str, ...], ...], tmp_path: Path
) -> None:
    house = House(tmp_path / "data", free_port(), PYTHONIOENCODING=encoding)
    try:
        assert wait_until(house.is_ready, READY_SECONDS), house.said()
        assert "Starting Postgres ..." in house.said()
        for words in commands:
            done = nexova(*words, folder=tmp_path, NEXOVA_DATA_DIR=str(house.folder), PYTHONIOENCODING=encoding)
            assert done.returncode == 0, (words, done.stderr)
            done.stdout.decode(encoding)

        # And the agent's words arrive, without what the terminal lacks
        talk = nexova(
            "chat", folder=tmp_path, typed=b"hola\n/quit\n", NEXOVA_DATA_DIR=str(house.folder), PYTHONIOENCODING=encoding
        )
        assert talk.returncode == 0, talk.stderr
        assert b"demo-store  " in talk.stdout

        # And what is typed in another encoding is said to be so
        talk = nexova("chat", folder=tmp_path, typed="¿tenés ñoquis?\n".encode("latin-1"), NEXOVA_DATA_DIR=str(house.folder))
        assert "utf-8" in sentence_of(talk)

        house.process.send_signal(signal.SIGTERM)
        assert house.process.wait(120) == 0
        assert "Traceback" not in house.said()
    finally:
        house.end()


# The file of settings


@pytest.mark.parametrize(
    ("command", "encoding"),
    [("up", "latin-1"), ("up", "utf-16"), ("up", "utf-16-le"), ("doctor", "utf-16"), ("web", "latin-1"), ("migrate", "utf-16")],
)
def test_a_file_of_settings_in_another_encoding_is_named(command: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("# Configuración\nNEXOVA_PORT=8000\n".encode(encoding))

    said = sentence_of(nexova(command, folder=tmp_path))

    assert str(tmp_path / ".env") in said
    assert "UTF-8" in said


def test_the_mark_that_windows_puts_before_a_file_hides_no_setting(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("NEXOVA_ENV=nonsense\n".encode("utf-8-sig"))

    assert "NEXOVA_ENV" in sentence_of(nexova("up", folder=tmp_path))


def test_a_wrong_setting_is_named_and_its_value_is_not(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("NEXOVA_PORT=hunter2\n")

    said = sentence_of(nexova("connections", folder=tmp_path, NEXOVA_PORT=""))

    assert "NEXOVA_PORT" in said
    assert "hunter2" not in said


# The data folder


def a_file(folder: Path) -> Path:
    (folder / "data").touch()
    return folder / "data"


def below_a_file(folder: Path) -> Path:
    return a_file(folder) / "data"


def nowhere(folder: Path) -> Path:
    return Path("/proc/nexova")


def a_circle(folder: Path) -> Path:
    (folder / "data").symlink_to(folder / "data")
    return folder / "data"


def with_a_file_for_logs(folder: Path) -> Path:
    (folder / "data").mkdir()
    (folder / "data/logs").touch()
    return folder / "data"


@pytest.mark.parametrize("make", [a_file, below_a_file, nowhere, a_circle, with_a_file_for_logs])
def test_a_data_folder_that_cannot_be_one_is_named(make: Callable[[Path], Path], tmp_path: Path) -> None:
    folder = make(tmp_path)

    said = sentence_of(nexova("up", folder=tmp_path, NEXOVA_DATA_DIR=str(folder)))

    assert str(folder) in said


@pytest.mark.parametrize("make", [a_file, below_a_file])
def test_doctor_tells_of_a_data_folder_that_cannot_be_one(make: Callable[[Path], Path], tmp_path: Path) -> None:
    done = nexova("doctor", folder=tmp_path, NEXOVA_DATA_DIR=str(make(tmp_path)))

    assert done.returncode == 1
    assert b"failing  data folder" in done.stdout
    assert b"NEXOVA_DATA_DIR" in done.stdout
    assert done.stderr == b""
    assert b"Nothing runs on" in nexova("connections", folder=tmp_path, NEXOVA_DATA_DIR=str(tmp_path / "data")).stderr


def test_a_data_folder_that_is_mounted_read_only_is_named(tmp_path: Path) -> None:
    # Root may write whatever the mode says, so the folder is mounted so, where that may be done
    folder = tmp_path / "data"
    folder.mkdir()
    script = f'mount --bind "{folder}" "{folder}" && mount -o remount,ro,bind "{folder}" && exec "$@"'
    before = ("unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh")
    if shutil.which("unshare") is None or subprocess.run([*before, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine lets nobody mount")

    said = sentence_of(nexova("up", folder=tmp_path, before=before, NEXOVA_DATA_DIR=str(folder)))

    assert f"{folder} cannot hold the data: Read-only file system" in said
    assert b"failing  data folder" in nexova("doctor", folder=tmp_path, before=before, NEXOVA_DATA_DIR=str(folder)).stdout


# Ctrl-C


def log_of_migration(house: House) -> str:
    log = house.folder / "logs/migrate.log"
    return log.read_text() if log.exists() else ""


STAGES: dict[str, Callable[[House], bool]] = {
    # With PYTHONPROFILEIMPORTTIME every module is told as soon as it is imported
    "first imports": lambda house: "| typing_extensions" in house.said() or "dataclasses" in house.said(),
    "imports": lambda house: "pydantic_core" in house.said(),
    "initdb": lambda house: "Starting Postgres" in house.said(),
    "postgres": lambda house: (house.folder / "postgres/data/postmaster.pid").exists(),
    "redis": lambda house: "Starting Redis" in house.said(),
    "migrations": lambda house: "Running upgrade" in log_of_migration(house) or "Preparing" in house.said(),
    "demo shops": lambda house: "newest revision" in log_of_migration(house),
    "processes": lambda house: "Starting web" in house.said(),
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_start_that_is_interrupted_says_so_and_leaves_the_next_one_free(number: signal.Signals, tmp_path: Path) -> None:
    # Given starts on one folder, each interrupted a little later
    folder = tmp_path / "data"
    for stage, reached in STAGES.items():
        house = House(folder, free_port(), PYTHONPROFILEIMPORTTIME="1")
        try:
            assert wait_until(partial(reached, house), READY_SECONDS), (stage, house.said())
            family = [*house.family()]
            house.process.send_signal(number)

            # Then each ends with the signal's number, without a traceback, and with all that it had started
            code = house.process.wait(120)
            said = house.said()
            assert code in (-number, 128 + number), (stage, code, said)
            assert "Traceback" not in said, stage
            assert wait_until(partial(are_gone, family)), stage
            assert not (folder / "runtime.json").exists()
            assert not [process for process in psutil.process_iter() if str(folder) in words_of(process)], stage
        finally:
            house.end()

    # And the last start becomes ready
    last = House(folder, free_port())
    try:
        assert wait_until(last.is_ready, READY_SECONDS), last.said()
        assert b"demo-store" in nexova("connections", folder=tmp_path, NEXOVA_DATA_DIR=str(folder)).stdout
    finally:
        last.end()


def are_gone(family: Sequence[int]) -> bool:
    return all(is_gone(pid) for pid in family)


def words_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def test_ctrl_c_ends_a_conversation_without_a_traceback(tmp_path: Path) -> None:
    house = House(tmp_path / "data", free_port())
    try:
        assert wait_until(house.is_ready, READY_SECONDS), house.said()
        talk = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "chat"],
            cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NEXOVA_DATA_DIR": str(house.folder), "NEXOVA_PORT": str(house.port)},
            preexec_fn=hear_ctrl_c,
        )  # fmt: skip
        assert talk.stdout is not None
        assert b"/help" in talk.stdout.readline()
        talk.send_signal(signal.SIGINT)
        _, errors = talk.communicate(timeout=30)
        assert (talk.returncode, errors) == (130, b"")
    finally:
        house.end()
