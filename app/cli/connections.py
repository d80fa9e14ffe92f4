"""`nexova connections`: the lines on which customers write, and adding one of a real account."""

import secrets
from typing import Annotated, Literal

import typer
from pydantic import BaseModel, SecretStr, ValidationError

from app.cli import session
from app.cli.terminal import AsJson, InWorkspace, fail, show
from app.processes import runtime
from channels import registry
from core.settings import get_settings
from core.work import open_work
from domain.connections import service
from domain.connections.medium import Medium, Provider
from domain.connections.schemas import ConnectionSummary, Credentials, NewConnection, WebhookAuthentication

group = typer.Typer(invoke_without_command=True)

Proof = Literal["token", "basic", "header", "none"]


class Row(BaseModel):
    """A connection as it is listed, with the address to which its provider sends, or that of a web chat's script.

    Its secrets stay in the vault.
    """

    id: str
    workspace: str
    medium: Medium
    provider: Provider
    name: str
    address: str
    active: bool
    url: str


async def _rows(slug: str | None, base_url: str) -> list[Row]:
    rows: list[Row] = []
    for ref, principal in await session.workspaces(slug):
        async with open_work(principal) as work:
            rows += [_row(ref.slug, one, base_url) for one in await service.all_of_workspace(work)]
    return rows


def _row(workspace: str, connection: ConnectionSummary, base_url: str) -> Row:
    return Row(
        id=connection.slug,
        workspace=workspace,
        medium=connection.medium,
        provider=connection.provider,
        name=connection.name,
        address=connection.address,
        active=connection.is_active,
        url=registry.script_url(connection, base_url) or f"{base_url}{registry.WEBHOOK_PATH}/{connection.slug}",
    )


@group.callback()
def connections(context: typer.Context, workspace: InWorkspace = None, as_json: AsJson = False) -> None:
    """List the connections, with the address to which the provider must send its webhooks, or that of a web chat's script."""
    if context.invoked_subcommand is not None:
        return
    base_url = runtime.attach().base_url
    rows = session.run(lambda: _rows(workspace, base_url))
    show(rows, as_json=as_json, empty="There are no connections. `nexova seed` makes those of the demo shops.")


def _proof(method: Proof, secret: str, header: str, username: str) -> WebhookAuthentication:
    """How webhooks will prove themselves: the secret as URL token, as a header's value, or as Basic password."""
    if method == "token":
        return WebhookAuthentication(method="token", token=SecretStr(secret))
    if method == "basic":
        return WebhookAuthentication(method="basic", username=username, password=SecretStr(secret))
    if method == "header":
        return WebhookAuthentication(method="header", header=header, secret=SecretStr(secret))
    return WebhookAuthentication(method="none")


async def _add(workspace: str, command: NewConnection) -> str:
    ((_, principal),) = await session.workspaces(workspace)
    async with open_work(principal) as work:
        created = await service.create(work, command)
        view = await service.get(work, created.id)
    return registry.webhook_url(view, get_settings().base_url)


@group.command()
def add(
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="The workspace's slug.")],
    id: Annotated[str, typer.Option("--id", help="A short id; it stands in the webhook's address.")],
    number: Annotated[str, typer.Option(help="The WhatsApp sender, in international format without +.")],
    base_url: Annotated[str, typer.Option(help="The account's address, https://….api.infobip.com.")],
    api_key: Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="INFOBIP_API_KEY", help="Asked for if absent.")],
    name: Annotated[str, typer.Option(help="What staff call it.")] = "WhatsApp",
    proof: Annotated[Proof, typer.Option(help="How webhooks prove that they come from Infobip.")] = "token",
    header: Annotated[str, typer.Option(help="The header that carries the secret, with --proof header.")] = "X-Nexova-Secret",
    username: Annotated[str, typer.Option(help="The user name, with --proof basic.")] = "infobip",
) -> None:
    """Add a WhatsApp sender of a real Infobip account, and say what to enter in Infobip's portal."""
    secret = secrets.token_urlsafe(24)
    try:
        command = NewConnection(
            slug=id,
            medium=Medium.WHATSAPP,
            provider=Provider.INFOBIP,
            name=name,
            address=number.lstrip("+"),
            base_url=base_url,
            credentials=Credentials(api_key=SecretStr(api_key), webhook=_proof(proof, secret, header, username)),
        )
    except ValidationError as error:
        fail("; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()))
    address = session.run(lambda: _add(workspace, command))
    print("Enter this address in Infobip's portal, for inbound messages, delivery reports and seen reports:")
    print(f"  {address}")
    if proof == "basic":
        print(f"with Basic authentication, user {username}, password {secret}")
    elif proof == "header":
        print(f"with the header {header}: {secret}")
