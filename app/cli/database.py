"""The commands that prepare a database: its schema, and the demo shops."""

from typing import Annotated

import typer

from app.cli import session
from app.cli.terminal import fail
from app.demo import seed as seeding
from app.demo.schemas import demo_shops
from app.processes import runtime
from channels.infobip import templates
from core.db import to_json
from core.settings import Environment, Settings, get_settings
from domain.accounts import service as accounts
from migrations.upgrade import upgrade
from sandbox.devices import plant
from sandbox.infobip.approved import listed
from sandbox.infobip.history import remember

PLANT_OF = "demo-store"
"""The demo shop that has machines too."""


async def _seed_with_life() -> list[str]:
    """Make the missing demo shops; their customers have written only where the sandbox has their phones."""
    has_phones = get_settings().sandbox_enabled
    approved = templates.found(to_json({"templates": listed()}).encode()).templates if has_phones else ()
    made = await seeding.seed_demo(remember if has_phones else None, approved)
    for ref in await accounts.list_workspaces():
        if ref.slug == PLANT_OF:
            await plant.equip(ref.id)
    return made


async def _seed_unless_in_use() -> list[str]:
    """Make the missing demo shops, unless somebody has put workspaces of their own here.

    Some, or what has happened in them, may be missing because a first start was cut off.
    """
    existing = {ref.slug for ref in await accounts.list_workspaces()}
    demo = {shop.workspace.slug for shop in demo_shops()}
    return await _seed_with_life() if existing <= demo else []


def migrate(
    with_demo: Annotated[
        bool, typer.Option("--with-demo", help="Put the demo shops into the database, unless it is in use.")
    ] = False,
) -> None:
    """Bring the database to the newest revision."""
    settings = runtime.attach()
    if with_demo:
        _refuse_in_production(settings)
    upgrade(settings.database_url or "")
    print("The database is at the newest revision.")
    if with_demo:
        _say_made(session.run(_seed_unless_in_use))


def seed() -> None:
    """Put the demo shops into the database; those that are there already stay as they are."""
    _refuse_in_production(runtime.attach())
    _say_made(session.run(_seed_with_life))


def _refuse_in_production(settings: Settings) -> None:
    if settings.environment is Environment.PRODUCTION:
        fail("demo shops have keys, numbers and passwords that everybody knows; they do not go into a production database.")


def _say_made(slugs: list[str]) -> None:
    print(f"Demo shops made: {', '.join(slugs) or 'none, they are there already'}.")
