"""Workspaces and their lines, as a new shop has them."""

from uuid import uuid4

from pydantic import SecretStr

from core.access import Principal
from core.settings import get_settings
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.schemas import CreateWorkspace, WorkspaceSettings, WorkspaceView
from domain.connections import service as connections
from domain.connections.medium import Medium, Provider
from domain.connections.schemas import ConnectionSummary, Credentials, NewConnection, WebhookAuthentication


async def make_workspace(
    slug: str = "", currency: str = "VES", country: str = "VE", name: str = "Abasto La Esquina"
) -> WorkspaceView:
    """Create a workspace with settings as a new shop has them."""
    principal = Principal.system(new_id())
    async with open_work(principal) as work:
        return await accounts.create_workspace(
            work,
            CreateWorkspace(
                slug=slug or f"shop-{uuid4().hex[:8]}",
                name=name,
                currency=currency,
                timezone="America/Caracas",
                language="es",
                country=country,
            ),
        )


async def settle(work: Work, settings: WorkspaceSettings) -> WorkspaceView:
    """Choose settings, whatever was chosen before."""
    return await accounts.update_settings(work, settings, (await accounts.get_workspace(work)).version)


async def make_connection(
    workspace: WorkspaceView,
    slug: str = "",
    base_url: str | None = None,
    *,
    medium: Medium = Medium.WHATSAPP,
    provider: Provider | None = None,
    address: str = "",
) -> ConnectionSummary:
    """Create a connection whose webhook is protected by a static header; the sandbox's, where there is one and no address."""
    sandbox = base_url is None and get_settings().sandbox_enabled
    async with open_work(Principal.system(workspace.id)) as work:
        return await connections.create(
            work,
            NewConnection(
                slug=slug or f"line-{uuid4().hex[:8]}",
                medium=medium,
                provider=provider or (Provider.SANDBOX if sandbox else Provider.INFOBIP),
                name="WhatsApp",
                address=address or f"58{uuid4().int % 10**10:010d}",
                base_url=base_url,
                credentials=Credentials(
                    api_key=SecretStr("key-of-tests-that-opens-no-door-at-all"),
                    webhook=WebhookAuthentication(
                        method="header", header="X-Nexova-Secret", secret=SecretStr("secret-of-tests")
                    ),
                ),
            ),
        )
