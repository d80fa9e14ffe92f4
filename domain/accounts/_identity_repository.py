"""Queries of who people are, in the role that alone sees it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from core import observability
from core.origin import Origin
from core.tables import new_id
from core.work import IdentityWork, own
from domain.accounts.kinds import IdentityEventType, TokenPurpose
from domain.accounts.models import (
    Credential,
    CustomRole,
    IdentityEvent,
    Mail,
    Membership,
    MembershipStatus,
    OneTimeToken,
    RecoveryCode,
    RefreshToken,
    SignIn,
    SigningKey,
    User,
    Workspace,
)

_RING_LOCK = 7_236_402
"""The advisory lock of whoever changes the ring of signing keys."""


def record(
    work: IdentityWork,
    type: IdentityEventType,
    user_id: UUID | None = None,
    origin: Origin | None = None,
    sign_in_id: UUID | None = None,
) -> None:
    """Write what happened to an account, from where."""
    work.session.add(
        IdentityEvent(
            type=type,
            user_id=user_id,
            sign_in_id=sign_in_id,
            ip=origin.ip if origin else None,
            agent=origin.agent if origin else None,
            correlation_id=observability.correlation_id(),
        )
    )


async def lock_ring(work: IdentityWork) -> None:
    """Let nobody else change the signing keys until this work ends."""
    await work.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _RING_LOCK})


async def signing_keys(work: IdentityWork) -> Sequence[SigningKey]:
    """The keys that have not retired, the newest first."""
    alive = or_(SigningKey.retires_at.is_(None), SigningKey.retires_at > work.time)
    statement = select(SigningKey).where(alive).order_by(SigningKey.created_at.desc(), SigningKey.id.desc())
    return (await work.session.scalars(statement)).all()


async def forget_keys(work: IdentityWork) -> None:
    """Drop the keys that have retired."""
    await work.session.execute(delete(SigningKey).where(SigningKey.retires_at <= work.time))


async def find_user(work: IdentityWork, email: str) -> tuple[User, Credential | None] | None:
    """The user with this address, and what proves that somebody is it."""
    statement = select(User, Credential).outerjoin(Credential, Credential.user_id == User.id).where(User.email == email)
    found = (await work.session.execute(statement)).one_or_none()
    return None if found is None else (found[0], found[1])


async def find_user_by_id(work: IdentityWork, user_id: UUID) -> tuple[User, Credential | None] | None:
    """A user and its credential."""
    statement = select(User, Credential).outerjoin(Credential, Credential.user_id == User.id).where(User.id == user_id)
    found = (await work.session.execute(statement)).one_or_none()
    return None if found is None else (found[0], found[1])


async def lock_user(work: IdentityWork, user_id: UUID) -> tuple[User, Credential | None] | None:
    """A user and its credential, the user locked against others who change either."""
    user = await work.session.get(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
    if user is None:
        return None
    return user, await work.session.get(Credential, user_id, populate_existing=True)


async def ensure_user(work: IdentityWork, email: str, name: str) -> User:
    """The user with this address, made if nobody has it, and locked."""
    await work.session.execute(
        insert(User)
        .values(id=new_id(), email=email, name=name, is_active=True)
        .on_conflict_do_nothing(index_elements=["email"])
    )
    statement = select(User).where(User.email == email).with_for_update(key_share=True)
    return (await work.session.scalars(statement)).one()


async def lock_refresh(work: IdentityWork, digest: str) -> tuple[RefreshToken, SignIn, User] | None:
    """A refresh token with its sign-in, both locked, and whose it is. The sign-in is locked first, as by all who end it."""
    sign_in_id = await work.session.scalar(select(RefreshToken.sign_in_id).where(RefreshToken.digest == digest))
    if sign_in_id is None:
        return None
    sign_in = await work.session.get(SignIn, sign_in_id, with_for_update={"key_share": True})
    if sign_in is None:
        return None
    token = (await work.session.scalars(select(RefreshToken).where(RefreshToken.digest == digest))).one_or_none()
    user = await work.session.get(User, sign_in.user_id)
    return None if token is None or user is None else (token, sign_in, user)


async def forget_refresh_tokens(work: IdentityWork, sign_in_id: UUID) -> None:
    """Drop the refresh tokens of a sign-in that have expired."""
    await work.session.execute(
        delete(RefreshToken).where(RefreshToken.sign_in_id == sign_in_id, RefreshToken.expires_at <= work.time)
    )


async def sign_ins(work: IdentityWork, user_id: UUID) -> Sequence[SignIn]:
    """The sign-ins of a user that still go on, the newest first."""
    statement = (
        select(SignIn)
        .where(SignIn.user_id == user_id, SignIn.ended_at.is_(None), SignIn.expires_at > work.time)
        .order_by(SignIn.created_at.desc(), SignIn.id.desc())
    )
    return (await work.session.scalars(statement)).all()


async def end_sign_ins(
    work: IdentityWork, user_id: UUID, reason: str, *, only: UUID | None = None, but: UUID | None = None
) -> list[UUID]:
    """End the sign-ins of a user that still go on: all, one, or all but one; the ids of those that were ended."""
    statement = update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    if only is not None:
        statement = statement.where(SignIn.id == only)
    if but is not None:
        statement = statement.where(SignIn.id != but)
    ended = await work.session.scalars(statement.values(ended_at=work.time, ended_reason=reason).returning(SignIn.id))
    return list(ended)


class Entry(NamedTuple):
    """What decides whether a person may enter, and as what: one row per request."""

    user: User
    sign_in: SignIn
    membership: Membership | None
    workspace: Workspace | None
    custom_role: CustomRole | None


async def entry(work: IdentityWork, user_id: UUID, sign_in_id: UUID, workspace_id: UUID | None) -> Entry | None:
    """A user with a sign-in, and with the membership in a workspace if one is named."""
    return await _entry(work, and_(User.id == user_id, SignIn.id == sign_in_id), own(Membership, workspace_id))


async def entry_of_browser(work: IdentityWork, digest: str, slug: str | None) -> Entry | None:
    """Whose sign-in a cookie carries, and the membership in a workspace if one is named."""
    named = select(Workspace.id).where(Workspace.slug == slug)
    return await _entry(work, SignIn.browser_digest == digest, Membership.workspace_id.in_(named))


async def _entry(work: IdentityWork, who: ColumnElement[bool], where: ColumnElement[bool]) -> Entry | None:
    statement = (
        select(User, SignIn, Membership, Workspace, CustomRole)
        .join(SignIn, SignIn.user_id == User.id)
        .outerjoin(Membership, and_(Membership.user_id == User.id, where))
        .outerjoin(Workspace, Workspace.id == Membership.workspace_id)
        .outerjoin(
            CustomRole,
            and_(CustomRole.workspace_id == Membership.workspace_id, CustomRole.id == Membership.custom_role_id),
        )
        .where(who)
    )
    found = (await work.session.execute(statement)).one_or_none()
    return None if found is None else Entry._make(found)


async def memberships(work: IdentityWork, user_id: UUID) -> list[tuple[Membership, Workspace, CustomRole | None]]:
    """Where a user works, by the name of the workspace."""
    statement = (
        select(Membership, Workspace, CustomRole)
        .join(Workspace, Workspace.id == Membership.workspace_id)
        .outerjoin(
            CustomRole,
            and_(CustomRole.workspace_id == Membership.workspace_id, CustomRole.id == Membership.custom_role_id),
        )
        .where(Membership.user_id == user_id, Membership.status == MembershipStatus.ACTIVE, Workspace.is_active)
        .order_by(Workspace.name, Workspace.id)
    )
    return [(found[0], found[1], found[2]) for found in await work.session.execute(statement)]


async def take_token(work: IdentityWork, purpose: TokenPurpose, digest: str) -> OneTimeToken | None:
    """A link's token that is still good, locked; the caller marks it as used."""
    statement = (
        select(OneTimeToken)
        .where(
            OneTimeToken.digest == digest,
            OneTimeToken.purpose == purpose,
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > work.time,
        )
        .with_for_update(key_share=True)
    )
    return (await work.session.scalars(statement)).one_or_none()


async def void_tokens(work: IdentityWork, purpose: TokenPurpose, email: str) -> None:
    """Make earlier links of this purpose useless."""
    await work.session.execute(
        delete(OneTimeToken).where(OneTimeToken.purpose == purpose, OneTimeToken.email == email, OneTimeToken.used_at.is_(None))
    )


async def lock_mail(work: IdentityWork, mail_id: UUID) -> Mail | None:
    """A mail, unless somebody else has it in hand."""
    return await work.session.get(Mail, mail_id, with_for_update={"skip_locked": True, "key_share": True})


async def use_recovery_code(work: IdentityWork, user_id: UUID, digest: str) -> bool:
    """Use a recovery code up; False if there is none."""
    statement = (
        update(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.digest == digest, RecoveryCode.used_at.is_(None))
        .values(used_at=work.time)
        .returning(RecoveryCode.id)
    )
    return await work.session.scalar(statement) is not None


async def drop_recovery_codes(work: IdentityWork, user_id: UUID) -> None:
    """Drop all recovery codes of a user."""
    await work.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


async def recovery_codes_left(work: IdentityWork, user_id: UUID) -> int:
    """How many recovery codes a user has not used."""
    unused = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return await work.session.scalar(unused) or 0
