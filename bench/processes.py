"""Processes that a figure needs beside this one: parts of the house, or the whole of it under its supervisor."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from app.processes.runtime import Runtime
from core.embedded import processes


class NotReady(Exception):
    """A process did not come up; the message ends with what it said last."""


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Look again and again at something that another process brings about."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise NotReady(f"{what} within {seconds:.0f} s")
        time.sleep(0.02)


def listens(port: int) -> bool:
    """Whether somebody takes connections on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(module: str, *arguments: str, log: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A Python module as a process that ends with the block."""
    with processes.open_log(log) as output:
        child = processes.spawn(
            [sys.executable, "-m", module, *arguments],
            prepare=processes.die_with_parent(signal.SIGKILL),
            environment={**os.environ, **environment},
            output=output,
        )
    try:
        yield child
    finally:
        processes.stop(child, ((signal.SIGTERM, 15.0),))


class House:
    """`nexova up` on a data folder."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.port = port
        self.process = process

    @property
    def note(self) -> Runtime:
        """Its addresses and the ids of its processes."""
        return Runtime.model_validate_json((self.folder / "runtime.json").read_text())

    def cpu_seconds(self) -> dict[str, float]:
        """The processor time that each of its processes has used."""
        found = {}
        for name, pid in self.note.processes.items():
            process = psutil.Process(pid)
            members = [process, *process.children(recursive=True)]
            found[name] = sum(sum(member.cpu_times()[:2]) for member in members if member.is_running())
        return found

    def is_ready(self) -> bool:
        """Whether it has said so; raises NotReady when it has ended instead."""
        said = (self.folder / "up.log").read_text()
        if self.process.poll() is not None:
            raise NotReady(f"nexova up ended: {said[-1500:]}")
        return "Nexova is ready" in said


@contextmanager
def house(folder: Path, **environment: str) -> Iterator[House]:
    """The whole house on a folder that may hold a database already; it is ready."""
    port = free_port()
    (folder / "up.log").unlink(missing_ok=True)
    given = {"NEXOVA_DATA_DIR": str(folder), "NEXOVA_PORT": str(port), "NEXOVA_HOST": "127.0.0.1", **environment}
    with running("app.cli", "up", log=folder / "up.log", environment=given) as process:
        found = House(folder, port, process)
        wait_until(found.is_ready, 150, "the house was not ready")
        yield found


def answers(port: int, path: str) -> bool:
    """Whether a page is there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
