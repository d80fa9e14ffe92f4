"""The installation that is evaluated: a real one in a temporary folder, or one that runs already."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core import vault
from core.embedded import processes, start_postgres, start_redis
from core.settings import get_settings
from migrations.upgrade import upgrade

READY_WITHIN = 60.0
PROCESSES = ("web", "worker", "relay")
_PATIENCE = {"web": 10.0, "worker": 12.0, "relay": 5.0}

QUICK = {
    "NEXOVA_ENV": "test",
    "BURST_WINDOW_SECONDS": "0.3",
    "DATABASE_POOL_SIZE": "10",
    "WORKER_THREADS": "16",
    "SWEEP_SECONDS": "2",
    "LOG_FORMAT": "json",
}
"""What differs from a shop's own installation: the burst window is small, because simulated customers type fast."""


class InstallationFailed(Exception):
    """The installation could not be started; the message says why."""


@dataclass
class Installation:
    """Where the evaluated installation is reached."""

    base_url: str
    database_url: str
    folder: Path | None = None
    models: str = "lexical"
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def log_of(self, name: str) -> Path | None:
        """Where a process writes its log; None when the installation is not ours."""
        return None if self.folder is None else self.folder / "logs" / f"{name}.log"


@contextmanager
def started(models: str, environment: Mapping[str, str] | None = None, *, keep: bool = False) -> Iterator[Installation]:
    """Start an installation of its own and stop it afterwards; call it from the main thread, outside any loop.

    Its folder is removed at the end unless `keep` is set or a process of it has failed.
    """
    folder = Path(tempfile.mkdtemp(prefix="nexova-eval-"))
    with ExitStack() as stack:
        if not keep:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = start_postgres(folder / "postgres", durable=False)
        stack.callback(postgres.stop)
        redis = start_redis(folder / "redis")
        stack.callback(redis.stop)
        upgrade(postgres.url)
        port = free_port()
        surroundings = {
            **os.environ,
            **QUICK,
            "NEXOVA_DATA_DIR": str(folder),
            "NEXOVA_PORT": str(port),
            "NEXOVA_HOST": "127.0.0.1",
            "NEXOVA_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "NEXOVA_SECRET_KEYS": ",".join(vault.load_keys(get_settings())),
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "LLM_MODELS": models,
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        surroundings.pop("INFOBIP_BASE_URL", None)
        installation = Installation(f"http://127.0.0.1:{port}", postgres.url, folder, models)
        (folder / "logs").mkdir()
        for name in PROCESSES:
            installation.children[name] = _spawn(name, surroundings, folder / "logs" / f"{name}.log")
            stack.callback(processes.stop, installation.children[name], ((signal.SIGTERM, _PATIENCE[name]),))
        _wait_until_ready(installation, port)
        yield installation


def _spawn(name: str, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with processes.open_log(log) as output:
        return processes.spawn(
            [sys.executable, "-m", "app.cli", name],
            prepare=processes.die_with_parent(signal.SIGKILL),
            environment=environment,
            output=output,
        )


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(installation: Installation, port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(port):
        for name, child in installation.children.items():
            log = installation.log_of(name)
            assert log is not None, "it is ours"
            try:
                code = child.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise InstallationFailed(f"{name} ended with code {code}:\n{processes.tail(log, 15)}")
        if time.monotonic() > deadline:
            raise InstallationFailed(f"the web process was not ready within {READY_WITHIN:.0f} s")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
