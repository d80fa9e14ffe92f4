"""`nexova connections`: the lines on which customers write."""

from pydantic import BaseModel

from app.cli import session
from app.cli.terminal import AsJson, InWorkspace, settings_or_exit, show
from core.work import open_work
from domain.connections import service
from domain.connections.schemas import ConnectionSummary


class Row(BaseModel):
    """A connection as it is listed; its secrets stay in the vault."""

    id: str
    workspace: str
    channel: str
    name: str
    address: str
    active: bool
    webhook: str


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
        channel=connection.channel.value,
        name=connection.name,
        address=connection.address,
        active=connection.is_active,
        webhook=f"{base_url}/api/v1/webhooks/infobip/{connection.slug}",
    )


def connections(workspace: InWorkspace = None, as_json: AsJson = False) -> None:
    """List the connections, with the address to which the provider must send its webhooks."""
    base_url = settings_or_exit(attached=True).base_url
    rows = session.run(lambda: _rows(workspace, base_url))
    show(rows, as_json=as_json, empty="There are no connections. `nexova seed` makes those of the demo shops.")
