"""The commands that run processes: all of them under the supervisor, or one."""

import importlib
from typing import Annotated

import typer

from app.processes import runtime
from core.settings import Environment, get_settings


def _attach() -> None:
    """Attach this process to its servers; in production, only with lines that it can serve."""
    settings = runtime.attach()
    if settings.environment is Environment.PRODUCTION and settings.infobip_base_url is None:
        importlib.import_module("app.cli.lines").require_accounts(settings)


def up(
    logs: Annotated[bool, typer.Option("--logs", help="Show the processes' logs here, besides none in files.")] = False,
) -> None:
    """Start everything on the data folder and keep it alive until Ctrl-C.

    Postgres and Redis are started too, unless DATABASE_URL and REDIS_URL name servers of your own. A house that was ready
    and is stopped ends with 0, one that is interrupted before with 130 (Ctrl-C) or 143 (SIGTERM).
    """
    settings = get_settings()
    supervisor = importlib.import_module("app.processes.supervisor")
    raise typer.Exit(supervisor.Supervisor(settings, logs_to_terminal=logs).run())


def web() -> None:
    """Run the web process until SIGINT or SIGTERM."""
    _attach()
    importlib.import_module("app.web.server").serve()


def worker() -> None:
    """Run a worker until SIGINT or SIGTERM; any number may run side by side."""
    _attach()
    importlib.import_module("app.queue.worker").main()


def relay() -> None:
    """Run a relay until SIGINT or SIGTERM; any number may run side by side."""
    _attach()
    importlib.import_module("app.queue.relay").main()
