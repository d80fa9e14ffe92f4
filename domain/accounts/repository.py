"""Queries of workspaces, users and memberships."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, delete, inspect, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.prepared import Prepared
from core.tables import new_id
from core.work import WORKSPACE, Work, own
from domain.accounts.models import ApiKey, CustomRole, Mail, Membership, MembershipStatus, MembershipStore, User, Workspace
from domain.accounts.roles import Role

_KEPT = "accounts.workspace"
"""Where a session keeps the workspace of its work, as everything asks for it."""

_WORKSPACE = Prepared(select(Workspace).where(Workspace.id == WORKSPACE))


async def find_workspace(work: Work) -> Workspace | None:
    """The workspace of this work, which is read once."""
    row: Workspace | None = work.session.info.get(_KEPT)
    if row is None or inspect(row).expired:
        (row,) = await _WORKSPACE.first(work.session, {"workspace": work.workspace_id}) or (None,)
        work.session.info[_KEPT] = row
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
    statement = select(Membership).where(own(Membership, work), Membership.user_id == user_id)
    return (await work.session.scalars(statement)).one_or_none()


async def find_member(work: Work, user_id: UUID) -> tuple[Membership, User, CustomRole | None] | None:
    """A user of this workspace with their membership, and its role if that is one of the workspace's own."""
    statement = (
        select(Membership, User, CustomRole)
        .join(User, User.id == Membership.user_id)
        .outerjoin(
            CustomRole,
            and_(CustomRole.workspace_id == Membership.workspace_id, CustomRole.id == Membership.custom_role_id),
        )
        .where(own(Membership, work), Membership.user_id == user_id)
    )
    found = (await work.session.execute(statement)).one_or_none()
    return None if found is None else (found[0], found[1], found[2])


async def members(work: Work) -> list[tuple[Membership, User]]:
    """The staff of this workspace by name."""
    statement = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(own(Membership, work))
        .order_by(User.name, User.id)
    )
    return [(membership, user) for membership, user in await work.session.execute(statement)]


@dataclass(frozen=True, slots=True)
class GoodKey:
    """A key that counts, where, and what whoever has made it is today; None if nobody has, as with keys of the house."""

    key: ApiKey
    workspace: Workspace
    maker: Membership | None
    custom_role: CustomRole | None


async def use_api_key(work: Work, digest: str) -> GoodKey | None:
    """The key with this digest if it is good, and that it was used, which is kept to the minute.

    A key counts as long as its maker works here: who is suspended or removed leaves no key behind.
    """
    good = (
        own(ApiKey, work),
        ApiKey.digest == digest,
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > work.system_time),
    )
    is_theirs = (Membership.workspace_id == ApiKey.workspace_id) & (Membership.user_id == ApiKey.created_by)
    is_their_role = (CustomRole.workspace_id == Membership.workspace_id) & (CustomRole.id == Membership.custom_role_id)
    maker_is_here = (Membership.status == MembershipStatus.ACTIVE) & User.is_active
    statement = (
        select(ApiKey, Workspace, Membership, CustomRole)
        .join(Workspace, Workspace.id == ApiKey.workspace_id)
        .outerjoin(Membership, is_theirs)
        .outerjoin(User, User.id == Membership.user_id)
        .outerjoin(CustomRole, is_their_role)
        .where(*good, or_(ApiKey.created_by.is_(None), maker_is_here))
    )
    found = (await work.session.execute(statement)).one_or_none()
    if found is None:
        return None
    row, workspace, maker, custom = found
    if row.last_used_at is None or row.last_used_at < work.system_time - timedelta(minutes=1):
        await work.session.execute(
            update(ApiKey).where(own(ApiKey, work), ApiKey.id == row.id).values(last_used_at=work.system_time)
        )
    return GoodKey(row, workspace, maker, custom)


async def lock_membership(work: Work, user_id: UUID) -> Membership | None:
    """A user's membership in this workspace, locked against other writers."""
    statement = select(Membership).where(own(Membership, work), Membership.user_id == user_id).with_for_update(key_share=True)
    return (await work.session.scalars(statement)).one_or_none()


async def put_in_stores(work: Work, row: Membership, store_ids: Collection[UUID] | None) -> None:
    """Let a member work in these stores only, or in all for None; the row knows of it."""
    theirs = (own(MembershipStore, work), MembershipStore.membership_id == row.id)
    await work.session.execute(delete(MembershipStore).where(*theirs))
    for store_id in sorted(store_ids or ()):
        work.session.add(MembershipStore(workspace_id=work.workspace_id, membership_id=row.id, store_id=store_id))
    await work.session.flush()
    await work.session.refresh(row, ["store_ids"])


async def invited(work: Work, digest: str) -> Membership | None:
    """The membership whose invitation can still be taken up, locked."""
    statement = (
        select(Membership)
        .where(
            own(Membership, work),
            Membership.invitation_digest == digest,
            Membership.invitation_expires_at > work.system_time,
            Membership.status == MembershipStatus.INVITED,
        )
        .with_for_update(key_share=True)
    )
    return (await work.session.scalars(statement)).one_or_none()


async def has_owner(work: Work) -> bool:
    """Whether anybody active owns the workspace."""
    statement = select(Membership.id).where(
        own(Membership, work),
        Membership.role == Role.OWNER,
        Membership.custom_role_id.is_(None),
        Membership.status == MembershipStatus.ACTIVE,
    )
    return await work.session.scalar(statement.limit(1)) is not None


async def custom_roles(work: Work) -> Sequence[CustomRole]:
    """The roles that the workspace has made, by name."""
    statement = select(CustomRole).where(own(CustomRole, work)).order_by(CustomRole.name)
    return (await work.session.scalars(statement)).all()


async def names(work: Work, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of members, by the ids of their accounts."""
    query = select(User.id, User.name).join(Membership, Membership.user_id == User.id)
    found = await work.session.execute(query.where(own(Membership, work), User.id.in_(user_ids)))
    return {row.id: row.name for row in found}


async def members_with_role(work: Work, role_id: UUID) -> bool:
    """Whether anybody has this role."""
    statement = select(Membership.id).where(own(Membership, work), Membership.custom_role_id == role_id)
    return await work.session.scalar(statement.limit(1)) is not None


async def api_keys(work: Work) -> Sequence[ApiKey]:
    """All keys of the workspace, the newest first."""
    statement = select(ApiKey).where(own(ApiKey, work)).order_by(ApiKey.created_at.desc(), ApiKey.id)
    return (await work.session.scalars(statement)).all()


async def name_of_workspace(work: Work) -> str:
    """The workspace's name."""
    return (await work.session.scalars(select(Workspace.name).where(Workspace.id == work.workspace_id))).one()


async def add_mail(work: Work, kind: str, address: str, language: str, sealed: bytes) -> None:
    """Have a mail sent once this work has committed. Ordinary work can add one, and read none."""
    await work.session.execute(
        insert(Mail)
        .values(
            id=new_id(),
            kind=kind,
            address=address,
            language=language,
            sealed=sealed,
            status="queued",
            attempts=0,
            next_try_at=work.system_time,
        )
        .inline()
    )
