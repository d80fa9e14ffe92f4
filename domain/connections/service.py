"""Connections: creating them, and opening their secrets for the channel."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from core import events, vault
from core.errors import Conflict, Invalid, NotFound
from core.event_types import EventType
from core.settings import get_settings
from core.tables import new_id
from core.unique import unique
from core.work import Work, open_system_work
from domain.accounts.errors import VersionConflict
from domain.accounts.permissions import WorkspacePermission
from domain.connections import repository
from domain.connections.medium import Medium, Provider
from domain.connections.models import Connection
from domain.connections.permissions import ConnectionsPermission
from domain.connections.schemas import (
    ChangeConnection,
    ConnectionDetails,
    ConnectionSettings,
    ConnectionSummary,
    ConnectionView,
    Credentials,
    NewConnection,
    revealed,
)


class ConnectionNotFound(NotFound):
    """No connection has this id or address."""

    code = "connection_not_found"


class ConnectionExists(Conflict):
    """The id or the sender is taken."""

    code = "connection_exists"


class AccountAddressMissing(Invalid):
    """A line of Infobip has to say where the account is, unless the installation does."""

    code = "account_address_missing"


SHORTEST_SECRET: Final = 32
"""Characters of the secret of a web chat: whoever holds one identity that it has signed may guess at it in peace."""


class IdentitySecretWeak(Invalid):
    """Identities of a web chat are signed with a secret that could be guessed."""

    code = "identity_secret_weak"
    http_status = 422


def _require_strong(provider: Provider, credentials: Credentials) -> None:
    secrets = [secret for secret in (credentials.api_key, credentials.former_key) if secret is not None]
    if provider is Provider.WEB and any(len(secret.get_secret_value()) < SHORTEST_SECRET for secret in secrets):
        raise IdentitySecretWeak(least=SHORTEST_SECRET)


def _view(row: Connection) -> ConnectionView:
    return ConnectionView(
        workspace_id=row.workspace_id,
        id=row.id,
        slug=row.slug,
        medium=Medium(row.medium),
        provider=Provider(row.provider),
        name=row.name,
        address=row.address,
        base_url=row.base_url,
        credentials=Credentials.model_validate(vault.unseal(row.credentials)),
        settings=ConnectionSettings.model_validate(row.settings),
        is_active=row.is_active,
    )


async def create(work: Work, command: NewConnection) -> ConnectionSummary:
    """Create a connection; its credentials are sealed before they reach the database."""
    work.require(ConnectionsPermission.WRITE)
    if lacks_account(command, get_settings().infobip_base_url):
        raise AccountAddressMissing(slug=command.slug)
    _require_strong(command.provider, command.credentials)
    row = Connection(
        workspace_id=work.workspace_id,
        id=new_id(),
        slug=command.slug,
        medium=command.medium,
        provider=command.provider,
        name=command.name,
        address=command.address,
        base_url=command.base_url,
        credentials=vault.seal(revealed(command.credentials)),
        settings=command.settings.model_dump(mode="json"),
        is_active=True,
        version=1,
    )
    async with unique(work, ConnectionExists(slug=command.slug, address=command.address)):
        work.session.add(row)
    after = {"slug": row.slug, "provider": row.provider, "address": row.address}
    events.record(work, EventType.CONNECTION_CREATED, subject=row.id, after=after)
    return summary(row)


def lacks_account(line: NewConnection | ConnectionSummary, installation: str | None) -> bool:
    """Whether a line is to reach an Infobip account of which neither it nor the installation knows the address."""
    return line.provider is Provider.INFOBIP and not (line.base_url or installation)


def summary(row: Connection) -> ConnectionSummary:
    """A connection without its secrets."""
    return ConnectionSummary.model_validate(row, from_attributes=True)


async def get(work: Work, connection_id: UUID) -> ConnectionView:
    """A connection with its secrets opened, for the runtime that sends and fetches with them."""
    work.require_runtime()
    row = await repository.get(work, connection_id)
    if row is None:
        raise ConnectionNotFound
    return _view(row)


async def details(work: Work, connection_id: UUID) -> ConnectionDetails:
    """A connection as staff see it, without its secrets."""
    work.require(ConnectionsPermission.READ)
    row = await repository.get(work, connection_id)
    if row is None:
        raise ConnectionNotFound
    return _details(row)


def _details(row: Connection) -> ConnectionDetails:
    view = _view(row)
    return ConnectionDetails(
        **view.model_dump(exclude={"credentials", "settings"}),
        settings=view.settings,
        webhook_method=view.credentials.webhook.method,
        version=row.version,
    )


async def change(work: Work, connection_id: UUID, command: ChangeConnection, seen: int) -> ConnectionDetails:
    """Change what is set in the command; raises ConnectionNotFound and VersionConflict.

    A line that is not active takes no webhooks.
    """
    work.require(ConnectionsPermission.WRITE)
    row = await _locked(work, connection_id, seen)
    changes = command.model_dump(exclude_unset=True)
    if "settings" in changes:
        changes["settings"] = {**row.settings, **command.settings.model_dump(mode="json", exclude_unset=True)}
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    if lacks_account(summary(row), get_settings().infobip_base_url):
        raise AccountAddressMissing(slug=row.slug)
    row.version += 1
    events.record(work, EventType.CONNECTION_CHANGED, subject=row.id, before=before, after=changes)
    await work.session.flush()
    return _details(row)


async def rotate(work: Work, connection_id: UUID, credentials: Credentials, seen: int) -> ConnectionDetails:
    """Give a line other credentials, which are sealed; the event tells that they are others, and nothing of them.

    Raises ConnectionNotFound, VersionConflict and IdentitySecretWeak.
    """
    work.require(ConnectionsPermission.WRITE)
    row = await _locked(work, connection_id, seen)
    _require_strong(Provider(row.provider), credentials)
    row.credentials = vault.seal(revealed(credentials))
    row.version += 1
    after = {"webhook_method": credentials.webhook.method}
    events.record(work, EventType.CONNECTION_CREDENTIALS_ROTATED, subject=row.id, after=after)
    await work.session.flush()
    return _details(row)


async def opened_for_check(work: Work, connection_id: UUID) -> ConnectionView:
    """A connection with its secrets opened, for trying it out on behalf of somebody who may change it."""
    work.require(ConnectionsPermission.WRITE)
    row = await repository.get(work, connection_id)
    if row is None:
        raise ConnectionNotFound
    return _view(row)


async def _locked(work: Work, connection_id: UUID, seen: int) -> Connection:
    row = await repository.lock(work, connection_id)
    if row is None:
        raise ConnectionNotFound
    if row.version != seen:
        raise VersionConflict(version=row.version)
    return row


async def settings_of(work: Work, connection_id: UUID) -> ConnectionSettings:
    """What the shop has chosen for one of its lines; its secrets stay closed."""
    work.require(WorkspacePermission.READ)
    row = await repository.get(work, connection_id)
    if row is None:
        raise ConnectionNotFound
    return ConnectionSettings.model_validate(row.settings)


async def all_of_workspace(work: Work) -> list[ConnectionSummary]:
    """The connections of this workspace."""
    work.require(ConnectionsPermission.READ)
    return [summary(row) for row in await repository.all_of_workspace(work)]


async def beside(work: Work, connection_id: UUID) -> Sequence[UUID]:
    """The connections that carry the same address of the shop on the same medium, this one among them."""
    work.require_agent()
    return await repository.beside(work, connection_id)


async def all_active() -> list[ConnectionSummary]:
    """The lines in use, in all workspaces, by slug; for the start of a process."""
    async with open_system_work() as session:
        return [summary(row) for row in await repository.all_active(session)]


async def find_by_slug(slug: str) -> ConnectionView:
    """The active connection that a webhook's address names; looked up for the door, in all workspaces."""
    async with open_system_work() as session:
        row = await repository.find_by_slug(session, slug)
        if row is None or not row.is_active:
            raise ConnectionNotFound
        return _view(row)
