"""All SQL about connections."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.prepared import Prepared
from core.work import Work, own
from domain.connections.models import Connection

_ONE = aliased(Connection)
# Asked before every turn, so built once.
_BESIDE = Prepared(
    select(Connection.id)
    .join(
        _ONE,
        (_ONE.workspace_id == Connection.workspace_id)
        & (_ONE.medium == Connection.medium)
        & (_ONE.address == Connection.address),
    )
    .where(own(_ONE), _ONE.id == bindparam("connection"))
)


async def get(work: Work, connection_id: UUID) -> Connection | None:
    """One connection of this workspace."""
    return await work.session.get(Connection, (work.workspace_id, connection_id))


async def lock(work: Work, connection_id: UUID) -> Connection | None:
    """One connection of this workspace, locked against other writers."""
    query = select(Connection).where(own(Connection, work), Connection.id == connection_id)
    return (await work.session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def all_of_workspace(work: Work) -> Sequence[Connection]:
    """The connections of this workspace by slug."""
    query = select(Connection).where(own(Connection, work)).order_by(Connection.slug)
    return (await work.session.scalars(query)).all()


async def beside(work: Work, connection_id: UUID) -> Sequence[UUID]:
    """The connections of the workspace with the medium and the address of one of them, which is among them."""
    values = {"workspace": work.workspace_id, "connection": connection_id}
    return [connection_id for (connection_id,) in await _BESIDE.all(work.session, values)]


async def all_active(session: AsyncSession) -> Sequence[Connection]:
    """The connections in use, of all workspaces, by slug; only the system role sees them."""
    return (await session.scalars(select(Connection).where(Connection.is_active).order_by(Connection.slug))).all()


async def find_by_slug(session: AsyncSession, slug: str) -> Connection | None:
    """The connection behind a webhook address, in whatever workspace; only the system role sees it."""
    return await session.scalar(select(Connection).where(Connection.slug == slug))
