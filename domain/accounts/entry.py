"""Who may enter: what a token or a key lets its bearer do in a workspace, asked of the database with every request."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from core.access import Duty, Principal, PrincipalKind
from core.work import open_identity_work, open_work
from domain.accounts import _identity_repository as identity_repository
from domain.accounts import _tokens as tokens
from domain.accounts import repository, roles, signing
from domain.accounts._identity_repository import Entry
from domain.accounts.errors import NotSignedIn, WorkspaceNotFound, WrongTokenType
from domain.accounts.models import CustomRole, Membership, MembershipStatus, Workspace
from domain.accounts.permissions import WorkspacePermission
from domain.accounts.roles import GRANTS, Role
from domain.accounts.schemas import WorkspaceSettings
from domain.accounts.sign_ins import REFRESH_PREFIX

KEY_PREFIX = "nxk"
_KEY = re.compile(r"nxk_([0-9a-f]{32})_[A-Za-z0-9_-]{43}\Z")


_EVERYBODY = frozenset({WorkspacePermission.READ.value})
"""What nobody can work without: its currency and its hours stand in nearly everything that a shop shows."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, before any workspace is chosen."""

    user_id: UUID
    sign_in_id: UUID
    email: str
    name: str


def role_of(membership: Membership, custom: CustomRole | None) -> str:
    """The name of a member's role, one of the six or the workspace's own."""
    return custom.name if custom is not None else membership.role


def grants_of(membership: Membership, custom: CustomRole | None) -> frozenset[str]:
    """What a member may do, as names and wildcards."""
    return GRANTS[Role(membership.role)] if custom is None else _EVERYBODY | frozenset(map(str, custom.permissions))


async def person(token: str) -> Person:
    """Who bears an access token; raises NotSignedIn, or WrongTokenType for a refresh token or a key."""
    return (await _enter(token, None))[0]


async def staff(token: str, workspace_id: UUID | None) -> Principal:
    """What the bearer of an access token or a key may do in a workspace.

    Raises NotSignedIn, and WorkspaceNotFound alike for a workspace that does not exist, that is given up, and in which the
    bearer does not work or is suspended. A key knows its workspace; naming another is refused the same way.
    """
    if token.startswith(f"{KEY_PREFIX}_"):
        return await _of_key(token, workspace_id)
    _, principal = await _enter(token, workspace_id)
    if principal is None:
        raise WorkspaceNotFound
    return principal


async def _enter(token: str, workspace_id: UUID | None) -> tuple[Person, Principal | None]:
    if token.startswith((f"{REFRESH_PREFIX}_", f"{KEY_PREFIX}_")):
        raise WrongTokenType
    claims = await signing.read(token)
    async with open_identity_work() as work:
        found = await identity_repository.entry(work, claims.user_id, claims.sign_in_id, workspace_id)
        now = work.time
    if found is None or not claims.are_good_at(now):
        raise NotSignedIn
    return admitted(found, now)


def admitted(found: Entry, now: datetime) -> tuple[Person, Principal | None]:
    """A person, and what they may do in the workspace that was named; raises NotSignedIn once the sign-in has ended."""
    if not found.user.is_active or found.sign_in.ended_at is not None:
        raise NotSignedIn
    bearer = Person(found.user.id, found.sign_in.id, found.user.email, found.user.name)
    membership = found.membership
    if (
        membership is None
        or membership.status != MembershipStatus.ACTIVE
        or found.workspace is None
        or not found.workspace.is_active
    ):
        return bearer, None
    return bearer, principal_of(membership, found.custom_role, found.workspace, now)


def stores_of(membership: Membership) -> frozenset[UUID] | None:
    """The stores that a member works in, None for all."""
    return None if membership.store_ids is None else frozenset(membership.store_ids)


def _duty_of(membership: Membership | None, workspace: Workspace, now: datetime) -> Duty:
    """Whether a member changes anything at this moment."""
    if membership is None or not membership.only_open_hours:
        return Duty.ANY_TIME
    hours = WorkspaceSettings.model_validate(workspace.settings).hours_in(ZoneInfo(workspace.timezone))
    return Duty.ON if hours.is_open(now) else Duty.OFF


def principal_of(membership: Membership, custom: CustomRole | None, workspace: Workspace, now: datetime) -> Principal:
    """What an active member may do in their workspace, by the real clock: a right is not moved by the sandbox."""
    return Principal(
        PrincipalKind.USER,
        membership.workspace_id,
        grants_of(membership, custom),
        membership.user_id,
        stores_of(membership),
        membership.amount_limit,
        _duty_of(membership, workspace, now),
    )


async def _of_key(token: str, workspace_id: UUID | None) -> Principal:
    """What a key lets its bearer do: what it names, and never more than whoever has made it may do today."""
    shape = _KEY.match(token)
    if shape is None:
        raise NotSignedIn
    owner = UUID(shape[1])
    async with open_work(Principal.system(owner)) as work:
        found = await repository.use_api_key(work, tokens.digest(token))
        now = work.system_time
    if found is None:
        raise NotSignedIn
    if not found.workspace.is_active or workspace_id not in (None, owner):
        raise WorkspaceNotFound
    key, maker = found.key, found.maker
    granted = _EVERYBODY | frozenset(map(str, key.permissions))
    stores = None if key.store_id is None else frozenset({key.store_id})
    theirs = stores_of(maker) if maker is not None else None
    if theirs is not None:
        stores = theirs if stores is None else stores & theirs
    if stores is not None and not stores:
        raise NotSignedIn  # its maker works in other stores by now
    return Principal(
        PrincipalKind.API_KEY,
        owner,
        granted if maker is None else roles.common(granted, grants_of(maker, found.custom_role)),
        key.id,
        stores,
        maker.amount_limit if maker is not None else None,
        _duty_of(maker, found.workspace, now),
    )
