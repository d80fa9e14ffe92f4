"""The second factor: codes of an authenticator by time (TOTP), each taken once, and recovery codes for when it is lost."""

import secrets
from uuid import UUID

import pyotp

from core import vault
from core.origin import Origin
from core.work import IdentityWork, open_identity_work
from domain.accounts import _identity_repository as repository
from domain.accounts import _passwords as passwords
from domain.accounts import _tokens as tokens
from domain.accounts.errors import NotSignedIn, SecondFactorExists, SecondFactorMissing, WrongCode, WrongCredentials
from domain.accounts.identity_schemas import SecondFactorOffer
from domain.accounts.kinds import IdentityEventType
from domain.accounts.models import Credential, RecoveryCode, User

RECOVERY_CODES = 10
STEP_SECONDS = 30
WINDOW = 1
"""A code counts one step before and after its own, as clocks differ."""

ISSUER = "Nexova"


def _step_of(work: IdentityWork, secret: str, code: str) -> int | None:
    """The time step whose code this is."""
    now = int(work.time.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(secret)
    given = code.strip().replace(" ", "")
    steps = [
        step
        for step in range(now - WINDOW, now + WINDOW + 1)
        if secrets.compare_digest(generator.at(step * STEP_SECONDS).encode(), given.encode("utf-8", "replace"))
    ]
    return steps[0] if steps else None


async def accept(work: IdentityWork, credential: Credential, code: str, origin: Origin) -> bool:
    """Whether a code is right and was never taken; it is used up by that. The user is locked by the caller."""
    assert credential.totp_secret is not None, "a confirmed factor has a secret"
    step = _step_of(work, str(vault.unseal(credential.totp_secret)["secret"]), code)
    if step is not None and (credential.totp_counter is None or step > credential.totp_counter):
        credential.totp_counter = step
        return True
    if await repository.use_recovery_code(work, credential.user_id, tokens.digest(_plain(code))):
        repository.record(work, IdentityEventType.RECOVERY_CODE_USED, credential.user_id, origin)
        return True
    return False


def _plain(code: str) -> str:
    return code.strip().lower().replace("-", "").replace(" ", "")


async def _locked(work: IdentityWork, user_id: UUID, hashed: str | None) -> tuple[User, Credential]:
    """The user and the credential whose password was checked before; raises WrongCredentials if it changed meanwhile."""
    found = await repository.lock_user(work, user_id)
    if found is None:
        raise NotSignedIn
    user, credential = found
    if credential is None or credential.password_hash != hashed:
        raise WrongCredentials
    return user, credential


async def _proved(user_id: UUID, password: str) -> str | None:
    """The hash that a person's password fits; raises WrongCredentials."""
    async with open_identity_work() as work:
        found = await repository.lock_user(work, user_id)
    hashed = found[1].password_hash if found and found[1] else None
    fits, _ = await passwords.check(hashed, password)
    if not fits:
        raise WrongCredentials
    return hashed


async def offer(user_id: UUID, password: str) -> SecondFactorOffer:
    """Make a secret for an authenticator; it counts once `confirm` was called with a code of it."""
    hashed = await _proved(user_id, password)
    secret = pyotp.random_base32()
    async with open_identity_work() as work:
        user, credential = await _locked(work, user_id, hashed)
        if credential.totp_confirmed_at is not None:
            raise SecondFactorExists
        credential.totp_secret = vault.seal({"secret": secret})
        uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)
    return SecondFactorOffer(secret=secret, uri=uri)


async def confirm(user_id: UUID, code: str, origin: Origin) -> list[str]:
    """Turn the second factor on with a first code; the recovery codes, which are never shown again."""
    codes = [f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(RECOVERY_CODES)]
    async with open_identity_work() as work:
        found = await repository.lock_user(work, user_id)
        credential = found[1] if found else None
        if credential is None or credential.totp_secret is None:
            raise SecondFactorMissing
        if credential.totp_confirmed_at is not None:
            raise SecondFactorExists
        step = _step_of(work, str(vault.unseal(credential.totp_secret)["secret"]), code)
        if step is None:
            raise WrongCode
        credential.totp_counter, credential.totp_confirmed_at = step, work.time
        await repository.drop_recovery_codes(work, user_id)
        work.session.add_all([RecoveryCode(user_id=user_id, digest=tokens.digest(_plain(each))) for each in codes])
        repository.record(work, IdentityEventType.SECOND_FACTOR_ADDED, user_id, origin)
    return codes


async def remove(user_id: UUID, password: str, code: str, origin: Origin) -> None:
    """Turn the second factor off, which takes the password and a code."""
    hashed = await _proved(user_id, password)
    async with open_identity_work() as work:
        _, credential = await _locked(work, user_id, hashed)
        if credential.totp_confirmed_at is None:
            raise SecondFactorMissing
        if not await accept(work, credential, code, origin):
            raise WrongCode
        credential.totp_secret = credential.totp_confirmed_at = credential.totp_counter = None
        await repository.drop_recovery_codes(work, user_id)
        repository.record(work, IdentityEventType.SECOND_FACTOR_REMOVED, user_id, origin)
