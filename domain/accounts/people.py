"""People: what somebody who is signed in sees and changes of their own account."""

from uuid import UUID

from core.access import covers
from core.work import open_identity_work
from domain.accounts import _identity_repository as repository
from domain.accounts import _passwords as passwords
from domain.accounts import roles
from domain.accounts.entry import grants_of, role_of
from domain.accounts.errors import NotSignedIn
from domain.accounts.identity_schemas import Belonging, ProfileView
from domain.accounts.kinds import IdentityEventType
from domain.accounts.models import Credential
from domain.accounts.sign_ins import normalised


def _held(granted: frozenset[str]) -> list[str]:
    """The permissions that names and wildcards stand for."""
    return [permission.value for permission in roles.permissions() if covers(granted, permission)]


async def create_account(email: str, name: str, password: str) -> UUID:
    """Make an account whose address counts as proved, for whoever runs the installation; one that has a password keeps it."""
    hashed = await passwords.digest(password)
    async with open_identity_work() as work:
        user = await repository.ensure_user(work, normalised(email), name)
        found = await repository.lock_user(work, user.id)
        credential = found[1] if found else None
        if credential is None:
            work.session.add(Credential(user_id=user.id, password_hash=hashed, changed_at=work.time))
            repository.record(work, IdentityEventType.REGISTERED, user.id)
        user.email_verified_at = user.email_verified_at or work.time
        return user.id


async def profile(user_id: UUID) -> ProfileView:
    """A person's account, and where they work."""
    async with open_identity_work() as work:
        found = await repository.find_user_by_id(work, user_id)
        if found is None:
            raise NotSignedIn
        user, credential = found
        belongings = await repository.memberships(work, user_id)
        codes = await repository.recovery_codes_left(work, user_id)
    return ProfileView(
        id=user.id,
        email=user.email,
        name=user.name,
        email_verified=user.email_verified_at is not None,
        second_factor=credential is not None and credential.totp_confirmed_at is not None,
        recovery_codes_left=codes,
        workspaces=[
            Belonging(
                id=workspace.id,
                slug=workspace.slug,
                name=workspace.name,
                role=role_of(membership, custom),
                permissions=_held(grants_of(membership, custom)),
                store_ids=membership.store_ids,
            )
            for membership, workspace, custom in belongings
        ],
    )
