"""Mails about accounts: what is asked for is a row, and whether its address has an account is found out when it is sent.

So a request takes the same time, and does the same work, for an address that everybody or nobody has. Sending is at most
once: a mail that was being sent when its process died is left unconfirmed, and its reader asks for another.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from core import messages, observability, vault
from core.settings import get_settings
from core.tables import new_id
from core.work import IdentityWork, open_identity_work
from domain.accounts import _identity_repository as repository
from domain.accounts import _tokens as tokens
from domain.accounts.kinds import MailKind, MailStatus, TokenPurpose
from domain.accounts.models import Mail, OneTimeToken

LINK_LASTS = {TokenPurpose.REGISTRATION: timedelta(days=1), TokenPurpose.PASSWORD_RESET: timedelta(hours=1)}
LEASE = timedelta(minutes=2)
ATTEMPTS = 8
LINK_PREFIX = "nxl"

log = observability.log(__name__)


class MailUnavailable(Exception):
    """The mail did not go out, and may later."""


class MailRefused(Exception):
    """The mail did not go out, and never will."""


class MailUnconfirmed(Exception):
    """Whether the mail went out is not known."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is written to its reader."""

    id: UUID
    address: str
    subject: str
    text: str


class Post(Protocol):
    """Whoever carries mails; raises MailUnavailable, MailRefused or MailUnconfirmed."""

    async def send(self, letter: Letter) -> None:
        """Carry a letter."""


def ask_for(work: IdentityWork, kind: MailKind, address: str, language: str, about: dict[str, Any] | None = None) -> None:
    """Have a mail written and sent as soon as this work has committed."""
    work.session.add(
        Mail(
            id=new_id(),
            kind=kind,
            address=address,
            language=language,
            sealed=vault.seal(about or {}),
            next_try_at=work.time,
        )
    )


async def take(mail_id: UUID) -> Letter | None:
    """Take a mail to send it: None if it was sent, is being sent, or has nobody to go to."""
    async with open_identity_work() as work:
        row = await repository.lock_mail(work, mail_id)
        if row is None:
            return None
        if row.status == MailStatus.SENDING and (row.lease_until is None or row.lease_until <= work.time):
            _close(work, row, MailStatus.UNCONFIRMED, "its sender stopped")
            return None
        if row.status != MailStatus.QUEUED or row.next_try_at > work.time:
            return None
        about: dict[str, Any] = vault.unseal(row.sealed) if row.sealed else {}
        written = await _write(work, row, about)
        if written is None:
            _close(work, row, MailStatus.DROPPED, None)
            return None
        row.status, row.attempts, row.lease_until = MailStatus.SENDING, row.attempts + 1, work.time + LEASE
        key, fields = written
        return Letter(
            row.id,
            row.address,
            messages.filled(messages.text(f"mail.{key}.subject", row.language), fields),
            messages.filled(messages.text(f"mail.{key}.text", row.language), fields),
        )


async def _write(work: IdentityWork, row: Mail, about: dict[str, Any]) -> tuple[str, dict[str, object]] | None:
    """Which text goes out and what is filled into it; None if there is nobody to write to."""
    kind = MailKind(row.kind)
    found = await repository.find_user(work, row.address)
    has_password = found is not None and found[1] is not None and found[1].password_hash is not None
    if kind is MailKind.REGISTRATION:
        if has_password:
            return "registered_already", {"address": row.address}
        return "registration", {"link": await _link(work, row, TokenPurpose.REGISTRATION, about)}
    if kind is MailKind.PASSWORD_RESET:
        if not has_password:
            return None
        return "password_reset", {"link": await _link(work, row, TokenPurpose.PASSWORD_RESET, {})}
    if kind is MailKind.INVITATION:
        return "invitation", {**about, "link": f"{get_settings().base_url}/account/invitation#{about['token']}"}
    return kind.value, {"address": row.address}


async def _link(work: IdentityWork, row: Mail, purpose: TokenPurpose, about: dict[str, Any]) -> str:
    """A link that is good once, in place of all earlier ones. Its secret stands behind `#`, where no server logs it."""
    await repository.void_tokens(work, purpose, row.address)
    secret = tokens.mint(LINK_PREFIX)
    work.session.add(
        OneTimeToken(
            purpose=purpose,
            email=row.address,
            digest=tokens.digest(secret),
            sealed=vault.seal(about),
            expires_at=work.time + LINK_LASTS[purpose],
        )
    )
    return f"{get_settings().base_url}/account/{purpose.value.replace('_', '-')}#{secret}"


def _close(work: IdentityWork, row: Mail, status: MailStatus, reason: str | None) -> None:
    row.status, row.reason, row.sealed, row.lease_until = status, reason, None, None
    row.sent_at = work.time if status is MailStatus.SENT else None
    log.info("mail.closed", mail=str(row.id), kind=row.kind, status=status.value, reason=reason)


async def record_sent(mail_id: UUID) -> None:
    """Note that a mail went out, and forget what it was about."""
    await _record(mail_id, MailStatus.SENT, None)


async def record_failure(mail_id: UUID, error: Exception) -> None:
    """Note that a mail did not go out, or may not have; one that may go out later is tried again, ever more rarely."""
    if isinstance(error, MailUnconfirmed):
        await _record(mail_id, MailStatus.UNCONFIRMED, str(error))
    elif isinstance(error, MailUnavailable):
        await _record(mail_id, MailStatus.QUEUED, str(error))
    else:
        await _record(mail_id, MailStatus.FAILED, str(error))


async def _record(mail_id: UUID, status: MailStatus, reason: str | None) -> None:
    async with open_identity_work() as work:
        row = await repository.lock_mail(work, mail_id)
        if row is None or row.status != MailStatus.SENDING:
            return
        if status is MailStatus.QUEUED and row.attempts < ATTEMPTS:
            row.status, row.reason, row.lease_until = status, reason, None
            row.next_try_at = next_try(work.time, row.attempts)
            return
        _close(work, row, MailStatus.FAILED if status is MailStatus.QUEUED else status, reason)


def next_try(now: datetime, attempts: int) -> datetime:
    """When a mail is tried again: after 10 seconds, then each time four times as long, up to three hours."""
    return now + timedelta(seconds=min(10 * 4 ** (attempts - 1), 10_800))
