"""Proving that a telephone is one's own: a code goes to it, and whoever writes at another address says it back.

Codes are few, short-lived and good once; wrong ones are counted in the row, so that a guess costs a try whatever happens.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from core.errors import DomainError
from core.tables import new_id
from core.work import Work
from domain.customers import repository
from domain.customers.models import NumberProof

DIGITS: Final = 6
GOOD_FOR: Final = timedelta(minutes=10)
MOST_WRONG: Final = 5
MOST_ASKED: Final = 3
"""Codes within an hour that one address may ask for, and that one telephone is sent: it may be a stranger's."""

WITHIN: Final = timedelta(hours=1)


class CodesTooMany(DomainError):
    """Too many codes were asked for; `retry_after` says in how many seconds there may be another one."""

    code = "codes_too_many"
    http_status = 429


async def begin(work: Work, contact_address_id: UUID, phone: str) -> str:
    """A code for a telephone (E.164), in the place of the one before; raises CodesTooMany."""
    work.require_runtime()
    await repository.begin_proofs_one_by_one(work)
    since = work.system_time - WITHIN
    if await repository.count_proofs(work, contact_address_id, phone, since) >= MOST_ASKED:
        raise CodesTooMany(retry_after=int(WITHIN.total_seconds()))
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    id = new_id()
    work.session.add(
        NumberProof(
            workspace_id=work.workspace_id,
            id=id,
            contact_address_id=contact_address_id,
            phone=phone,
            digest=_digest(id, code),
            expires_at=work.system_time + GOOD_FOR,
            wrong_codes=0,
        )
    )
    await work.session.flush()
    return code


async def prove(work: Work, contact_address_id: UUID, code: str) -> str | None:
    """The telephone that a code proves, None if it proves none. A wrong one is counted: the caller commits either way."""
    work.require_runtime()
    row = await repository.lock_last_proof(work, contact_address_id)
    if row is None or row.proven_at is not None or row.expires_at <= work.system_time or row.wrong_codes >= MOST_WRONG:
        return None
    if not hmac.compare_digest(row.digest, _digest(row.id, code)):
        row.wrong_codes += 1
        return None
    row.proven_at = work.system_time
    return row.phone


def _digest(id: UUID, code: str) -> str:
    return hashlib.sha256(f"{id}:{code}".encode()).hexdigest()
