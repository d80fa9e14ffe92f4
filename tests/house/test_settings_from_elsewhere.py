"""Settings come from files and from Vault as well, some change while a process runs, and keys rotate without harm."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography.fernet import Fernet

from app.processes import reloading
from app.web import signed
from core import vault
from core.errors import CannotRun
from core.secrets import SecretAway
from core.settings import RELOADED, Settings, get_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    level = logging.getLogger().level
    get_settings.cache_clear()
    yield
    logging.getLogger().setLevel(level)
    for cache in (get_settings, vault._ring, signed.serializer):
        cache.cache_clear()


class Vault(BaseHTTPRequestHandler):
    """Vault's HTTP interface, as far as a reader of a KV store meets it."""

    token = "hvs.right"
    kept: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        if self.path == "/v1/secret/data/moved":
            self.answer(307, {}, ("Location", "http://127.0.0.1:9/v1/secret/data/nexova"))
        elif self.headers.get("X-Vault-Token") != self.token:
            self.answer(403, {"errors": ["permission denied"]})
        elif self.path == "/v1/secret/data/nexova":
            metadata = {"created_time": "2026-01-01T00:00:00Z", "custom_metadata": None, "destroyed": False, "version": 3}
            self.answer(200, {"request_id": "1", "lease_id": "", "data": {"data": self.kept, "metadata": metadata}})
        elif self.path == "/v1/kv/nexova":
            self.answer(200, {"data": self.kept})  # version 1
        else:
            self.answer(404, {"errors": []})

    def answer(self, status: int, body: dict[str, object], *headers: tuple[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(content))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def vault_with(**kept: str) -> Iterator[str]:
    Vault.kept = kept
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vault)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_setting_stands_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("first,second\n")
    monkeypatch.delenv("NEXOVA_SECRET_KEYS")
    monkeypatch.setenv("NEXOVA_SECRET_KEYS_FILE", str(tmp_path / "keys"))
    assert vault.load_keys(get_settings()) == ["first", "second"]
    get_settings.cache_clear()
    monkeypatch.setenv("NEXOVA_SECRET_KEYS", "third")
    with pytest.raises(SecretAway, match="both set"):
        get_settings()
    monkeypatch.delenv("NEXOVA_SECRET_KEYS")
    (tmp_path / "keys").unlink()
    with pytest.raises(CannotRun, match=r"NEXOVA_SECRET_KEYS_FILE names .*keys, which cannot be read") as told:
        get_settings()
    assert "first" not in str(told.value)


def test_settings_stand_in_vault_and_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with vault_with(OPENAI_API_KEY="sk-v", ANTHROPIC_API_KEY="sk-a", NEXOVA_PORT="8123", UNKNOWN="x") as address:
        monkeypatch.setenv("VAULT_ADDR", address)
        monkeypatch.setenv("VAULT_TOKEN", "hvs.right")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-env")
        found = get_settings()
    assert found.openai_api_key is not None
    assert found.anthropic_api_key is not None
    assert (found.openai_api_key.get_secret_value(), found.port) == ("sk-v", 8123)
    assert found.anthropic_api_key.get_secret_value() == "sk-env"


@pytest.mark.parametrize(
    ("token", "path", "reason"),
    [
        ("hvs.wrong", "secret/data/nexova", "answers 403"),
        ("hvs.right", "secret/data/nothing", "answers 404"),
        ("hvs.right", "kv/nexova", "no secret of a KV store, version 2"),
        ("hvs.right", "secret/data/moved", "answers 307"),
    ],
)
def test_a_vault_that_does_not_answer_so_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, token: str, path: str, reason: str
) -> None:
    with vault_with(OPENAI_API_KEY="sk-v") as address:
        for name, value in {"VAULT_ADDR": address, "VAULT_TOKEN": token, "VAULT_PATH": path}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SecretAway, match=reason) as told:
            get_settings()
    assert token not in str(told.value)
    monkeypatch.setenv("VAULT_ADDR", "file:///etc/passwd")
    with pytest.raises(SecretAway, match="must be an address"):
        get_settings()


def test_limits_and_level_change_while_a_process_runs_and_nothing_else_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    held = get_settings()
    port = held.port
    for name, value in {"LOG_LEVEL": "ERROR", "API_REQUESTS_PER_MINUTE": "7", "NEXOVA_PORT": "9999"}.items():
        monkeypatch.setenv(name, value)
    reloading.reload()
    assert get_settings() is held
    assert (held.log_level, held.api_requests_per_minute, held.port) == ("ERROR", 7, port)
    assert logging.getLogger().level == logging.ERROR
    # What is wrong is not taken over
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE", "none")
    reloading.reload()
    assert held.api_requests_per_minute == 7
    assert set(Settings.model_fields) >= RELOADED


def test_sighup_reloads_a_process(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("API_REQUESTS_PER_MINUTE=3\n")
    told = (
        "import signal, sys\n"
        "from app.processes import reloading\n"
        "from core.settings import get_settings\n"
        "held = get_settings(); reloading.on_hangup(); print(held.api_requests_per_minute, flush=True)\n"
        "sys.stdin.readline(); print(held.api_requests_per_minute, flush=True)\n"
    )
    kept = {name: value for name, value in os.environ.items() if name != "API_REQUESTS_PER_MINUTE"}
    with subprocess.Popen(
        [sys.executable, "-c", told], cwd=tmp_path, env={**kept, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "3\n"
        (tmp_path / ".env").write_text("API_REQUESTS_PER_MINUTE=4\n")
        process.send_signal(signal.SIGHUP)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.read().splitlines()[-1] == "4"


def use_keys(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    monkeypatch.setenv("NEXOVA_SECRET_KEYS", ",".join(keys))
    for cache in (get_settings, vault._ring, signed.serializer):
        cache.cache_clear()


def test_what_an_old_key_has_signed_is_read_until_it_leaves_the_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    use_keys(monkeypatch, old)
    cursor, sealed = signed.serializer("cursor x").dumps("place"), vault.seal({"a": 1})
    use_keys(monkeypatch, new, old)
    assert signed.serializer("cursor x").loads(cursor) == "place"
    assert vault.unseal(sealed) == {"a": 1}
    fresh = signed.serializer("cursor x").dumps("place")
    assert fresh != cursor
    use_keys(monkeypatch, new)
    assert signed.serializer("cursor x").loads(fresh) == "place"
    with pytest.raises(Exception, match="does not match"):
        signed.serializer("cursor x").loads(cursor)
    with pytest.raises(vault.VaultLocked):
        vault.unseal(sealed)
