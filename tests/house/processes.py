"""What the tests of real processes need: a running house, and looking at processes from outside."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil

ROOT = Path(__file__).parents[2]

READY_SECONDS = 240
"""Within this a house is ready, on a machine that has other work too."""


def wait_until(holds: Callable[[], bool], seconds: float = 90) -> bool:
    """Look again and again at something that another process brings about."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)  # noqa: TID251 - another process cannot be awaited
    return True


def is_gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def hear_ctrl_c() -> None:
    """For a child that is to be interrupted: what a script runs in the background is deaf to Ctrl-C, with all below it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class House:
    """`nexova up` as a process of its own."""

    def __init__(self, folder: Path, port: int, **environment: str) -> None:
        self.folder = folder
        self.port = port
        self.output = folder.with_name(f"{folder.name}-output.txt")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
            "NEXOVA_ENV": "development",
            "NEXOVA_DATA_DIR": str(folder),
            "NEXOVA_PORT": str(port),
            **environment,
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up"],
                cwd=ROOT, env=self.environment, stdout=output, stderr=output, preexec_fn=hear_ctrl_c,
            )  # fmt: skip

    def said(self) -> str:
        """What it has printed so far."""
        return self.output.read_text()

    def is_ready(self) -> bool:
        """Whether it has said so; fails when it has ended instead."""
        assert self.process.poll() is None, self.said()
        return "Nexova is ready" in self.said()

    def note(self) -> dict[str, Any]:
        """Its note for other commands."""
        found: dict[str, Any] = json.loads((self.folder / "runtime.json").read_text())
        return found

    def note_mode(self) -> int:
        """The permissions of its note."""
        return stat.S_IMODE((self.folder / "runtime.json").stat().st_mode)

    def family(self) -> list[int]:
        """Its own process and all below it."""
        own = psutil.Process(self.process.pid)
        return [own.pid, *(child.pid for child in own.children(recursive=True))]

    def answers(self, path: str) -> tuple[int, dict[str, Any]]:
        """The status and the JSON of a page; status 0 when nobody listens."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, {}
        except (URLError, OSError):
            return 0, {}

    def command(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """Run another `nexova` command against it; `said` is what is typed."""
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=ROOT, env=self.environment, input=said, capture_output=True, text=True, check=False, timeout=180,
        )  # fmt: skip

    def end(self) -> None:
        """Make sure that it is gone."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


@contextmanager
def ready_house(folder: Path, **environment: str) -> Iterator[House]:
    """A house that is ready, and gone afterwards whatever happened."""
    house = House(folder, free_port(), **environment)
    try:
        assert wait_until(house.is_ready, READY_SECONDS), house.said()
        yield house
    finally:
        house.end()
