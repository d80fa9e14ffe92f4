"""The people of a workspace: inviting them, giving them a role, suspending them."""

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from core import events, vault
from core.access import AmountBeyondLimit, Duty, OperationsPermission
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import _rights as rights
from domain.accounts import _tokens as tokens
from domain.accounts import repository
from domain.accounts.errors import (
    BeyondOwnHours,
    LastOwner,
    LinkRefused,
    MemberExists,
    MemberNotFound,
    RoleNotFound,
    VersionConflict,
)
from domain.accounts.kinds import MailKind
from domain.accounts.models import CustomRole, Membership, MembershipStatus, User
from domain.accounts.roles import GRANTS, Role
from domain.accounts.schemas import ChangeMember, InviteMember, MemberView

INVITATION_LASTS = timedelta(days=7)
INVITATION_PREFIX = "nxi"
_TOLD: Final = ("role", "status", "store_ids", "custom_role_id", "amount_limit", "only_open_hours")


def _view(row: Membership, user: User, custom: CustomRole | None) -> MemberView:
    return MemberView.model_validate(
        {
            "user_id": user.id,
            "email": user.email,
            "name": user.name,
            "role": custom.name if custom else row.role,
            "status": row.status,
            "store_ids": row.store_ids,
            "amount_limit": row.amount_limit,
            "only_open_hours": row.only_open_hours,
            "version": row.version,
        }
    )


async def list_members(work: Work) -> list[MemberView]:
    """The staff of this workspace by name, with those who are invited."""
    work.require(OperationsPermission.MANAGE)
    custom = {row.id: row for row in await repository.custom_roles(work)}
    return [
        _view(row, user, custom.get(row.custom_role_id) if row.custom_role_id else None)
        for row, user in await repository.members(work)
    ]


async def get_member(work: Work, user_id: UUID) -> MemberView:
    """One person of the staff; raises MemberNotFound."""
    work.require(OperationsPermission.MANAGE)
    found = next((view for view in await list_members(work) if view.user_id == user_id), None)
    if found is None:
        raise MemberNotFound
    return found


async def _role(work: Work, name: str) -> tuple[Role, UUID | None]:
    """A role by its name, which must not go beyond the rights of whoever gives it."""
    if name in {role.value for role in Role}:
        rights.require_own(work, GRANTS[Role(name)])
        return Role(name), None
    custom = next((row for row in await repository.custom_roles(work) if row.name == name), None)
    if custom is None:
        raise RoleNotFound
    rights.require_own(work, frozenset(map(str, custom.permissions)))
    return Role.VIEWER, custom.id


def _told(row: Membership) -> dict[str, object]:
    """What an event tells of a membership."""
    return {name: getattr(row, name) for name in _TOLD}


def _require_own_limits(work: Work, stores: Collection[UUID] | None, amount: Decimal | None, only_open_hours: bool) -> None:
    """Nobody lets another work elsewhere, on more money or at other hours than they do themselves."""
    rights.require_own_stores(work, stores)
    own = work.principal.amount_limit
    if own is not None and (amount is None or amount > own):
        raise AmountBeyondLimit(limit=own)
    if work.principal.duty is not Duty.ANY_TIME and not only_open_hours:
        raise BeyondOwnHours


async def _require_above(work: Work, row: Membership) -> None:
    """Nobody changes whoever may more than they do, or works where they do not."""
    custom = await work.session.get(CustomRole, (work.workspace_id, row.custom_role_id)) if row.custom_role_id else None
    rights.require_own(work, frozenset(map(str, custom.permissions)) if custom else GRANTS[Role(row.role)])
    _require_own_limits(work, row.store_ids, row.amount_limit, row.only_open_hours)


async def invite(work: Work, command: InviteMember) -> MemberView:
    """Invite a person by mail, or once more if the invitation was not accepted yet.

    Raises MemberExists, RoleNotFound, BeyondOwnRights, BeyondOwnStores, BeyondOwnHours and AmountBeyondLimit.
    """
    work.require(OperationsPermission.MANAGE)
    _require_own_limits(work, command.store_ids, command.amount_limit, command.only_open_hours)
    role, custom_role_id = await _role(work, command.role)
    user_id = await repository.ensure_user(work, command.email.strip().lower(), command.name or command.email)
    row = await repository.lock_membership(work, user_id)
    if row is None:
        row = Membership(
            workspace_id=work.workspace_id, id=new_id(), user_id=user_id, status=MembershipStatus.INVITED, version=1
        )
        work.session.add(row)
    elif row.status != MembershipStatus.INVITED:
        raise MemberExists
    else:
        await _require_above(work, row)
    secret = tokens.mint(f"{INVITATION_PREFIX}_{work.workspace_id.hex}")
    row.role, row.custom_role_id = role, custom_role_id
    row.amount_limit, row.only_open_hours = command.amount_limit, command.only_open_hours
    row.invitation_digest, row.invitation_expires_at = tokens.digest(secret), work.system_time + INVITATION_LASTS
    await work.session.flush()
    await repository.put_in_stores(work, row, command.store_ids)
    about = {"token": secret, "workspace": await repository.name_of_workspace(work), "inviter": await _inviter(work)}
    await repository.add_mail(work, MailKind.INVITATION, command.email.strip().lower(), command.language, vault.seal(about))
    events.record(work, EventType.MEMBERSHIP_INVITED, subject=row.id, after=_told(row) | {"role": command.role})
    return await get_member(work, user_id)


async def _inviter(work: Work) -> str:
    row = await work.session.get(User, work.principal.id) if work.principal.id else None
    return row.name if row else "Nexova"


async def accept(work: Work, secret: str) -> UUID:
    """Take an invitation up: the person works here from now on. Raises LinkRefused. Returns whom it was for."""
    work.require_runtime()
    row = await repository.invited(work, tokens.digest(secret))
    if row is None:
        raise LinkRefused
    row.status, row.version = MembershipStatus.ACTIVE, row.version + 1
    row.invitation_digest = row.invitation_expires_at = None
    events.record(work, EventType.MEMBERSHIP_CREATED, subject=row.id, after={"role": row.role})
    return row.user_id


async def whose_invitation(work: Work, secret: str) -> UUID:
    """For whom an invitation is that can still be taken up; raises LinkRefused."""
    work.require_runtime()
    row = await repository.invited(work, tokens.digest(secret))
    if row is None:
        raise LinkRefused
    return row.user_id


async def change_member(work: Work, user_id: UUID, command: ChangeMember, seen: int) -> MemberView:
    """Give a person another role or other limits, suspend them, or bring them back; it holds from their next request on.

    Raises MemberNotFound, VersionConflict, LastOwner, RoleNotFound, and what `invite` raises of limits.
    """
    work.require(OperationsPermission.MANAGE)
    await repository.lock_workspace(work)  # two owners who remove each other come one after the other
    row = await repository.lock_membership(work, user_id)
    if row is None:
        raise MemberNotFound
    if row.version != seen:
        raise VersionConflict
    before = _told(row)
    await _require_above(work, row)
    given = command.model_fields_set
    if command.role is not None:
        row.role, row.custom_role_id = await _role(work, command.role)
    if command.status is not None and row.status != MembershipStatus.INVITED:
        row.status = MembershipStatus(command.status)
    if "amount_limit" in given:
        row.amount_limit = command.amount_limit
    if command.only_open_hours is not None:
        row.only_open_hours = command.only_open_hours
    row.version += 1
    await work.session.flush()
    if "store_ids" in given:
        await repository.put_in_stores(work, row, command.store_ids)
    _require_own_limits(work, row.store_ids, row.amount_limit, row.only_open_hours)
    if not await repository.has_owner(work):
        raise LastOwner
    after = _told(row)
    events.record(work, EventType.MEMBERSHIP_CHANGED, subject=row.id, before=before, after=after, reason=command.reason)
    return await get_member(work, user_id)
