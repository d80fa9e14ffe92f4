"""The commands that prepare a database: its schema, and the demo shops."""

import importlib
from typing import Annotated

import typer

from app.cli import session
from app.cli.terminal import fail, settings_or_exit
from core.settings import Environment
from domain.accounts import service as accounts
from migrations.upgrade import upgrade


async def _is_empty() -> bool:
    return not await accounts.list_workspaces()


def _seed() -> None:
    seeding = importlib.import_module("domain.seed.service")
    session.run(lambda: seeding.seed_demo())
    print("The demo shops are in the database.")


def migrate(
    with_demo: Annotated[
        bool, typer.Option("--with-demo", help="Put the demo shops into the database if it is empty.")
    ] = False,
) -> None:
    """Bring the database to the newest revision."""
    settings = settings_or_exit(attached=True)
    upgrade(settings.database_url or "")
    print("The database is at the newest revision.")
    if with_demo and session.run(_is_empty):
        _seed()


def seed() -> None:
    """Put the demo shops into the database, unless it holds workspaces already."""
    settings = settings_or_exit(attached=True)
    if settings.environment is Environment.PRODUCTION:
        fail("demo shops have passwords and numbers that everybody knows; they do not go into a production database.")
    if not session.run(_is_empty):
        fail("the database holds workspaces already; demo shops go into an empty one only.")
    _seed()
