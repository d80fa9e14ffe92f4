"""Who a visitor is, as the shop's own server has signed it: a JWT with HS256, of which nothing is believed before that."""

import hashlib
import time
from dataclasses import dataclass
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import BaseModel, Field, ValidationError

from core.db import storable
from core.errors import DomainError
from domain.connections.schemas import Credentials

ALGORITHM: Final = "HS256"
LONGEST_SECONDS: Final = 24 * 3600
"""A session lasts no longer than this by one identity, whatever that says; one that counts for longer begins another."""


class IdentityRefused(DomainError):
    """The signed identity is not one, or was signed by somebody else."""

    code = "identity_refused"
    http_status = 401


class IdentityExpired(DomainError):
    """The signed identity counted until a moment that has passed, or what signed it counts no more."""

    code = "identity_expired"
    http_status = 401


class _Claims(BaseModel):
    sub: str = Field(min_length=1, max_length=200)
    exp: int
    name: str | None = Field(None, max_length=100)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the shop knows: the shop's own id of them, their name, until when it counts, and by which key it was signed."""

    subject: str
    name: str | None
    until: int
    key: str


def names_of(credentials: Credentials) -> dict[str, str]:
    """The secrets that count now, by names that tell nothing of them."""
    found = (credentials.api_key, credentials.former_key)
    opened = [secret.get_secret_value() for secret in found if secret is not None]
    return {hashlib.sha256(b"webchat key " + secret.encode()).hexdigest()[:12]: secret for secret in opened}


def read(token: str, credentials: Credentials) -> Identity:
    """The identity that a token tells; raises IdentityRefused and IdentityExpired.

    Its header chooses nothing: each secret that counts is tried, with the one algorithm.
    """
    for name, secret in names_of(credentials).items():
        try:
            found = jwt.decode(token, OctKey.import_key(secret), algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            continue
        try:
            claims = _Claims.model_validate(found)
        except ValidationError as error:
            raise IdentityRefused from error
        now = int(time.time())
        if claims.exp <= now:
            raise IdentityExpired
        said = storable(claims.name).strip() if claims.name else ""
        return Identity(claims.sub, said or None, min(claims.exp, now + LONGEST_SECONDS), name)
    raise IdentityRefused
