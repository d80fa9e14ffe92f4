"""Getting in for the first time, and again after a password was forgotten: by a link that only the address's owner gets.

No answer tells whether an address has an account. A registration counts once its link is opened with the password that
was chosen, so nobody can prepare an account for somebody else's address.
"""

import re
from uuid import UUID

from core import vault
from core.access import Principal
from core.origin import Origin
from core.work import IdentityWork, open_identity_work, open_work
from domain.accounts import _identity_repository as repository
from domain.accounts import _passwords as passwords
from domain.accounts import _tokens as tokens
from domain.accounts import mails, members, signing
from domain.accounts.errors import LinkRefused, PasswordNeeded, WrongCredentials
from domain.accounts.identity_schemas import TokenPair
from domain.accounts.kinds import IdentityEventType, MailKind, TokenPurpose
from domain.accounts.models import Credential, OneTimeToken, User
from domain.accounts.sign_ins import normalised, open_sign_in

_INVITATION = re.compile(r"nxi_([0-9a-f]{32})_[A-Za-z0-9_-]{43}\Z")


async def register(email: str, name: str, password: str, language: str) -> None:
    """Ask for an account: a link goes to the address, or word that it has one already."""
    hashed = await passwords.digest(password)
    async with open_identity_work() as work:
        mails.ask_for(work, MailKind.REGISTRATION, normalised(email), language, {"name": name.strip(), "password_hash": hashed})


async def confirm(secret: str, password: str, origin: Origin) -> TokenPair:
    """Open the link of a registration with the password that was chosen: the account exists, and one is signed in.

    Raises LinkRefused, and WrongCredentials for another password, which leaves the link as it is.
    """
    async with open_identity_work() as work:
        token = await repository.take_token(work, TokenPurpose.REGISTRATION, tokens.digest(secret))
        about = vault.unseal(token.sealed) if token is not None and token.sealed else None
        now = work.time
    fits, _ = await passwords.check(about["password_hash"] if about else None, password)
    if about is None:
        raise LinkRefused
    if not fits:
        raise WrongCredentials
    await signing.ready(now)
    async with open_identity_work() as work:
        token = await _used(work, TokenPurpose.REGISTRATION, secret)
        user = await repository.ensure_user(work, token.email, about["name"])
        found = await repository.lock_user(work, user.id)
        if found is not None and found[1] is not None:
            raise LinkRefused  # somebody with the same address was faster
        user.name, user.email_verified_at = about["name"], work.time
        work.session.add(Credential(user_id=user.id, password_hash=about["password_hash"], changed_at=work.time))
        repository.record(work, IdentityEventType.REGISTERED, user.id, origin)
        return await open_sign_in(work, user, origin)


async def _used(work: IdentityWork, purpose: TokenPurpose, secret: str) -> OneTimeToken:
    """A link's token, used up by this work; raises LinkRefused."""
    token = await repository.take_token(work, purpose, tokens.digest(secret))
    if token is None:
        raise LinkRefused
    token.used_at, token.sealed = work.time, None
    return token


async def ask_to_reset(email: str, language: str) -> None:
    """Have a link sent with which a new password can be chosen, if the address has an account."""
    async with open_identity_work() as work:
        mails.ask_for(work, MailKind.PASSWORD_RESET, normalised(email), language)
        repository.record(work, IdentityEventType.PASSWORD_RESET_ASKED)


async def reset_password(secret: str, password: str, origin: Origin, language: str) -> None:
    """Choose a new password with a link; every sign-in ends, and a mail tells of it. Raises LinkRefused."""
    hashed = await passwords.digest(password)
    async with open_identity_work() as work:
        token = await _used(work, TokenPurpose.PASSWORD_RESET, secret)
        found = await repository.find_user(work, token.email)
        if found is None:
            raise LinkRefused
        await _set_password(work, found[0], hashed, origin, language)


async def change_password(user_id: UUID, old: str, new: str, origin: Origin, language: str) -> None:
    """Choose a new password knowing the old one; every sign-in ends. Raises WrongCredentials."""
    async with open_identity_work() as work:
        found = await repository.find_user_by_id(work, user_id)
    hashed = found[1].password_hash if found and found[1] else None
    fits, _ = await passwords.check(hashed, old)
    if not fits:
        raise WrongCredentials
    fresh = await passwords.digest(new)
    async with open_identity_work() as work:
        locked = await repository.lock_user(work, user_id)
        if locked is None or locked[1] is None or locked[1].password_hash != hashed:
            raise WrongCredentials
        await _set_password(work, locked[0], fresh, origin, language)


async def _set_password(work: IdentityWork, user: User, hashed: str, origin: Origin, language: str) -> None:
    locked = await repository.lock_user(work, user.id)
    credential = locked[1] if locked else None
    if credential is None:
        raise LinkRefused
    credential.password_hash, credential.changed_at = hashed, work.time
    user.email_verified_at = user.email_verified_at or work.time
    await repository.end_sign_ins(work, user.id, "password_changed")
    repository.record(work, IdentityEventType.PASSWORD_CHANGED, user.id, origin)
    mails.ask_for(work, MailKind.PASSWORD_CHANGED, user.email, language)


async def accept_invitation(secret: str, password: str | None, origin: Origin) -> TokenPair | None:
    """Take an invitation up. Whoever has no password yet chooses one and is signed in; others go on to sign in.

    Raises LinkRefused, and PasswordNeeded. The password is set before the invitation is used up, so whoever is cut off
    between the two opens the link again.
    """
    shape = _INVITATION.match(secret)
    if shape is None:
        raise LinkRefused
    principal = Principal.system(UUID(shape[1]))
    async with open_work(principal) as work:
        user_id = await members.whose_invitation(work, secret)
    pair = await _first_password(user_id, password, origin)
    async with open_work(principal) as work:
        await members.accept(work, secret)
    return pair


async def _first_password(user_id: UUID, password: str | None, origin: Origin) -> TokenPair | None:
    async with open_identity_work() as work:
        found = await repository.find_user_by_id(work, user_id)
        now = work.time
    if found is None:
        raise LinkRefused
    if found[1] is not None:
        return None
    if password is None:
        raise PasswordNeeded
    hashed = await passwords.digest(password)
    await signing.ready(now)
    async with open_identity_work() as work:
        locked = await repository.lock_user(work, user_id)
        if locked is None or locked[1] is not None:
            return None
        user = locked[0]
        work.session.add(Credential(user_id=user_id, password_hash=hashed, changed_at=work.time))
        user.email_verified_at = work.time
        repository.record(work, IdentityEventType.INVITATION_ACCEPTED, user_id, origin)
        return await open_sign_in(work, user, origin)
