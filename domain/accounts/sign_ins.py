"""Signing in and out: tokens for a device, renewed in a chain in which each refresh token counts once."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from core import observability
from core.origin import Origin
from core.settings import get_settings
from core.tables import new_id
from core.work import IdentityWork, open_identity_work
from domain.accounts import _identity_repository as repository
from domain.accounts import _passwords as passwords
from domain.accounts import _tokens as tokens
from domain.accounts import second_factor, signing
from domain.accounts.errors import (
    CodeNeeded,
    NotSignedIn,
    RefreshRefused,
    SignInNotFound,
    WrongCode,
    WrongCredentials,
    WrongTokenType,
)
from domain.accounts.identity_schemas import SignInView, TokenPair
from domain.accounts.kinds import IdentityEventType
from domain.accounts.models import Credential, RefreshToken, SignIn, User

log = observability.log(__name__)

REFRESH_PREFIX = "nxr"


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a sign-in was refused; it is raised after the refusal has been recorded and committed."""

    error: NotSignedIn


def fingerprint(email: str) -> str:
    """A short name for an address in logs and limits, from which the address cannot be read."""
    return hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def normalised(email: str) -> str:
    """An address as it is stored."""
    return email.strip().lower()


async def sign_in(email: str, password: str, origin: Origin, code: str | None = None) -> TokenPair:
    """Sign a person in with address and password, and with a code where the account has a second factor.

    For an address that nobody has, the same work is done as for a wrong password. Raises WrongCredentials, CodeNeeded
    or WrongCode.
    """
    email = normalised(email)
    async with open_identity_work() as work:
        found = await repository.find_user(work, email)
        now = work.time
    credential = found[1] if found else None
    hashed = credential.password_hash if credential else None
    fits, is_weak = await passwords.check(hashed, password)
    stronger = await passwords.digest(password) if fits and is_weak else None
    await signing.ready(now)
    async with open_identity_work() as work:
        # Only who has shown the password is looked at again: a guess costs as many statements for an address as for none.
        locked = await repository.lock_user(work, found[0].id) if found and fits else None
        outcome = await _admit(work, locked, hashed, code, origin)
        if outcome is None:
            repository.record(work, IdentityEventType.SIGN_IN_FAILED, found[0].id if found else None, origin)
            outcome = _Failure(WrongCredentials())
        if isinstance(outcome, TokenPair) and stronger is not None and locked is not None and locked[1] is not None:
            locked[1].password_hash = stronger
    if isinstance(outcome, _Failure):
        log.info("sign_in.refused", account=fingerprint(email), reason=outcome.error.code)
        raise outcome.error
    return outcome


async def _admit(
    work: IdentityWork,
    locked: tuple[User, Credential | None] | None,
    hashed: str | None,
    code: str | None,
    origin: Origin,
) -> TokenPair | _Failure | None:
    """Decide once whoever has shown the password is locked: it must still be the one that counts. None if it is not."""
    user, credential = locked or (None, None)
    if user is None or credential is None or credential.password_hash != hashed:
        return None
    if not user.is_active or user.email_verified_at is None:
        return None
    if credential.totp_confirmed_at is not None:
        if code is None:
            return _Failure(CodeNeeded())
        if not await second_factor.accept(work, credential, code, origin):
            repository.record(work, IdentityEventType.SIGN_IN_FAILED, user.id, origin)
            return _Failure(WrongCode())
    return await open_sign_in(work, user, origin)


async def open_sign_in(work: IdentityWork, user: User, origin: Origin) -> TokenPair:
    """Begin a sign-in of a user who has proved to be it."""
    lasting = timedelta(days=get_settings().refresh_token_days)
    row = SignIn(
        id=new_id(),
        user_id=user.id,
        ip=origin.ip,
        agent=origin.agent,
        created_at=work.time,
        last_used_at=work.time,
        expires_at=work.time + lasting,
    )
    work.session.add(row)
    await work.session.flush()
    repository.record(work, IdentityEventType.SIGNED_IN, user.id, origin, row.id)
    return _issue(work, user, row)


def _issue(work: IdentityWork, user: User, row: SignIn) -> TokenPair:
    settings = get_settings()
    secret = tokens.mint(REFRESH_PREFIX)
    row.expires_at = work.time + timedelta(days=settings.refresh_token_days)
    row.last_used_at = work.time
    work.session.add(
        RefreshToken(sign_in_id=row.id, digest=tokens.digest(secret), created_at=work.time, expires_at=row.expires_at)
    )
    return TokenPair(
        access_token=signing.issue(work, user.id, user.email, row.id),
        refresh_token=secret,
        expires_in=int(settings.access_token_minutes * 60),
    )


async def refresh(secret: str, origin: Origin) -> TokenPair:
    """Renew a sign-in: a new pair for a refresh token that is used for the first time.

    One that was used before has been copied by somebody: its whole sign-in ends. Raises RefreshRefused, or WrongTokenType
    for an access token.
    """
    if not secret.startswith(f"{REFRESH_PREFIX}_"):
        raise WrongTokenType if secret.count(".") == 2 else RefreshRefused
    async with open_identity_work() as work:
        now = work.time
    await signing.ready(now)
    async with open_identity_work() as work:
        found = await repository.lock_refresh(work, tokens.digest(secret))
        pair = await _renew(work, *found, origin) if found else None
    if pair is None:
        raise RefreshRefused
    return pair


async def _renew(work: IdentityWork, token: RefreshToken, row: SignIn, user: User, origin: Origin) -> TokenPair | None:
    if row.ended_at is not None or not user.is_active:
        return None
    if token.used_at is not None:
        row.ended_at, row.ended_reason = work.time, "refresh_reused"
        repository.record(work, IdentityEventType.REFRESH_REUSED, user.id, origin, row.id)
        log.warning("sign_in.copied", sign_in=str(row.id))
        return None
    if token.expires_at <= work.time:
        return None
    token.used_at = work.time
    row.ip, row.agent = origin.ip, origin.agent
    await repository.forget_refresh_tokens(work, row.id)
    return _issue(work, user, row)


async def sign_out(secret: str, origin: Origin) -> None:
    """End the sign-in of a refresh token; one that is not known, or has ended, is nothing to complain of."""
    async with open_identity_work() as work:
        found = await repository.lock_refresh(work, tokens.digest(secret))
        if found is None or found[1].ended_at is not None:
            return
        _, row, user = found
        row.ended_at, row.ended_reason = work.time, "signed_out"
        repository.record(work, IdentityEventType.SIGNED_OUT, user.id, origin, row.id)


async def end_sign_in(user_id: UUID, sign_in_id: UUID, origin: Origin) -> None:
    """End one sign-in of a person; raises SignInNotFound."""
    async with open_identity_work() as work:
        ended = await repository.end_sign_ins(work, user_id, "signed_out", only=sign_in_id)
        if not ended:
            raise SignInNotFound
        repository.record(work, IdentityEventType.SIGNED_OUT, user_id, origin, sign_in_id)


async def sign_out_everywhere(user_id: UUID, origin: Origin, *, but: UUID | None = None) -> int:
    """End all sign-ins of a person, or all but one; how many were ended."""
    async with open_identity_work() as work:
        ended = await repository.end_sign_ins(work, user_id, "signed_out_everywhere", but=but)
        repository.record(work, IdentityEventType.SIGNED_OUT_EVERYWHERE, user_id, origin, but)
        return len(ended)


async def list_sign_ins(user_id: UUID, current: UUID) -> list[SignInView]:
    """Where a person is signed in, the newest first."""
    async with open_identity_work() as work:
        rows = await repository.sign_ins(work, user_id)
    return [
        SignInView(
            id=row.id,
            ip=row.ip,
            agent=row.agent,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            is_current=row.id == current,
        )
        for row in rows
    ]
