"""`nexova doctor`: what is configured and reachable, and what to do about the rest."""

import asyncio
import os
import platform
from pathlib import Path
from typing import Annotated, Literal

import httpx
import redis
import typer
from alembic.script import ScriptDirectory
from pydantic import BaseModel
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from app.cli.terminal import AsJson, fail, show
from app.processes import pulse, runtime
from core import db
from core.settings import Settings, get_settings
from domain.connections import service as connections
from domain.connections.medium import Provider
from migrations.upgrade import configuration

_KEYS = {"anthropic": "anthropic_api_key", "openai": "openai_api_key"}


class Finding(BaseModel):
    """One thing that was looked at."""

    what: str
    state: Literal["ok", "note", "failing"]
    found: str
    advice: str | None = None


def _configuration(settings: Settings) -> list[Finding]:
    owner = runtime.read(settings.data_dir)
    servers = [name for name, url in (("Postgres", settings.database_url), ("Redis", settings.redis_url)) if url]
    findings = [
        Finding(what="environment", state="ok", found=f"{settings.environment}, Python {platform.python_version()}"),
        _data_folder(settings.data_dir),
        Finding(
            what="house",
            state="ok" if owner or len(servers) == 2 else "note",
            found=f"process {owner.pid} on {owner.base_url}"
            if owner
            else f"not started here ({' and '.join(servers) or 'no servers'} configured)",
            advice=None if owner or len(servers) == 2 else "`nexova up` (or `make run`) starts everything.",
        ),
    ]
    if settings.sandbox_enabled:
        advice = "Add a line of a real account with `nexova connections add` to write to real phones."
        findings.append(Finding(what="line", state="ok", found="the sandbox plays Infobip and the phones", advice=advice))
    return [*findings, *(_model(name, settings) for name in settings.model_chain)]


def _data_folder(folder: Path) -> Finding:
    """Whether the folder can be written to, or made: then the nearest that exists can be."""
    folder = Path(os.path.realpath(folder))
    nearest = next(part for part in (folder, *folder.parents) if part.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Finding(what="data folder", state="ok", found=str(folder))
    why = "cannot be written to" if nearest.is_dir() else "is not a folder"
    advice = "Choose another data folder with NEXOVA_DATA_DIR."
    return Finding(what="data folder", state="failing", found=f"{folder}: {nearest} {why}", advice=advice)


def _model(name: str, settings: Settings) -> Finding:
    provider = name.split(":")[0]
    what = f"model {name}"
    if name == "lexical":
        advice = "Set ANTHROPIC_API_KEY, and LLM_MODELS to a chain such as anthropic:<model>,lexical, for a language model."
        alone = settings.model_chain == ("lexical",)
        return Finding(what=what, state="ok", found="built in, needs no network", advice=advice if alone else None)
    key = getattr(settings, _KEYS[provider]) if provider in _KEYS else None
    if provider in _KEYS and key is None and not (provider == "openai" and settings.openai_base_url):
        return Finding(what=what, state="failing", found="no key", advice=f"Set {_KEYS[provider].upper()}.")
    return Finding(what=what, state="ok", found="configured")


async def _database(settings: Settings) -> Finding:
    what = "Postgres"
    if settings.database_url is None:
        return Finding(what=what, state="note", found="not running", advice="`nexova up` starts one, or set DATABASE_URL.")
    engine = db.connect(settings.database_url, pool_size=1)
    try:
        async with engine.connect() as connection:
            version, revision = await db.versions(connection)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        reason = str(error).splitlines()[0]
        return Finding(what=what, state="failing", found=reason, advice="Check DATABASE_URL, and that the server runs.")
    finally:
        await db.disconnect()
    head = ScriptDirectory.from_config(configuration(settings.database_url)).get_current_head()
    if revision != head:
        found = f"{version}, schema at {revision or 'nothing'}, newest is {head}"
        return Finding(what=what, state="failing", found=found, advice="Run `nexova migrate`.")
    return Finding(what=what, state="ok", found=f"{version}, schema at {revision}")


async def _lines(settings: Settings) -> list[Finding]:
    """The lines in use that nobody here can carry."""
    if settings.database_url is None:
        return []
    db.connect(settings.database_url, pool_size=1)
    try:
        lines = await connections.all_active()
    except (SQLAlchemyError, OSError, TimeoutError):
        return []  # what ails the database is told already
    finally:
        await db.disconnect()
    found: list[Finding] = []
    for line in lines:
        what = f"line {line.slug}"
        if connections.lacks_account(line, settings.infobip_base_url):
            said = "its Infobip account has no address"
            found.append(Finding(what=what, state="failing", found=said, advice="Set INFOBIP_BASE_URL."))
        elif line.provider is Provider.SANDBOX and not settings.sandbox_enabled:
            found.append(Finding(what=what, state="note", found="carried by the sandbox, which does not exist here"))
    return found


async def _redis(settings: Settings) -> list[Finding]:
    if settings.redis_url is None:
        return [Finding(what="Redis", state="note", found="not running", advice="`nexova up` starts one, or set REDIS_URL.")]
    client = pulse.open_redis(settings)
    try:
        version = (await client.info("server"))["redis_version"]
        beats = await pulse.heartbeats(client)
    except (redis.RedisError, OSError) as error:
        return [Finding(what="Redis", state="failing", found=str(error), advice="Check REDIS_URL, and that the server runs.")]
    finally:
        await client.aclose()
    findings = [Finding(what="Redis", state="ok", found=str(version))]
    for process in ("web", "worker", "relay"):
        ages = [age for name, age in beats.items() if name.startswith(f"{process}:")]
        findings.append(
            Finding(what=process, state="ok", found=f"{len(ages)} running, seen {min(ages):.0f} s ago")
            if ages
            else Finding(what=process, state="failing", found="none is running", advice=f"Start one: `nexova {process}`.")
        )
    return findings


async def _reachable(what: str, url: str, key_header: dict[str, str], advice: str) -> Finding:
    try:
        async with httpx.AsyncClient(timeout=10, follow_redirects=False) as client:
            status = (await client.get(url, headers=key_header)).status_code
    except httpx.HTTPError as error:
        return Finding(what=what, state="failing", found=f"{type(error).__name__}: {error}", advice=advice)
    if status in (401, 403):
        return Finding(what=what, state="failing", found=f"reachable, but the key is refused ({status})", advice=advice)
    return Finding(what=what, state="ok", found=f"reachable ({status})")


async def _outside(settings: Settings) -> list[Finding]:
    """Ask the outside services that are configured; none of the requests costs anything or changes anything."""
    asked = []
    if settings.infobip_base_url is not None:
        advice = "Check INFOBIP_BASE_URL: it stands on the start page of your Infobip account."
        asked.append(_reachable("Infobip", settings.infobip_base_url, {}, advice))
    if settings.anthropic_api_key is not None:
        base = (settings.anthropic_base_url or "https://api.anthropic.com").rstrip("/")
        headers = {
            "Authorization": f"Bearer {settings.anthropic_api_key.get_secret_value()}",
            "anthropic-version": "2026-10-21",
        }
        asked.append(_reachable("Anthropic", f"{base}/v1/models", headers, "Check ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL."))
    if settings.openai_base_url is not None or settings.openai_api_key is not None:
        base = (settings.openai_base_url or "https://api.openai.com/v1").rstrip("/")
        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else "none"
        advice = "Check OPENAI_API_KEY and OPENAI_BASE_URL."
        asked.append(_reachable("OpenAI protocol", f"{base}/models", {"Authorization": f"Bearer {key}"}, advice))
    return list(await asyncio.gather(*asked))


async def _examine(settings: Settings) -> list[Finding]:
    database = await _database(settings)
    return [*_configuration(settings), database, *await _lines(settings), *await _redis(settings), *await _outside(settings)]


async def _beats_here(settings: Settings) -> bool:
    client = pulse.open_redis(settings)
    try:
        return any(name.split(":")[1] == platform.node() for name in await pulse.heartbeats(client))
    finally:
        await client.aclose()


def _attached() -> Settings:
    """The settings, with the servers of the running house if there is one."""
    try:
        return runtime.attach()
    except runtime.NotRunning:
        return get_settings()


def doctor(
    as_json: AsJson = False,
    alive: Annotated[
        bool, typer.Option("--alive", help="Only ask whether a process of this host gives signs of life.")
    ] = False,
) -> None:
    """Say what is configured and reachable, and what to do; exit code 1 if something is failing."""
    settings = _attached()
    if alive:
        try:
            beating = asyncio.run(_beats_here(settings))
        except (redis.RedisError, OSError) as error:
            fail(f"Redis cannot be reached: {error}")
        if not beating:
            fail("no process of this host gives signs of life.")
        return
    findings = asyncio.run(_examine(settings))
    if as_json:
        show(findings, as_json=True, empty="")
    else:
        console = Console(highlight=False, soft_wrap=True)
        marks = {"ok": "[green]ok      [/]", "note": "[yellow]note    [/]", "failing": "[red]failing [/]"}
        for finding in findings:
            console.print(f"{marks[finding.state]} {finding.what}: ", end="")
            console.print(finding.found, markup=False)
            if finding.advice:
                console.print(f"         → {finding.advice}", markup=False)
    if any(finding.state == "failing" for finding in findings):
        raise typer.Exit(1)
