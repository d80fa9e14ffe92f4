"""Queries of workspaces, users and memberships."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import new_id
from core.work import Work
from domain.accounts.models import ApiKey, Membership, User, Workspace


async def find_workspace(work: Work) -> Workspace | None:
    """The workspace of this work. The session keeps it, as everything asks for it."""
    row = await work.session.get(Workspace, work.workspace_id)
    work.session.info["accounts.workspace"] = row
    return row


async def lock_workspace(work: Work) -> Workspace | None:
    """The workspace of this work, locked against other writers."""
    return await work.session.get(Workspace, work.workspace_id, with_for_update={"key_share": True})


async def workspace_refs(session: AsyncSession) -> list[tuple[UUID, str, str, bool]]:
    """Id, slug, name and activity of every workspace, for the system role."""
    rows = await session.execute(
        select(Workspace.id, Workspace.slug, Workspace.name, Workspace.is_active).order_by(Workspace.slug)
    )
    return [(row.id, row.slug, row.name, row.is_active) for row in rows]


async def ensure_user(work: Work, email: str, name: str) -> UUID:
    """The user with this address, made if nobody has it."""
    await work.session.execute(
        insert(User)
        .values(id=new_id(), email=email, name=name, is_active=True)
        .on_conflict_do_nothing(index_elements=["email"])
    )
    return (await work.session.scalars(select(User.id).where(User.email == email))).one()


async def find_membership(work: Work, user_id: UUID) -> Membership | None:
    """A user's membership in this workspace."""
    statement = select(Membership).where(Membership.workspace_id == work.workspace_id, Membership.user_id == user_id)
    return (await work.session.scalars(statement)).one_or_none()


async def members(work: Work) -> list[tuple[Membership, User]]:
    """The staff of this workspace by name."""
    statement = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.workspace_id == work.workspace_id)
        .order_by(User.name, User.id)
    )
    return [(membership, user) for membership, user in await work.session.execute(statement)]


async def use_api_key(work: Work, digest: str) -> ApiKey | None:
    """The key with this digest if it is good, and that it was used, which is kept to the minute."""
    good = (
        ApiKey.workspace_id == work.workspace_id,
        ApiKey.digest == digest,
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > work.system_time),
    )
    row = (await work.session.scalars(select(ApiKey).where(*good))).one_or_none()
    if row is not None and (row.last_used_at is None or row.last_used_at < work.system_time - timedelta(minutes=1)):
        await work.session.execute(
            update(ApiKey)
            .where(ApiKey.workspace_id == work.workspace_id, ApiKey.id == row.id)
            .values(last_used_at=work.system_time)
        )
    return row
