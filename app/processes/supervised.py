"""What the supervisor keeps alive: a process, how to start it again, and for how long to try."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from core.embedded import ServerFailed, processes
from core.errors import CannotRun

FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 5.0
SETTLED_AFTER_SECONDS = 10.0
FAILURES_IN_A_ROW = 30
"""With the delays above, a process that cannot live is given up after about two minutes."""


def was_killed(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process was ended by a signal, which says nothing against it: memory was short, or somebody killed it."""
    code = process.poll()
    return code is not None and code < 0


def end_of(process: subprocess.Popen[bytes]) -> str:
    """How a process that has ended came to its end, in words."""
    code = process.returncode
    return f"was killed by {signal.Signals(-code).name}" if was_killed(process) else f"ended with code {code}"


class GaveUp(CannotRun):
    """A process falls again and again; there is no point in starting it once more."""


class Part(Protocol):
    """Something that runs as a process of its own."""

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process, running or ended."""
        ...

    def restart(self) -> None:
        """Start it again after it ended; raises ServerFailed."""
        ...

    def stop(self) -> None:
        """End it, in order."""
        ...


class Child:
    """One of our own processes: web, worker or relay, under its name or, of several, `worker-2`."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path | None, patience: float) -> None:
        self.name = name
        self.role = name.partition("-")[0]
        self.log = log
        self._environment = dict(environment)
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process, running or ended."""
        if self._process is None:
            raise ServerFailed(f"{self.name} has not been started")
        return self._process

    def start(self, *arguments: str) -> None:
        """Start `nexova <role>` as a child that the kernel kills when we die."""
        command = [sys.executable, "-m", "app.cli", self.role, *arguments]
        # A hard death is right here: everything in progress is resumed from the database, and the port is free at once.
        prepare = processes.die_with_parent(signal.SIGKILL)
        environment = {**os.environ, **self._environment}
        if self.log is None:
            self._process = processes.spawn(command, prepare=prepare, environment=environment)
        else:
            with processes.open_log(self.log) as output:
                self._process = processes.spawn(command, prepare=prepare, environment=environment, output=output)

    def restart(self) -> None:
        """Start it again after it ended."""
        self.start()

    def stop(self) -> None:
        """End it: politely, then by force."""
        if self._process is not None:
            processes.stop(self._process, ((signal.SIGTERM, self._patience),))


@dataclass
class Supervised:
    """A part with its record of falls."""

    name: str
    part: Part
    say: Callable[[str], None]
    failures: int = 0
    started_at: float = field(default_factory=time.monotonic)
    restart_at: float | None = None

    def tend(self, now: float, most_failures: int) -> bool:
        """Look after the part once, starting it again when it is due; returns whether it was started.

        Raises GaveUp after more falls in a row than these.
        """
        if self.part.process.poll() is None:
            if self.failures and now - self.started_at > SETTLED_AFTER_SECONDS:
                self.failures = 0
            return False
        if self.restart_at is None:
            self.failures += 1
            if self.failures > most_failures:
                raise GaveUp(f"{self.name} fell {self.failures} times in a row; the last time it {end_of(self.part.process)}")
            delay = min(FIRST_DELAY_SECONDS * 2 ** (self.failures - 1), LONGEST_DELAY_SECONDS)
            self.restart_at = now + delay
            self.say(f"{self.name} {end_of(self.part.process)}; starting it again")
        if now < self.restart_at:
            return False
        self.restart_at = None
        self.started_at = now
        try:
            self.part.restart()
        except ServerFailed as error:
            self.say(f"{self.name} did not start: {error}")
            return False
        return True
