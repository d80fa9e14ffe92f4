"""All SQL about connections."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.work import Work
from domain.connections.models import Connection


async def get(work: Work, connection_id: UUID) -> Connection | None:
    """One connection of this workspace."""
    return await work.session.get(Connection, (work.workspace_id, connection_id))


async def all_of_workspace(work: Work) -> Sequence[Connection]:
    """The connections of this workspace by slug."""
    query = select(Connection).where(Connection.workspace_id == work.workspace_id).order_by(Connection.slug)
    return (await work.session.scalars(query)).all()


async def find_by_slug(session: AsyncSession, slug: str) -> Connection | None:
    """The connection behind a webhook address, in whatever workspace; only the system role sees it."""
    return await session.scalar(select(Connection).where(Connection.slug == slug))
