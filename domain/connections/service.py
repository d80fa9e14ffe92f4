"""Connections: creating them, and opening their secrets for the channel."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core import events, vault
from core.errors import Conflict, Invalid, NotFound
from core.event_types import EventType
from core.settings import get_settings
from core.tables import new_id
from core.work import Work, open_system_work
from domain.accounts.permissions import WorkspacePermission
from domain.connections import repository
from domain.connections.medium import Medium, Provider
from domain.connections.models import Connection
from domain.connections.permissions import ConnectionsPermission
from domain.connections.schemas import (
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
        settings=command.settings.model_dump(),
        is_active=True,
    )
    try:
        async with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError as error:
        raise ConnectionExists(slug=command.slug, address=command.address) from error
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
