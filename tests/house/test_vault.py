"""Secrets at rest: only the ring's keys open them, and the key of a data folder is made once, whole, by whoever is first."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from core import vault
from core.access import Principal
from core.errors import NotPermitted
from core.settings import Settings, get_settings
from core.tables import new_id
from core.work import open_work
from domain.accounts import roles
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceView
from domain.connections import service as connections
from domain.connections.schemas import ConnectionSummary

SECRET = {"api_key": "s3cr3t", "webhook": {"username": "u", "password": "ñ"}}


@pytest.fixture(autouse=True)
def _rings_are_forgotten() -> Iterator[None]:
    """The ring of keys is read once per process; each test reads its own."""
    vault._ring.cache_clear()
    yield
    vault._ring.cache_clear()
    get_settings.cache_clear()


def use_keys(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    """Give this process a ring of keys, newest first."""
    monkeypatch.setenv("NEXOVA_SECRET_KEYS", ",".join(keys))
    get_settings.cache_clear()
    vault._ring.cache_clear()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of an installation without a key of its own."""
    monkeypatch.delenv("NEXOVA_SECRET_KEYS")
    monkeypatch.setenv("NEXOVA_DATA_DIR", str(tmp_path / "data"))
    get_settings.cache_clear()
    return get_settings()


def test_a_new_key_seals_and_the_old_one_still_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    use_keys(monkeypatch, old)
    sealed = vault.seal(SECRET)
    assert b"s3cr3t" not in sealed

    use_keys(monkeypatch, new, old)
    assert vault.unseal(sealed) == SECRET
    sealed_anew = vault.seal(SECRET)

    use_keys(monkeypatch, old)
    with pytest.raises(vault.VaultLocked):
        vault.unseal(sealed_anew)


def test_many_at_once_make_one_key(settings: Settings) -> None:
    with ThreadPoolExecutor(16) as pool:
        rings = list(pool.map(lambda _: vault.load_keys(settings), range(64)))

    assert len({tuple(ring) for ring in rings}) == 1
    Fernet(rings[0][0])
    [kept] = settings.data_dir.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_who_dies_while_making_a_key_leaves_none(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a process that dies when its key is written and not yet in place
    with monkeypatch.context() as patched:
        patched.setattr(os, "link", _dies)
        with pytest.raises(SystemExit):
            vault.load_keys(settings)
    # Then the next one makes a key that works
    Fernet(vault.load_keys(settings)[0])


def _dies(*_: object) -> None:
    raise SystemExit


@pytest.mark.parametrize("role", Role)
async def test_no_role_opens_the_secrets_of_a_line(connection: ConnectionSummary, workspace: WorkspaceView, role: Role) -> None:
    for principal in (roles.staff(workspace.id, new_id(), role), roles.agent_for(workspace.id, new_id())):
        async with open_work(principal) as work:
            with pytest.raises(NotPermitted):
                await connections.get(work, connection.id)
    async with open_work(Principal.system(workspace.id)) as work:
        opened = await connections.get(work, connection.id)
    assert opened.credentials.api_key.get_secret_value() == "key-of-tests-that-opens-no-door-at-all"
