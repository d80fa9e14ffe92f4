"""The embedded servers: real Postgres and Redis that survive being killed and never outlive their owner."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from core.embedded import FolderInUse, lock_data_folder, owner_of, processes, start_postgres, start_redis
from core.embedded.postgres_server import EmbeddedPostgres
from core.embedded.redis_server import EmbeddedRedis
from tests.house.processes import ROOT, is_gone, wait_until
from tests.properties import examples

OWNER = """
import json, sys, time
from pathlib import Path
from core.embedded import start_postgres, start_redis
folder = Path(sys.argv[1])
postgres, redis = start_postgres(folder / "postgres"), start_redis(folder / "redis")
print(json.dumps({"pids": [postgres.process.pid, redis.process.pid], "postgres": postgres.url, "redis": redis.url}), flush=True)
time.sleep(600)
"""


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A durable Postgres in a folder with a space in its name."""
    server = start_postgres(tmp_path / "a data folder" / "postgres")
    yield server
    server.stop()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis in a folder with a space and a quote in its name."""
    server = start_redis(tmp_path / 'a "data" folder' / "redis")
    yield server
    server.stop()


async def test_the_login_role_owns_its_database_and_is_no_superuser(own_postgres: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(own_postgres.url)
    role = await connection.fetchrow(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    )
    owner = await connection.fetchval("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
    await connection.close()

    assert tuple(role) == ("nexova", False, False, True)
    assert owner == "nexova"


async def test_a_wrong_password_is_refused(own_postgres: EmbeddedPostgres) -> None:
    password = own_postgres.url.split(":")[2].split("@")[0]

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(own_postgres.url.replace(password, "guessed"))


def test_passwords_are_readable_by_their_owner_only(own_postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    file = tmp_path / "a data folder" / "postgres" / "passwords.json"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(json.loads(file.read_text())) == {"postgres", "nexova"}


async def test_what_was_committed_survives_a_kill_of_postgres(own_postgres: EmbeddedPostgres) -> None:
    # Given a committed row
    address = own_postgres.url
    connection = await asyncpg.connect(address)
    await connection.execute("CREATE TABLE kept (number int)")
    await connection.execute("INSERT INTO kept VALUES (7)")

    # When the postmaster is killed while the connection is open, and started again
    own_postgres.process.kill()
    own_postgres.restart()

    # Then the same address answers with the row
    again = await asyncpg.connect(address)
    assert await again.fetchval("SELECT number FROM kept") == 7
    await again.close()
    connection.terminate()


async def test_a_stale_pid_of_somebody_else_does_not_keep_postgres_from_starting(
    own_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    # Given a pid file of a dead server, whose number now belongs to a living process of another program
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        pid_file = tmp_path / "a data folder" / "postgres" / "data" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        own_postgres.process.kill()
        own_postgres.process.wait()
        pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")

        # When Postgres is started again
        own_postgres.restart()

        # Then it answers, and the bystander lives
        connection = await asyncpg.connect(own_postgres.url)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_what_redis_was_told_survives_a_kill(own_redis: EmbeddedRedis) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        client.set("kept", "7")
        client.config_set("appendfsync", "always")
        client.set("kept", "8")
    own_redis.process.kill()
    own_redis.restart()

    with redis.Redis.from_url(own_redis.url) as client:
        assert client.get("kept") == b"8"
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_second_start_on_a_folder_is_refused_and_names_the_owner(
    own_postgres: EmbeddedPostgres, own_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    with pytest.raises(FolderInUse, match=f"process {os.getpid()}"):
        start_postgres(tmp_path / "a data folder" / "postgres")
    with pytest.raises(FolderInUse, match=f"process {os.getpid()}"):
        start_redis(tmp_path / 'a "data" folder' / "redis")

    assert own_postgres.process.poll() is None
    assert own_redis.process.poll() is None


def test_a_lock_has_one_owner_and_ends_with_it(tmp_path: Path) -> None:
    assert owner_of(tmp_path / "new") is None
    with lock_data_folder(tmp_path / "new"):
        assert owner_of(tmp_path / "new") == os.getpid()
        with pytest.raises(FolderInUse) as refusal:
            lock_data_folder(tmp_path / "new")
        assert refusal.value.pid == os.getpid()
    assert owner_of(tmp_path / "new") is None
    lock_data_folder(tmp_path / "new").release()


def test_stopped_servers_leave_no_process_and_no_socket(tmp_path: Path) -> None:
    postgres, cache = start_postgres(tmp_path / "postgres", durable=False), start_redis(tmp_path / "redis")
    sockets = [processes.socket_folder(tmp_path / "postgres", "pg"), processes.socket_folder(tmp_path / "redis", "redis")]
    pids = [postgres.process.pid, cache.process.pid, *(child.pid for child in psutil.Process(postgres.process.pid).children())]

    cache.stop()
    postgres.stop()

    assert all(is_gone(pid) for pid in pids)
    assert not any(folder.exists() for folder in sockets)


async def test_servers_end_with_a_killed_owner_and_start_again_with_their_data(tmp_path: Path) -> None:
    # Given servers that belong to another process
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert owner.stdout is not None
    running = json.loads(owner.stdout.readline())
    connection = await asyncpg.connect(running["postgres"])
    await connection.execute("CREATE TABLE kept (number int)")
    await connection.close()

    # When that process is killed
    owner.kill()
    owner.wait()
    owner.stdout.close()

    # Then new ones may be started at once, at the same address and with the same data
    postgres, cache = start_postgres(tmp_path / "postgres"), start_redis(tmp_path / "redis")
    try:
        assert (postgres.url, cache.url) == (running["postgres"], running["redis"])
        again = await asyncpg.connect(postgres.url)
        assert await again.fetchval("SELECT count(*) FROM kept") == 0
        await again.close()
        # and the old ones are gone
        assert all(is_gone(pid) for pid in running["pids"])
    finally:
        cache.stop()
        postgres.stop()


@pytest.mark.slow
def test_an_orphan_that_ignores_its_death_signal_is_removed(tmp_path: Path) -> None:
    # Given an owner that was killed while its Redis was stopped, so that it cannot react
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert owner.stdout is not None
    running = json.loads(owner.stdout.readline())
    postgres_pid, redis_pid = running["pids"]
    os.kill(redis_pid, signal.SIGSTOP)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert wait_until(lambda: is_gone(postgres_pid))
    assert not is_gone(redis_pid)

    # When Redis is started again
    cache = start_redis(tmp_path / "redis")

    # Then the old one is gone and the new one answers
    try:
        assert is_gone(redis_pid)
        with redis.Redis.from_url(cache.url) as client:
            assert client.ping()
    finally:
        cache.stop()


def test_only_the_main_thread_may_start_servers(tmp_path: Path) -> None:
    script = f"""
import threading
from pathlib import Path
from core.embedded import start_redis
def start():
    try:
        start_redis(Path({str(tmp_path)!r}) / "redis")
    except RuntimeError as error:
        print(error)
thread = threading.Thread(target=start)
thread.start(); thread.join()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)

    assert "main thread" in done.stdout


@given(name=st.text(min_size=1, max_size=200))
@examples(50)
def test_socket_paths_are_short_private_and_stable_for_every_folder_name(name: str) -> None:
    folder = Path("/nowhere") / name.replace("\0", "").encode(errors="replace").decode()
    first = processes.socket_folder(folder, "pg")
    try:
        assert first == processes.socket_folder(folder, "pg")
        assert len(str(first / ".s.PGSQL.5432")) < 100
        assert stat.S_IMODE(first.stat().st_mode) == 0o700
        with socket.socket(socket.AF_UNIX) as probe:
            probe.bind(str(first / ".s.PGSQL.5432"))
    finally:
        for item in first.iterdir():
            item.unlink()
        first.rmdir()
