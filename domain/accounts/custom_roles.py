"""The roles of a workspace: six that all have and nobody changes, and those that it has made for itself."""

from uuid import UUID

from core import events
from core.access import OperationsPermission
from core.event_types import EventType
from core.unique import unique
from core.work import Work
from domain.accounts import _rights as rights
from domain.accounts import repository
from domain.accounts.errors import RoleExists, RoleInUse, RoleNotFound, VersionConflict
from domain.accounts.models import CustomRole
from domain.accounts.roles import GRANTS, Role
from domain.accounts.schemas import ChangeRole, NewRole, RoleView


def _view(row: CustomRole) -> RoleView:
    return RoleView(id=row.id, name=row.name, permissions=list(row.permissions), is_system=False, version=row.version)


async def list_roles(work: Work) -> list[RoleView]:
    """All roles that a member can have, the six first."""
    work.require(OperationsPermission.MANAGE)
    system = [
        RoleView(id=None, name=role.value, permissions=sorted(granted), is_system=True, version=1)
        for role, granted in GRANTS.items()
    ]
    return system + [_view(row) for row in await repository.custom_roles(work)]


async def create_role(work: Work, command: NewRole) -> RoleView:
    """Make a role; raises RoleExists, PermissionUnknown and BeyondOwnRights."""
    work.require(OperationsPermission.MANAGE)
    rights.require_own_stores(work, None)
    if command.name in {role.value for role in Role}:
        raise RoleExists
    rights.require_known(command.permissions)
    rights.require_own(work, frozenset(command.permissions))
    row = CustomRole(workspace_id=work.workspace_id, name=command.name, permissions=sorted(command.permissions), version=1)
    async with unique(work, RoleExists()):
        work.session.add(row)
    events.record(work, EventType.ROLE_CREATED, subject=row.id, after=command.model_dump(mode="json"))
    return _view(row)


async def change_role(work: Work, role_id: UUID, command: ChangeRole, seen: int) -> RoleView:
    """Change a role that the workspace has made, for all who have it."""
    work.require(OperationsPermission.MANAGE)
    row = await _locked(work, role_id, seen)
    before = {"name": row.name, "permissions": row.permissions}
    if command.permissions is not None:
        rights.require_known(command.permissions)
        rights.require_own(work, frozenset(command.permissions))
    async with unique(work, RoleExists()):
        row.permissions = sorted(command.permissions) if command.permissions is not None else row.permissions
        row.name = command.name or row.name
        row.version += 1
    after = {"name": row.name, "permissions": row.permissions}
    events.record(work, EventType.ROLE_CHANGED, subject=row.id, before=before, after=after)
    return _view(row)


async def delete_role(work: Work, role_id: UUID, seen: int, reason: str) -> None:
    """Give up a role that nobody has any more."""
    work.require(OperationsPermission.MANAGE)
    row = await _locked(work, role_id, seen)
    if await repository.members_with_role(work, role_id):
        raise RoleInUse
    before = {"name": row.name, "permissions": row.permissions}
    events.record(work, EventType.ROLE_DELETED, subject=row.id, before=before, reason=reason)
    await work.session.delete(row)


async def _locked(work: Work, role_id: UUID, seen: int) -> CustomRole:
    row = await work.session.get(CustomRole, (work.workspace_id, role_id), with_for_update={"key_share": True})
    if row is None:
        raise RoleNotFound
    rights.require_own_stores(work, None)
    rights.require_own(work, frozenset(map(str, row.permissions)))  # nobody lowers whoever stands above them
    if row.version != seen:
        raise VersionConflict
    return row
