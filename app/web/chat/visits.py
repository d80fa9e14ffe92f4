"""A request of a visitor's page: the line that its address names, who writes, and what they have left of what is allowed."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security.utils import get_authorization_scheme_param

from app.web.chat import sessions
from app.web.chat.origins import line_of
from app.web.chat.sessions import SessionRefused, Visitor
from app.web.limits import Buckets, TooManyRequests, network_of
from app.web.webhooks import Door
from core.access import Principal
from domain.connections.schemas import ConnectionView

SESSIONS_PER_MINUTE: Final = 30
"""Pages that may begin at one address of the network."""

WRITES_PER_MINUTE: Final = 30
"""Messages of one visitor: nobody types faster, and what is refused waits in the page."""

WRITES_OF_NETWORK: Final = 300
"""Messages from one address: strangers cost nothing to make, so they are counted together too."""

FILES_PER_MINUTE: Final = 10
FILES_OF_NETWORK: Final = 40
"""Files from one address: each may be as large as they get, and bytes that no message sends lie here for a while too."""

READS_PER_MINUTE: Final = 240

CODES_PER_MINUTE: Final = 3
GUESSES_PER_MINUTE: Final = 6
CODES_OF_NETWORK: Final = 20

STREAMS: Final = 3_000
"""Lines that a process keeps open to visitors; beyond it pages ask now and then instead."""

STREAMS_OF_NETWORK: Final = 100
RETRY_SECONDS: Final = 15


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody on a page of the shop."""

    line: ConnectionView
    visitor: Visitor
    network: str

    @property
    def principal(self) -> Principal:
        """The runtime, which works for a visitor as it does for whoever writes from a telephone."""
        return Principal.system(self.line.workspace_id)

    @property
    def key(self) -> UUID:
        """The visitor as lines that are kept open are counted."""
        return UUID(bytes=hashlib.sha256(f"{self.line.id}:{self.visitor.id}".encode()).digest()[:16])


async def line(request: Request, slug: str) -> ConnectionView:
    """The web chat that the address names; raises ConnectionNotFound."""
    door: Door = request.app.state.door
    return await line_of(door, slug)


Named = Annotated[ConnectionView, Depends(line)]


def held(request: Request, named: ConnectionView) -> Visitor | None:
    """Whom the page's session names, None without one; raises SessionRefused and IdentityExpired."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    return sessions.read(named, token) if scheme.lower() == "bearer" and token else None


async def _visit(request: Request, named: Named) -> Visit:
    visitor = held(request, named)
    if visitor is None:
        raise SessionRefused
    return Visit(named, visitor, network(request))


Visited = Annotated[Visit, Depends(_visit)]


def network(request: Request) -> str:
    """The address of the network from which a page asks."""
    return network_of(request.client.host if request.client else None)


async def count(request: Request, policy: str, who: str, per_minute: int) -> None:
    """Count a request of somebody; raises TooManyRequests."""
    buckets: Buckets = request.app.state.buckets
    await buckets.require(f"chat-{policy}", who, per_minute)


async def require_counted(request: Request, policy: str, who: str, per_minute: int) -> None:
    """Count a guess of somebody; raises TooManyRequests, and SignInUnavailable while nothing can be counted."""
    buckets: Buckets = request.app.state.buckets
    await buckets.require_counted(f"chat-{policy}", who, per_minute)


@dataclass(slots=True)
class OpenStreams:
    """The lines that this process keeps open to visitors, all together and by network."""

    _of: Counter[str] = field(default_factory=Counter)
    _all: int = 0

    def admit(self, of: str) -> None:
        """Raise TooManyRequests if no further one may be opened for a network."""
        if self._all >= STREAMS or self._of[of] >= STREAMS_OF_NETWORK:
            raise TooManyRequests(retry_after=RETRY_SECONDS)

    @contextmanager
    def one(self, of: str) -> Iterator[None]:
        """Keep one open for the length of the block; raises TooManyRequests."""
        self.admit(of)
        self._of[of] += 1
        self._all += 1
        try:
            yield
        finally:
            self._all -= 1
            self._of[of] -= 1
            if not self._of[of]:
                del self._of[of]
