"""Who works in a workspace, as the runtime must know it to tell them something."""

from dataclasses import dataclass
from uuid import UUID

from core.access import Permission, Principal, covers
from core.work import Work
from domain.accounts import repository
from domain.accounts.entry import grants_of, principal_of, stores_of
from domain.accounts.models import MembershipStatus


@dataclass(frozen=True, slots=True)
class Colleague:
    """An active person of the staff, with the stores in which they work, None for all."""

    user_id: UUID
    email: str
    name: str
    stores: frozenset[UUID] | None
    grants: frozenset[str]

    def may(self, permission: Permission) -> bool:
        """Whether they hold a permission."""
        return covers(self.grants, permission)


async def active(work: Work) -> list[Colleague]:
    """The people who work here and may come in."""
    work.require_runtime()
    custom = {row.id: row for row in await repository.custom_roles(work)}
    return [
        Colleague(
            user_id=user.id,
            email=user.email,
            name=user.name,
            stores=stores_of(row),
            grants=grants_of(row, custom.get(row.custom_role_id) if row.custom_role_id else None),
        )
        for row, user in await repository.members(work)
        if row.status == MembershipStatus.ACTIVE and user.is_active
    ]


async def principal(work: Work, user_id: UUID) -> Principal | None:
    """What a person may do here now, for what the runtime does in their name; None if they may not come in any more."""
    work.require_runtime()
    found = await repository.find_member(work, user_id)
    if found is None:
        return None
    row, user, custom = found
    if row.status != MembershipStatus.ACTIVE or not user.is_active:
        return None
    workspace = await repository.find_workspace(work)
    assert workspace is not None, "a member belongs to one"
    return principal_of(row, custom, workspace, work.system_time)
