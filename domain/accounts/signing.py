"""Access tokens: JWTs that a ring of RSA keys signs, stored sealed, so that a key can change while everybody stays signed in.

A token is checked by signature, issuer, audience, type and time; whether its sign-in still goes on is asked of the
database with every request.
"""

import asyncio
import base64
import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from core import vault
from core.settings import get_settings
from core.tables import new_id
from core.work import IdentityWork, open_identity_work
from domain.accounts import _identity_repository as repository
from domain.accounts.errors import NotSignedIn, WrongTokenType
from domain.accounts.kinds import IdentityEventType
from domain.accounts.models import SigningKey

ALGORITHM = "RS256"
AUDIENCE = "nexova"
RELOAD_SECONDS = 30.0
PAUSE_SECONDS = 1.0
"""A token with a `kid` that nobody knows makes the ring look again, though not more often than this."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says: whose it is, of which sign-in, and until when it and the key that signed it are good."""

    user_id: UUID
    sign_in_id: UUID
    expires_at: float
    key_retires_at: datetime | None

    def are_good_at(self, now: datetime) -> bool:
        """Whether the token counts at a time of Postgres' clock."""
        return now.timestamp() < self.expires_at and (self.key_retires_at is None or now < self.key_retires_at)


@dataclass(frozen=True, slots=True)
class _Ring:
    """The keys of this process: all that verify, with when they retire, and the one that signs."""

    public: dict[str, tuple[RSAKey, datetime | None]]
    signing: RSAKey | None
    signing_since: datetime | None
    read_at: float


_ring: _Ring | None = None


def forget() -> None:
    """Read the ring anew when it is needed next."""
    global _ring
    _ring = None


@lru_cache(maxsize=4)
def _signing_key(sealed: bytes) -> RSAKey:
    """A private key is checked as it is taken in, for 40 ms in which nothing else is served: once, not at each reading."""
    return RSAKey.import_key(vault.unseal(sealed))


async def _read() -> _Ring:
    async with open_identity_work() as work:
        rows = await repository.signing_keys(work)
    signing = next((row for row in rows if row.retires_at is None), None)
    return _Ring(
        {str(row.id): (RSAKey.import_key(row.public), row.retires_at) for row in rows},
        _signing_key(signing.sealed) if signing else None,
        signing.created_at if signing else None,
        time.monotonic(),
    )


async def _current(older_than: float = RELOAD_SECONDS) -> _Ring:
    global _ring
    ring = _ring
    if ring is not None and time.monotonic() - ring.read_at < older_than:
        return ring
    ring = _ring = await _read()
    return ring


def _make_key(kid: UUID) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": str(kid), "use": "sig", "alg": ALGORITHM})


async def rotate(*, unless_newer_than: timedelta | None = None) -> UUID:
    """Have a new key sign from now on; the old ones verify until the last token that they signed has expired.

    With `unless_newer_than` nothing happens while the newest key is younger. Returns the id of the key that signs.
    """
    kid = new_id()
    key = await asyncio.to_thread(_make_key, kid)
    async with open_identity_work() as work:
        await repository.lock_ring(work)
        rows = [row for row in await repository.signing_keys(work) if row.retires_at is None]
        if rows and unless_newer_than is not None and rows[0].created_at > work.time - unless_newer_than:
            return rows[0].id
        lasting = timedelta(minutes=get_settings().access_token_minutes)
        for row in rows:
            row.retires_at = work.time + lasting + timedelta(seconds=2 * RELOAD_SECONDS)
        await repository.forget_keys(work)
        public: dict[str, Any] = dict(key.as_dict(private=False))
        private: dict[str, Any] = dict(key.as_dict(private=True))
        work.session.add(SigningKey(id=kid, sealed=vault.seal(private), public=public, created_at=work.time))
        repository.record(work, IdentityEventType.SIGNING_KEY_ROTATED)
    forget()
    return kid


def issue(work: IdentityWork, user_id: UUID, email: str, sign_in_id: UUID) -> str:
    """An access token for a sign-in; `ready` was awaited before."""
    assert _ring is not None, "ready() comes first"
    signing = _ring.signing
    assert signing is not None, "ready() made one"
    issued = int(work.time.timestamp())
    lasting = int(get_settings().access_token_minutes * 60)
    claims = {
        "iss": get_settings().base_url,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "email": email,
        "type": "access",
        "sid": str(sign_in_id),
        "iat": issued,
        "exp": issued + lasting,
        "jti": str(new_id()),
    }
    return jwt.encode({"alg": ALGORITHM, "kid": signing.kid}, claims, signing, algorithms=[ALGORITHM])


async def ready(now: datetime) -> None:
    """See that there is a key that signs, and that it is not older than the settings allow."""
    lasting = timedelta(days=get_settings().signing_key_days)
    ring = await _current()
    if ring.signing is None or ring.signing_since is None or ring.signing_since < now - lasting:
        await rotate(unless_newer_than=lasting)
        await _current()


async def _key_of(kid: object) -> tuple[RSAKey, datetime | None]:
    found = (await _current()).public.get(str(kid))
    if found is None:
        found = (await _current(PAUSE_SECONDS)).public.get(str(kid))
    if found is None:
        raise NotSignedIn
    return found


def _kid(token: str) -> object:
    """The key that a token names in its header, of which nothing else is believed."""
    encoded = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError as error:
        raise NotSignedIn from error
    return header.get("kid") if isinstance(header, dict) else None


async def read(token: str) -> Claims:
    """What an access token says, whenever it was issued; raises NotSignedIn or WrongTokenType.

    The key is chosen by `kid` from our own ring alone; nothing else in the header is looked at, and one algorithm is taken.
    """
    key, retires_at = await _key_of(_kid(token))
    try:
        claims = jwt.decode(token, KeySet([key]), algorithms=[ALGORITHM]).claims
        jwt.JWTClaimsRegistry(
            now=0,  # times are the business of `Claims.are_good_at`
            iss={"essential": True, "value": get_settings().base_url},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
        ).validate({name: value for name, value in claims.items() if name != "iat"})
        said = Claims(UUID(claims["sub"]), UUID(claims["sid"]), float(claims["exp"]), retires_at)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotSignedIn from error
    if claims.get("type") != "access":
        raise WrongTokenType
    return said


async def published() -> dict[str, Any]:
    """The public keys that verify our tokens, as a JWKS."""
    return {"keys": [key.as_dict(private=False) for key, _ in (await _current()).public.values()]}
