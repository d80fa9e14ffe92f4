"""Who writes from a page: a session that the page keeps, made by us and signed, so that it needs no table and no cookie.

A stranger is a session and nothing else. Whom the shop's server has signed is the same person on every device, for as long as
what it signed counts.
"""

import hashlib
import secrets
import time
from typing import Final

from itsdangerous import BadSignature
from pydantic import BaseModel, ConfigDict, ValidationError

from app.web import signed
from channels.web import identity
from channels.web.identity import IdentityExpired
from core.errors import Conflict, DomainError
from domain.connections.schemas import ConnectionSettings, ConnectionView

LASTING_SECONDS: Final = 180 * 24 * 3600
"""How long the session of a stranger is known who does not come back."""

_PURPOSE: Final = "webchat session"


class SessionRefused(DomainError):
    """The page shows no session, or none that counts."""

    code = "session_refused"
    http_status = 401


class ConsentMissing(Conflict):
    """The visitor has not agreed to what the shop asks for before anybody writes, as it reads now."""

    code = "consent_missing"


class Visitor(BaseModel):
    """What a session says. `key` names what signed the identity, and `until` is when that ends (seconds of the epoch)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: str
    id: str
    begun: int
    name: str | None = None
    until: int | None = None
    key: str | None = None
    agreed: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether the shop's server has signed who it is."""
        return self.key is not None

    def require_consent(self, settings: ConnectionSettings) -> None:
        """Raise ConsentMissing unless the visitor has agreed to what is asked for now."""
        if self.agreed != asked_for(settings):
            raise ConsentMissing


def asked_for(settings: ConnectionSettings) -> str | None:
    """What stands for the consent that a shop asks for; other words of it are another one."""
    if settings.consent is None:
        return None
    return hashlib.sha256(f"{settings.consent}\n{settings.consent_url}".encode()).hexdigest()[:16]


def begin(line: ConnectionView, token: str | None, held: Visitor | None, *, agrees: bool) -> Visitor:
    """The visitor of a page: whom a signed identity names, else whoever the page's session was, else somebody new.

    Consent goes with the session. Raises IdentityRefused and IdentityExpired.
    """
    now = int(time.time())
    agreed = asked_for(line.settings) if agrees else held.agreed if held is not None else None
    if token is not None:
        said = identity.read(token, line.credentials)
        known = hashlib.sha256(f"{line.id}:{said.subject}".encode()).hexdigest()[:40]
        return Visitor(
            line=line.id.hex, id=f"u.{known}", begun=now, name=said.name, until=said.until, key=said.key, agreed=agreed
        )
    if held is not None and not held.is_known:
        return held.model_copy(update={"begun": now, "agreed": agreed})
    # Whoever was known and is so no more begins anew: the next one at this device is not shown what was said.
    return Visitor(line=line.id.hex, id=f"v.{secrets.token_hex(16)}", begun=now, agreed=agreed)


def issue(visitor: Visitor) -> str:
    """The session as the page keeps it."""
    return str(signed.serializer(_PURPOSE).dumps(visitor.model_dump(exclude_none=True)))


def read(line: ConnectionView, token: str) -> Visitor:
    """The visitor whom a session names on this line; raises SessionRefused and IdentityExpired."""
    try:
        visitor = Visitor.model_validate(signed.serializer(_PURPOSE).loads(token))
    except (BadSignature, ValidationError) as error:
        raise SessionRefused from error
    now = time.time()
    if visitor.line != line.id.hex or visitor.begun < now - LASTING_SECONDS:
        raise SessionRefused
    if visitor.until is not None and visitor.until <= now:
        raise IdentityExpired
    if visitor.key is not None and visitor.key not in identity.names_of(line.credentials):
        raise IdentityExpired
    return visitor
