"""Members' telephones: naming one, proving it by a message that comes from it, and the PIN for changes from it.

The proof comes in, not out: the page shows a code, and the member sends it from the telephone to one of the shop's lines.
So no template is needed, a code cannot be guessed at a stranger's telephone, and the line may answer.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError

from core import events
from core.errors import Conflict, Invalid
from core.event_types import EventType
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.permissions import WorkspacePermission
from domain.customers import phones
from domain.phones import repository
from domain.phones.models import MemberPhone

GOOD_FOR: Final = timedelta(minutes=15)
MOST_WRONG: Final = 5
"""Wrong PINs in a row after which a new one has to be chosen on one's page."""

_CODE: Final = re.compile(r"(?<!\d)(\d{6})(?!\d)")
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class PhoneInvalid(Invalid):
    """No telephone has this number."""

    code = "phone_invalid"


class PhoneTaken(Conflict):
    """A colleague has proven that this telephone is theirs."""

    code = "phone_taken"


class NewPhone(BaseModel):
    """The telephone that a member names."""

    model_config = ConfigDict(extra="forbid")

    phone: str = Field(max_length=40)


class NewPin(BaseModel):
    """The PIN with which a member says yes to a change from their telephone."""

    model_config = ConfigDict(extra="forbid")

    pin: str = Field(pattern=r"^\d{4,8}$")


class PhoneView(BaseModel):
    """One's telephone, and how far it has come. `code` is shown once, to be sent from it."""

    model_config = ConfigDict(frozen=True)

    phone: str | None = None
    is_confirmed: bool = False
    has_pin: bool = False
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Whose telephone wrote; `is_proof` where the message has just proven it."""

    user_id: UUID
    is_proof: bool


async def own(work: Work) -> PhoneView:
    """The caller's telephone."""
    row = await repository.of_user(work, _person(work))
    return PhoneView() if row is None else _view(row)


async def name(work: Work, command: NewPhone) -> PhoneView:
    """Name a telephone; what was proven before is forgotten. Raises PhoneInvalid and PhoneTaken."""
    user_id = _person(work)
    number = phones.e164(command.phone, (await accounts.get_workspace(work)).country)
    if number is None:
        raise PhoneInvalid
    key = phones.address_key(number)
    holder = await repository.confirmed_by_key(work, key)
    if holder is not None and holder.user_id != user_id:
        raise PhoneTaken
    row = await repository.lock_or_begin(work, user_id, number, key)
    code = f"{secrets.randbelow(10**6):06}"
    row.phone, row.key, row.confirmed_at = number, key, None
    row.code_digest, row.code_until = _digest(row.id, code), work.system_time + GOOD_FOR
    await work.session.flush()
    events.record(work, EventType.MEMBER_PHONE_NAMED, subject=row.id)
    return _view(row).model_copy(update={"code": code})


async def forget(work: Work) -> None:
    """Be reached on no telephone any more, and ask from none."""
    row = await repository.lock_of_user(work, _person(work))
    if row is not None:
        events.record(work, EventType.MEMBER_PHONE_FORGOTTEN, subject=row.id)
        await work.session.delete(row)


async def choose_pin(work: Work, command: NewPin) -> PhoneView:
    """Choose the PIN for changes from one's telephone. Raises PhoneInvalid where none is named."""
    row = await repository.lock_of_user(work, _person(work))
    if row is None:
        raise PhoneInvalid
    row.pin_digest, row.wrong_pins = _hasher.hash(command.pin), 0
    events.record(work, EventType.MEMBER_PIN_CHOSEN, subject=row.id)
    await work.session.flush()
    return _view(row)


async def confirmed(work: Work, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """The telephones (E.164) that some members have proven."""
    work.require_runtime()
    return {row.user_id: row.phone for row in await repository.confirmed(work, user_ids)}


async def heard(work: Work, address: str, words: str) -> Heard | None:
    """Whose telephone has written, None where it is nobody's of the staff; a code in the words proves one that was named."""
    work.require_runtime()
    rows = await repository.lock_by_key(work, phones.address_key(address))
    for row in rows:
        if row.confirmed_at is None and _proves(work, row, words):
            row.confirmed_at, row.code_digest, row.code_until = work.now, None, None
            try:
                async with work.session.begin_nested():
                    await work.session.flush()
            except IntegrityError:
                return None  # a colleague was faster
            events.record(work, EventType.MEMBER_PHONE_CONFIRMED, subject=row.id)
            return Heard(row.user_id, is_proof=True)
    return next((Heard(row.user_id, is_proof=False) for row in rows if row.confirmed_at is not None), None)


async def is_pin(work: Work, user_id: UUID, pin: str) -> bool:
    """Whether a PIN is the member's; after some wrong ones in a row none is. The caller commits either way."""
    work.require_runtime()
    row = await repository.lock_of_user(work, user_id)
    if row is None or row.pin_digest is None or row.wrong_pins >= MOST_WRONG:
        return False
    try:
        _hasher.verify(row.pin_digest, pin)
    except (VerificationError, InvalidHashError):
        row.wrong_pins += 1
        return False
    row.wrong_pins = 0
    return True


def _proves(work: Work, row: MemberPhone, words: str) -> bool:
    if row.code_digest is None or row.code_until is None or row.code_until <= work.system_time:
        return False
    return any(hmac.compare_digest(row.code_digest, _digest(row.id, code)) for code in _CODE.findall(words)[:3])


def _digest(id: UUID, code: str) -> str:
    return hashlib.sha256(f"{id}:{code}".encode()).hexdigest()


def _view(row: MemberPhone) -> PhoneView:
    return PhoneView(phone=row.phone, is_confirmed=row.confirmed_at is not None, has_pin=row.pin_digest is not None)


def _person(work: Work) -> UUID:
    work.require(WorkspacePermission.READ)
    return work.require_person()
