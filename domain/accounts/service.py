"""Accounts: workspaces, their settings and their staff."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from core import events
from core.access import OperationsPermission
from core.event_types import EventType
from core.unique import unique
from core.work import Work, open_system_work
from domain.accounts import _rights as rights
from domain.accounts import repository
from domain.accounts.errors import VersionConflict, WorkspaceExists, WorkspaceNotFound
from domain.accounts.models import Membership, MembershipStatus, User, Workspace
from domain.accounts.permissions import WorkspacePermission
from domain.accounts.roles import Role
from domain.accounts.schemas import (
    ChangeWorkspace,
    CreateWorkspace,
    MembershipView,
    WorkspaceRef,
    WorkspaceSettings,
    WorkspaceView,
)


def view_of(row: Workspace) -> WorkspaceView:
    """A workspace as the other rooms see it."""
    return WorkspaceView(
        id=row.id,
        slug=row.slug,
        name=row.name,
        currency=row.currency,
        timezone=row.timezone,
        language=row.language,
        country=row.country,
        is_active=row.is_active,
        settings=WorkspaceSettings.model_validate(row.settings),
        version=row.version or 1,
    )


def _member_view(row: Membership, user: User) -> MembershipView:
    return MembershipView.model_validate(
        {
            "user_id": user.id,
            "email": user.email,
            "name": user.name,
            "role": row.role,
            "status": row.status,
            "store_ids": row.store_ids,
        }
    )


async def get_workspace(work: Work) -> WorkspaceView:
    """The workspace of this work; raises WorkspaceNotFound."""
    work.require(WorkspacePermission.READ)
    row = await repository.find_workspace(work)
    if row is None:
        raise WorkspaceNotFound
    return view_of(row)


_currencies: dict[UUID, str] = {}


async def today(work: Work) -> date:
    """The day of the shop's calendar that it is now."""
    return (await get_workspace(work)).today(work.now)


async def currency(work: Work) -> str:
    """The currency of the workspace; it is set when the workspace is made and never changes, so it is remembered."""
    work.require(WorkspacePermission.READ)
    known = _currencies.get(work.workspace_id)
    if known is None:
        known = _currencies[work.workspace_id] = (await get_workspace(work)).currency
    return known


async def list_workspaces() -> list[WorkspaceRef]:
    """Every workspace of this installation, in a transaction of the system role."""
    async with open_system_work() as session:
        return [
            WorkspaceRef(id=id, slug=slug, name=name, is_active=is_active)
            for id, slug, name, is_active in await repository.workspace_refs(session)
        ]


async def create_workspace(work: Work, command: CreateWorkspace) -> WorkspaceView:
    """Create the workspace whose id the principal of this work carries: `Principal.system(new_id())`.

    A work sees one workspace only, so the new one is made from within. Raises WorkspaceExists.
    """
    work.require(OperationsPermission.MANAGE)
    row = Workspace(
        id=work.workspace_id,
        slug=command.slug,
        name=command.name,
        currency=command.currency,
        timezone=command.timezone,
        language=command.language,
        country=command.country,
        settings=command.settings.model_dump(mode="json"),
        is_active=True,
    )
    async with unique(work, WorkspaceExists(slug=command.slug)):
        work.session.add(row)
    events.record(work, EventType.WORKSPACE_CREATED, subject=row.id, after=command.model_dump(mode="json"))
    await work.session.flush()
    return view_of(row)


async def update_settings(work: Work, settings: WorkspaceSettings, seen: int) -> WorkspaceView:
    """Change those settings that are set; raises VersionConflict when the workspace was changed since it was seen."""
    work.require(OperationsPermission.MANAGE)
    chosen = (await get_workspace(work)).settings.model_dump() | settings.model_dump(include=settings.model_fields_set)
    return await change_workspace(work, ChangeWorkspace(settings=WorkspaceSettings.model_validate(chosen)), seen)


async def change_workspace(work: Work, command: ChangeWorkspace, seen: int) -> WorkspaceView:
    """Rename a workspace or replace its settings; raises VersionConflict when it was changed since it was seen."""
    work.require(OperationsPermission.MANAGE)
    rights.require_own_stores(work, None)
    row = await _locked(work, seen)
    before = {"name": row.name, "settings": row.settings}
    row.name = command.name or row.name
    if command.settings is not None:
        row.settings = command.settings.model_dump(mode="json")
    row.version += 1
    after = {"name": row.name, "settings": row.settings}
    events.record(work, EventType.WORKSPACE_CHANGED, subject=row.id, before=before, after=after)
    await work.session.flush()
    return view_of(row)


async def delete_workspace(work: Work, seen: int, reason: str) -> None:
    """Give a workspace up: nobody enters it any more, and nothing in it is lost before its grace is over."""
    work.require(OperationsPermission.MANAGE)
    rights.require_own_stores(work, None)
    row = await _locked(work, seen)
    row.is_active, row.deleted_at, row.version = False, work.system_time, row.version + 1
    events.record(work, EventType.WORKSPACE_DELETED, subject=row.id, reason=reason)


async def restore_workspace(work: Work) -> WorkspaceView:
    """Bring a workspace back that was given up; whoever runs the installation does that."""
    work.require_runtime()
    row = await repository.lock_workspace(work)
    if row is None:
        raise WorkspaceNotFound
    if not row.is_active:
        row.is_active, row.deleted_at, row.version = True, None, row.version + 1
        events.record(work, EventType.WORKSPACE_RESTORED, subject=row.id)
        await work.session.flush()
    return view_of(row)


async def _locked(work: Work, seen: int) -> Workspace:
    row = await repository.lock_workspace(work)
    if row is None:
        raise WorkspaceNotFound
    if row.version != seen:
        raise VersionConflict
    return row


async def add_member(
    work: Work, email: str, name: str, role: Role, store_ids: Collection[UUID] | None = None
) -> MembershipView:
    """Give a person a role in this workspace, in some stores or all, making the user where nobody has the address."""
    work.require(OperationsPermission.MANAGE)
    user_id = await repository.ensure_user(work, email.strip().lower(), name)
    row = await repository.find_membership(work, user_id)
    if row is None:
        row = Membership(workspace_id=work.workspace_id, user_id=user_id, role=role, status=MembershipStatus.ACTIVE)
        work.session.add(row)
        await work.session.flush()
        await repository.put_in_stores(work, row, store_ids)
        events.record(work, EventType.MEMBERSHIP_CREATED, subject=row.id, after={"role": role.value})
    elif (row.role, row.store_ids) != (role, None if store_ids is None else sorted(store_ids)):
        before = {"role": row.role, "store_ids": row.store_ids}
        row.role = role
        await repository.put_in_stores(work, row, store_ids)
        events.record(work, EventType.MEMBERSHIP_CHANGED, subject=row.id, before=before, after={"role": role.value})
    return next(view for view in await list_members(work) if view.user_id == user_id)


async def names(work: Work, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """How people of the staff are called, for whoever works beside them; who never belonged to it is left out."""
    work.require(WorkspacePermission.READ)
    return await repository.names(work, user_ids)


async def list_members(work: Work) -> list[MembershipView]:
    """The staff of this workspace by name."""
    work.require(OperationsPermission.MANAGE)
    return [_member_view(row, user) for row, user in await repository.members(work)]
