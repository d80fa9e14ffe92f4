"""Connections: the lines on which customers write, without their secrets, which go in and never come out."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel

from app.web.api.callers import may
from app.web.api.lists import Page
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from channels import registry
from core.access import Principal
from core.errors import DomainError
from core.work import open_work
from domain.connections import service as connections
from domain.connections import webchat
from domain.connections.permissions import ConnectionsPermission
from domain.connections.schemas import (
    ChangeConnection,
    ConnectionDetails,
    ConnectionSettings,
    ConnectionSummary,
    Credentials,
    LineCheck,
    NewConnection,
    NewWebChat,
    RenewSecret,
    WebChatSecret,
)
from domain.connections.templates import TemplatesFound

router = noun("connections")

Reader = Annotated[Principal, may(ConnectionsPermission.READ)]
Tester = Annotated[Principal, may(ConnectionsPermission.WRITE)]
Writer = Annotated[Write, may_write(ConnectionsPermission.WRITE)]


class TemplatesUnavailable(DomainError):
    """The provider does not tell the templates of a line now."""

    code = "templates_unavailable"
    http_status = 502


class ShownConnection(ConnectionDetails):
    """A connection, and the address to which its provider sends; of a web chat, that of the script for the shop's pages."""

    webhook_url: str
    script_url: str | None = None


class KeptTemplates(BaseModel):
    """A line with the templates that it has now, and the names of approved ones that staff cannot fill in and send."""

    connection: ShownConnection
    left_out: tuple[str, ...]


def shown(found: ConnectionDetails, request: Request) -> ShownConnection:
    """A line as staff see it, with the address to which its provider sends."""
    root = request.app.state.settings.base_url
    webhook_url = f"{root}{registry.WEBHOOK_PATH}/{found.slug}"
    return ShownConnection(**found.model_dump(), webhook_url=webhook_url, script_url=registry.script_url(found, root))


@router.get("/connections")
async def list_(caller: Reader) -> Page[ConnectionSummary]:
    """List lines by their short names."""
    async with open_work(caller) as work:
        return Page(data=await connections.all_of_workspace(work), has_more=False, next_cursor=None)


@router.post("/connections", status_code=201)
async def create(write: Writer, body: NewConnection) -> ConnectionSummary:
    """Add a line. Its secrets are sealed, and no answer shows them."""
    return await write.once(ConnectionSummary, lambda work: connections.create(work, body))


@router.post("/connections/web-chats", status_code=201)
async def open_web_chat(write: Writer, body: NewWebChat) -> WebChatSecret:
    """Open a web chat on the shop's pages. The secret with which the shop's server signs identities is shown this once."""
    return await write.once(WebChatSecret, lambda work: webchat.open_on_page(work, body), is_secret=True)


@router.post("/connections/{connection_id}/identity-secret")
async def renew_secret(
    write: Writer, seen: SeenVersion, connection_id: UUID, body: RenewSecret, response: Response
) -> WebChatSecret:
    """Give a web chat another secret for identities, which is shown this once; the one before may count on for a while."""
    renewed = await write.once(
        WebChatSecret,
        lambda work: webchat.renew_secret(work, connection_id, seen, keep_former=body.keep_former),
        is_secret=True,
    )
    tell(response, renewed.connection.version)
    return renewed


@router.get("/connections/{connection_id}")
async def get(caller: Reader, connection_id: UUID, request: Request, response: Response) -> ShownConnection:
    """Show a line and what was chosen for it."""
    async with open_work(caller) as work:
        found = await connections.details(work, connection_id)
    tell(response, found.version)
    return shown(found, request)


@router.patch("/connections/{connection_id}")
async def change(
    write: Writer, seen: SeenVersion, connection_id: UUID, body: ChangeConnection, request: Request, response: Response
) -> ShownConnection:
    """Change a line, or stop using it; only what is said is changed."""
    changed = await write.once(ConnectionDetails, lambda work: connections.change(work, connection_id, body, seen))
    tell(response, changed.version)
    return shown(changed, request)


@router.post("/connections/{connection_id}/rotate")
async def rotate(
    write: Writer, seen: SeenVersion, connection_id: UUID, body: Credentials, request: Request, response: Response
) -> ShownConnection:
    """Give a line another key, and its webhooks another proof."""
    changed = await write.once(ConnectionDetails, lambda work: connections.rotate(work, connection_id, body, seen))
    tell(response, changed.version)
    return shown(changed, request)


@router.post("/connections/{connection_id}/templates")
async def fetch_templates(
    write: Writer, seen: SeenVersion, connection_id: UUID, request: Request, response: Response
) -> KeptTemplates:
    """Ask the provider for the line's approved templates and keep them in the place of those that it had."""
    found = await templates(write.caller, connection_id)
    command = kept(found)
    changed = await write.once(ConnectionDetails, lambda work: connections.change(work, connection_id, command, seen))
    tell(response, changed.version)
    return KeptTemplates(connection=shown(changed, request), left_out=found.left_out)


def kept(found: TemplatesFound) -> ChangeConnection:
    """The change by which a line keeps what its provider has told; raises TemplatesUnavailable where it told nothing."""
    if found.code != "ok":
        raise TemplatesUnavailable(reason=found.code)
    return ChangeConnection(settings=ConnectionSettings(templates=found.templates))


async def templates(principal: Principal, connection_id: UUID) -> TemplatesFound:
    """What the provider says of a line's templates; no transaction is open while it is asked."""
    async with open_work(principal) as work:
        line = await connections.opened_for_check(work, connection_id)
    try:
        channel = registry.open_channel(line)
    except registry.ProviderAbsent:
        return TemplatesFound(code=registry.ProviderAbsent.code)
    return await channel.templates()


@router.post("/connections/{connection_id}/test")
async def test(caller: Tester, connection_id: UUID) -> LineCheck:
    """Ask the provider now whether the line can be used; nothing is sent to anybody."""
    async with open_work(caller) as work:
        line = await connections.opened_for_check(work, connection_id)
    try:
        channel = registry.open_channel(line)
    except registry.ProviderAbsent:
        return LineCheck(is_usable=False, code=registry.ProviderAbsent.code)
    return await channel.check()
