"""The note that a running installation leaves in its data folder, by which other commands find its servers."""

import os
from pathlib import Path

from pydantic import BaseModel

from core.embedded import owner_of
from core.errors import CannotRun
from core.settings import Settings, get_settings


class NotRunning(CannotRun):
    """No installation runs on the data folder, and no servers are configured."""


class Runtime(BaseModel):
    """What `nexova up` has started: addresses (with passwords, so the file is private) and process ids."""

    pid: int
    base_url: str
    database_url: str
    redis_url: str
    processes: dict[str, int]


def runtime_file(data_dir: Path) -> Path:
    """Where the note lies."""
    return data_dir / "runtime.json"


def write(runtime: Runtime, data_dir: Path) -> None:
    """Leave the note, readable by its owner only."""
    path = runtime_file(data_dir)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(runtime.model_dump_json(indent=2))
    fresh.replace(path)


def read(data_dir: Path) -> Runtime | None:
    """The note of the installation that runs on the folder now; None when none does, whatever a crash left behind."""
    if owner_of(data_dir) is None:
        return None
    try:
        return Runtime.model_validate_json(runtime_file(data_dir).read_text())
    except (FileNotFoundError, ValueError):
        return None


def attach() -> Settings:
    """The settings of this process, completed with the servers of the running installation; raises NotRunning."""
    settings = get_settings()
    if settings.database_url and settings.redis_url:
        return settings
    runtime = read(settings.data_dir)
    if runtime is None:
        raise NotRunning(
            f"Nothing runs on {settings.data_dir.resolve()}. Start it with `nexova up` (or `make run`), "
            "or set DATABASE_URL and REDIS_URL to the servers you want to work on."
        )
    os.environ.setdefault("DATABASE_URL", runtime.database_url)
    os.environ.setdefault("REDIS_URL", runtime.redis_url)
    os.environ.setdefault("NEXOVA_PUBLIC_URL", runtime.base_url)
    get_settings.cache_clear()
    return get_settings()
