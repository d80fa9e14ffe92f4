"""`nexova workspace`: the shops of an installation, founding one, and bringing one back that was given up."""

from typing import Annotated

import typer
from pydantic import ValidationError

from app.cli import session
from app.cli.terminal import AsJson, fail, show
from core.access import Principal
from core.tables import new_id
from core.work import open_work
from domain.accounts import people
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceRef, WorkspaceView
from domain.catalog.schemas import NewStore
from domain.founding import service as founding
from domain.founding.schemas import FoundWorkspace

group = typer.Typer(no_args_is_help=True)

LEAST_PASSWORD = 8


@group.command("list")
def list_workspaces(as_json: AsJson = False) -> None:
    """List the shops, also those that were given up."""
    found: list[WorkspaceRef] = session.run(accounts.list_workspaces)
    show(found, as_json=as_json, empty="There is no workspace yet; `nexova workspace create` founds one.")


@group.command()
def create(
    slug: Annotated[str, typer.Argument(help="Its short name in addresses, such as abasto-la-esquina.")],
    name: Annotated[str, typer.Option(prompt=True, help="Its name.")],
    owner: Annotated[str, typer.Option(prompt="Owner's mail address", help="The mail address of whoever owns it.")],
    currency: Annotated[str, typer.Option(prompt=True, help="Its currency, such as VES.")],
    country: Annotated[str, typer.Option(prompt=True, help="Its country, such as VE.")],
    timezone: Annotated[str, typer.Option(prompt=True, help="Its time zone, such as America/Caracas.")],
    language: Annotated[str, typer.Option(help="The language of its staff: es, en or pt.")] = "es",
    owner_name: Annotated[str | None, typer.Option(help="The name of whoever owns it.")] = None,
    store: Annotated[list[str] | None, typer.Option(help="A store as CODE=NAME; may be given more than once.")] = None,
    password: Annotated[
        str,
        typer.Option(prompt="Owner's password", hide_input=True, confirmation_prompt=True, help="Asked for, if left out."),
    ] = "",
) -> None:
    """Found a shop, with an account for its owner; an account that exists keeps its password."""
    if len(password) < LEAST_PASSWORD:
        fail(f"the password must have at least {LEAST_PASSWORD} characters.")
    try:
        command = FoundWorkspace(
            slug=slug,
            name=name,
            currency=currency.upper(),
            country=country.upper(),
            timezone=timezone,
            language=language,
            stores=tuple(_store(given) for given in store or [f"1={name}"]),
        )
    except ValidationError as error:
        fail("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    made = session.run(lambda: _found(command, owner, owner_name or owner, password))
    print(f"{made.name} is founded ({made.id}). {owner} can sign in.")
    print(f"Next: nexova connections add --workspace {made.slug} …")


def _store(given: str) -> NewStore:
    code, _, name = given.partition("=")
    return NewStore(code=code, name=name or code)


async def _found(command: FoundWorkspace, owner: str, owner_name: str, password: str) -> WorkspaceView:
    await people.create_account(owner, owner_name, password)
    async with open_work(Principal.system(new_id())) as work:
        return await founding.found(work, command, owner, owner_name)


@group.command()
def restore(slug: Annotated[str, typer.Argument(help="The short name of the shop.")]) -> None:
    """Bring a shop back that was given up."""
    restored = session.run(lambda: _restore(slug))
    print(f"{restored.name} is open again.")


async def _restore(slug: str) -> WorkspaceView:
    ((_, principal),) = await session.workspaces(slug)
    async with open_work(principal) as work:
        return await accounts.restore_workspace(work)
