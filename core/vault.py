"""Secrets at rest: credentials of connections are encrypted with a ring of keys (Fernet); the first key encrypts."""

import json
import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.errors import DomainError
from core.settings import Settings, get_settings


class VaultLocked(DomainError):
    """No key of the ring opens this secret."""

    code = "vault_locked"
    http_status = 500


def load_keys(settings: Settings) -> list[str]:
    """The key ring: NEXOVA_SECRET_KEYS (comma separated, newest first), or a key kept in the data folder."""
    if settings.secret_keys is not None:
        return [key.strip() for key in settings.secret_keys.get_secret_value().split(",") if key.strip()]
    path = settings.data_dir / "secret.key"
    if not path.exists():
        _make_key(path)
    return [path.read_text().strip()]


def _make_key(path: Path) -> None:
    """Put a new key in place at once, so that nobody finds half a key; a key that another process has made stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}.") as file:
        file.write(Fernet.generate_key().decode())
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(file.name, path)


@lru_cache
def _ring() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in load_keys(get_settings())])


def seal(secret: dict[str, Any]) -> bytes:
    """Encrypt a small JSON object."""
    return _ring().encrypt(json.dumps(secret).encode())


def unseal(sealed: bytes) -> dict[str, Any]:
    """Decrypt what `seal` made; raises VaultLocked when no key fits."""
    try:
        opened: dict[str, Any] = json.loads(_ring().decrypt(sealed))
    except InvalidToken as error:
        raise VaultLocked from error
    return opened
