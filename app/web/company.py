"""Company: who looks at a conversation now, and who writes in it. Redis keeps it for moments, and whoever else looks is woken.

Nothing hangs on it: while Redis is away everybody seems to be alone.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from core import notices
from core.access import Principal
from core.work import open_work

LOOKS_MILLISECONDS: Final = 20_000
"""A page says that it is there more often than this."""
WRITES_MILLISECONDS: Final = 6_000
WAIT_SECONDS: Final = 0.5

_PREFIX: Final = "nexova:company:"

# Comes and drops whoever is gone, by the clock of Redis; says whether somebody has come, and for how long each is there.
_MEET: Final = """
local t=redis.call('TIME'); local now=t[1]*1000+math.floor(t[2]/1000)
redis.call('ZREMRANGEBYSCORE',KEYS[1],'-inf',now)
local come=redis.call('ZADD',KEYS[1],now+ARGV[2],ARGV[1])
redis.call('PEXPIRE',KEYS[1],60000)
local found=redis.call('ZRANGE',KEYS[1],0,-1,'WITHSCORES')
for i=2,#found,2 do found[i]=found[i]-now end
return {come,found}
"""


class _Script(Protocol):
    """A registered script, which the client leaves untyped."""

    async def __call__(self, keys: list[str], args: list[str | int]) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Beside:
    """Who else is in a conversation, and after how many seconds that may be no more so."""

    looking: frozenset[UUID] = frozenset()
    writing: frozenset[UUID] = frozenset()
    seconds: float = float("inf")


class Company:
    """Who is in which conversation of this installation."""

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        self._meet = cast("_Script", client.register_script(_MEET))

    async def look(self, principal: Principal, conversation_id: UUID) -> Beside:
        """Say that somebody looks at a conversation; who else is in it."""
        return await self._come(principal, conversation_id, "looks", LOOKS_MILLISECONDS)

    async def write(self, principal: Principal, conversation_id: UUID) -> None:
        """Say that somebody is writing in a conversation."""
        await self._come(principal, conversation_id, "writes", WRITES_MILLISECONDS)

    async def _come(self, principal: Principal, conversation_id: UUID, what: str, milliseconds: int) -> Beside:
        key = f"{_PREFIX}{principal.workspace_id}:{conversation_id}"
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                has_come, found = await self._meet([key], [f"{what} {principal.id}", milliseconds])
        except (RedisError, OSError, TimeoutError):
            return Beside()
        if has_come:
            async with open_work(principal) as work:
                await notices.tell_live(work, conversation_id)
        return _beside(principal.id, found)


def _beside(me: UUID | None, found: list[Any]) -> Beside:
    """Everybody but oneself, of members and milliseconds by turns."""
    doing: dict[str, set[UUID]] = {"looks": set(), "writes": set()}
    left: list[int] = []
    for member, milliseconds in zip(found[::2], found[1::2], strict=True):
        what, _, who = member.partition(" ")
        if UUID(who) != me:
            doing[what].add(UUID(who))
            left.append(int(milliseconds))
    return Beside(frozenset(doing["looks"]), frozenset(doing["writes"]), min(left) / 1000 if left else float("inf"))
