"""Runs the whole house as one command: servers, migrations, demo data, then web, worker and relay, kept alive."""

import contextlib
import http.client
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from app.processes import pulse, runtime
from app.processes.supervised import FAILURES_IN_A_ROW, Child, Supervised, end_of, was_killed
from app.queue.broker import redis_client
from core.embedded import (
    EmbeddedPostgres,
    EmbeddedRedis,
    lock_data_folder,
    processes,
    start_postgres,
    start_redis,
)
from core.errors import CannotRun
from core.settings import Environment, Settings

READY_WITHIN_SECONDS = 120.0
KILLS_WHILE_STARTING = 5
"""How often the start bears that one process is killed; one that ends by itself has a reason, which ends the start."""

PATIENCE = {"web": 10.0, "worker": 15.0, "relay": 5.0}
"""How long each process may take to finish what it is doing when it is told to stop."""


class StartFailed(CannotRun):
    """The house cannot be started; the message says why and what to do."""


class _Stopped(Exception):
    """A signal arrived while the house was starting."""


class Supervisor:
    """Owner of the data folder and of every process that works on it."""

    def __init__(self, settings: Settings, *, logs_to_terminal: bool = False) -> None:
        self._settings = settings
        self._data_dir = Path(os.path.realpath(settings.data_dir))
        self._logs_to_terminal = logs_to_terminal
        self._postgres: EmbeddedPostgres | None = None
        self._redis: EmbeddedRedis | None = None
        self._children: list[Child] = []
        self._supervised: list[Supervised] = []
        self._is_ready = False
        self._signal: signal.Signals | None = None
        self._waker, self._wake = os.pipe()

    def run(self) -> int:
        """Start everything, keep it alive until a signal comes, stop everything; raises CannotRun.

        Returns the exit code: 0 when it was ready and is stopped, 128 and the signal's number when it was not ready yet.
        """
        self._listen()
        code = 0
        with lock_data_folder(self._data_dir):
            try:
                self._start()
                self._keep_alive()
            except _Stopped:
                code = 0 if self._is_ready or self._signal is None else 128 + self._signal
            finally:
                self._stop()
        return code

    # Starting

    def _start(self) -> None:
        self._check_port()
        (self._data_dir / "logs").mkdir(exist_ok=True)
        if self._settings.database_url is None:
            self._note("Starting Postgres")
            self._postgres = start_postgres(self._data_dir / "postgres")
            self._look_after("postgres", self._postgres)
        if self._settings.redis_url is None:
            self._note("Starting Redis")
            self._redis = start_redis(self._data_dir / "redis")
            self._look_after("redis", self._redis)
        self._note("Preparing the database")
        self._prepare_database()
        self._note("Starting web, worker and relay")
        workers = ["worker", *(f"worker-{number}" for number in range(2, self._settings.worker_processes + 1))]
        for name in ("web", *workers, "relay"):
            child = self._child(name)
            child.start()
            self._children.append(child)
            self._look_after(name, child)
        self._leave_note()
        self._wait_until_ready()
        self._is_ready = True
        self._show_addresses()

    def _look_after(self, name: str, part: EmbeddedPostgres | EmbeddedRedis | Child) -> None:
        self._supervised.append(Supervised(name, part, _say))

    def _check_port(self) -> None:
        """Refuse early when another program has the port: the web process would only fall again and again."""
        with socket.socket(socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._settings.host, self._settings.port))
            except OSError as error:
                raise StartFailed(
                    f"{self._settings.host}:{self._settings.port} cannot be used ({error.strerror}); "
                    "stop the program that has it, or set NEXOVA_PORT."
                ) from error

    def _environment(self) -> dict[str, str]:
        return {
            "NEXOVA_DATA_DIR": str(self._data_dir),
            "DATABASE_URL": self._database_url,
            "REDIS_URL": self._redis_url,
            "PYTHONUNBUFFERED": "1",
            # The terminal may have another encoding; the log files have this one.
            **({} if self._logs_to_terminal else {"PYTHONIOENCODING": "utf-8"}),
        }

    @property
    def _database_url(self) -> str:
        return self._postgres.url if self._postgres is not None else self._settings.database_url or ""

    @property
    def _redis_url(self) -> str:
        return self._redis.url if self._redis is not None else self._settings.redis_url or ""

    def _log(self, name: str) -> Path:
        return self._data_dir / "logs" / f"{name}.log"

    def _child(self, name: str) -> Child:
        log = None if self._logs_to_terminal else self._log(name)
        return Child(name, self._environment(), log, PATIENCE.get(name.partition("-")[0], 5.0))

    def _prepare_database(self) -> None:
        """Migrate, and put demo data into an empty database; never in production."""
        child = self._child("migrate")
        for _ in range(1 + KILLS_WHILE_STARTING):
            child.start(*(() if self._settings.environment is Environment.PRODUCTION else ("--with-demo",)))
            try:
                self._wait_for(lambda: child.process.poll() is not None)
            finally:
                child.stop()
            if not was_killed(child.process):
                break
        if child.process.returncode != 0:
            how = f"migrate {end_of(child.process)}"
            raise StartFailed(f"the database could not be prepared: {how}{self._last_words('migrate')}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS

        def settled() -> bool:
            for child in self._children:
                if child.process.poll() is not None and not was_killed(child.process):
                    raise StartFailed(f"{child.name} {end_of(child.process)}{self._last_words(child.name)}")
            self._tend(KILLS_WHILE_STARTING)
            missing = self._missing()
            if missing and time.monotonic() > deadline:
                raise StartFailed(f"{missing} was not ready within {READY_WITHIN_SECONDS:.0f} s{self._last_words(missing)}")
            return missing is None

        self._wait_for(settled)

    def _missing(self) -> str | None:
        """The first process that does not work yet: web answers that it can serve, the others have a heartbeat."""
        if not self._answers():
            return "web"
        with contextlib.closing(redis_client(self._redis_url)) as client:
            for child in self._children:
                if child.role != "web" and not pulse.is_living(client, child.role, child.process.pid):
                    return child.name
        return None

    def _answers(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._settings.host, self._settings.host)  # noqa: S104 # nosec B104 - read
        connection = http.client.HTTPConnection(host, self._settings.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _last_words(self, name: str) -> str:
        if self._logs_to_terminal:
            return "; see above."
        return f"; its log is {self._log(name)}:\n{processes.tail(self._log(name), 15)}"

    def _leave_note(self) -> None:
        pids = {item.name: item.part.process.pid for item in self._supervised}
        note = runtime.Runtime(
            pid=os.getpid(),
            base_url=self._settings.base_url,
            database_url=self._database_url,
            redis_url=self._redis_url,
            processes=pids,
        )
        runtime.write(note, self._data_dir)

    def _show_addresses(self) -> None:
        base = self._settings.base_url
        _say(f"Nexova is ready (models: {', '.join(self._settings.model_chain)}; data: {self._data_dir}).")
        _say(f"  Console of the staff          {base}/console")
        if self._settings.sandbox_enabled:
            _say(f"  Phones of the demo customers  {base}/sandbox/")
            _say(f"  Pages of the demo shops       {base}/shop/")
        _say(f"  Health                        {base}/health/deep")
        _say(f"  Metrics                       {base}/metrics")
        _say(f"  HTTP interface                {base}/openapi.json")
        _say("Talk to the agent here: nexova chat. Stop with Ctrl-C.")

    # Running

    def _keep_alive(self) -> None:
        def look() -> bool:
            self._tend(FAILURES_IN_A_ROW)
            return False

        self._wait_for(look)

    def _tend(self, most_failures: int) -> None:
        started = [item.name for item in self._supervised if item.tend(time.monotonic(), most_failures)]
        if started:
            self._leave_note()

    def _wait_for(self, done: Callable[[], bool]) -> None:
        """Look again and again, at once after the death of a child; raises _Stopped when a signal has come."""
        while True:
            if self._signal is not None:
                raise _Stopped
            if done():
                return
            ready, _, _ = select.select([self._waker], [], [], 0.1)
            if ready:
                os.read(self._waker, 512)

    # Stopping

    def _listen(self) -> None:
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # only wakes the loop

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signal = signal.Signals(number)

    def _stop(self) -> None:
        """Stop in the order in which nothing loses what it needs: relay, worker, web, Redis, Postgres."""
        if self._signal is not None:
            _say(f"{self._signal.name} received; stopping.")
        for child in reversed(self._children):
            child.stop()
        if self._redis is not None:
            self._redis.stop()
        if self._postgres is not None:
            self._postgres.stop()
        runtime.runtime_file(self._data_dir).unlink(missing_ok=True)
        if self._signal is not None:
            _say("Stopped.")

    def _note(self, text: str) -> None:
        if self._signal is not None:
            raise _Stopped
        _say(f"{text} …")


def _say(text: str) -> None:
    print(text, flush=True)
