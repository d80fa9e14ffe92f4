"""Web chats: opening one on the shop's pages, and the secret by which the shop's server tells us who a visitor is."""

import secrets
from uuid import UUID

from pydantic import SecretStr

from core.errors import Conflict
from core.work import Work
from domain.connections import service
from domain.connections.medium import Medium, Provider
from domain.connections.permissions import ConnectionsPermission
from domain.connections.schemas import (
    ConnectionSettings,
    Credentials,
    NewConnection,
    NewWebChat,
    WebChatSecret,
    WebhookAuthentication,
)


class NoWebChat(Conflict):
    """The line is no web chat, so nobody signs identities for it."""

    code = "no_web_chat"


async def open_on_page(work: Work, command: NewWebChat) -> WebChatSecret:
    """Make a web chat. Its secret is sealed before it reaches the database, and told this once. Raises ConnectionExists."""
    work.require(ConnectionsPermission.WRITE)
    secret = secrets.token_urlsafe(32)
    made = await service.create(
        work,
        NewConnection(
            slug=command.slug,
            medium=Medium.WEBCHAT,
            provider=Provider.WEB,
            name=command.name,
            address=f"web-{secrets.token_hex(8)}",
            credentials=Credentials(api_key=SecretStr(secret), webhook=WebhookAuthentication(method="none")),
            settings=ConnectionSettings.model_validate(command.model_dump(exclude={"slug", "name"})),
        ),
    )
    return WebChatSecret(connection=await service.details(work, made.id), identity_secret=secret)


async def renew_secret(work: Work, connection_id: UUID, seen: int, *, keep_former: bool) -> WebChatSecret:
    """Sign with another secret from now on; raises ConnectionNotFound, NoWebChat and VersionConflict.

    The one before counts until the next renewal if it is kept; else all that it has signed is refused from now on.
    """
    work.require(ConnectionsPermission.WRITE)
    line = await service.opened_for_check(work, connection_id)
    if line.provider is not Provider.WEB:
        raise NoWebChat
    secret = secrets.token_urlsafe(32)
    renewed = Credentials(
        api_key=SecretStr(secret),
        webhook=line.credentials.webhook,
        former_key=line.credentials.api_key if keep_former else None,
    )
    return WebChatSecret(connection=await service.rotate(work, connection_id, renewed, seen), identity_secret=secret)
