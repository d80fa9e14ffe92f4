"""How often somebody may ask: token buckets in Redis, which hold across processes."""

import asyncio
import ipaddress
import math
import time
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

import redis.asyncio
from redis.exceptions import RedisError
from starlette.types import Scope

from core import observability
from core.errors import DomainError

_PREFIX: Final = "nexova:bucket:"

COUNT_SECONDS: Final = 1.0
AWAY_SECONDS: Final = 1.0
"""How long Redis is left alone once it has not answered, so that nobody waits for it with every request."""

# Rate per second, capacity, cost. Redis' own clock counts, so processes need not agree on the time.
_TAKE: Final = """
local v=redis.call('HMGET',KEYS[1],'t','n'); local t=redis.call('TIME'); local now=t[1]+t[2]/1e6
local r,cap,cost=tonumber(ARGV[1]),tonumber(ARGV[2]),tonumber(ARGV[3])
local n=math.min(cap,(tonumber(v[2]) or cap)+math.max(0,now-(tonumber(v[1]) or now))*r); local ok=0
if n>=cost then n=n-cost; ok=1 end
redis.call('HSET',KEYS[1],'t',string.format('%.6f',now),'n',tostring(n))
redis.call('PEXPIRE',KEYS[1],math.ceil(cap/r*1000)+1000)
return {ok,tostring(n),tostring(ok==1 and 0 or (cost-n)/r)}
"""

log = observability.log(__name__)


class TooManyRequests(DomainError):
    """Somebody asks more often than is allowed."""

    code = "too_many_requests"
    http_status = 429


class SignInUnavailable(DomainError):
    """Tries to sign in cannot be counted just now, so none is allowed."""

    code = "sign_in_unavailable"
    http_status = 503


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to somebody: how many of how many a minute, and seconds until the next one and until all are back."""

    policy: str
    limit: int
    remaining: int
    retry_after: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """The allowance as headers: the structured pair, and the older ones beside it."""
        return {
            "ratelimit-policy": f'"{self.policy}";q={self.limit};w=60',
            "ratelimit": f'"{self.policy}";r={self.remaining};t={self.reset}',
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset),
        }


def network_of(ip: str | None) -> str:
    """Whose address it is, as far as an address tells: of IPv6 the network, as one house has very many addresses of it."""
    try:
        address = ipaddress.ip_address((ip or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


def tell(scope: Scope, allowance: Allowance) -> None:
    """Have an allowance told with the answer; of several the one with the least left."""
    told = scope.setdefault("state", {})
    if "allowance" not in told or allowance.remaining < told["allowance"].remaining:
        told["allowance"] = allowance


class Uncounted(Exception):
    """Redis does not answer, so nothing is counted."""


class _Script(Protocol):
    """A registered script, which the client leaves untyped."""

    async def __call__(self, keys: list[str], args: list[float]) -> list[Any]: ...


class Buckets:
    """The buckets of this installation."""

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        self._take = cast("_Script", client.register_script(_TAKE))
        self._away_until = 0.0

    async def take(self, policy: str, who: str, per_minute: int, *, patiently: bool = True) -> tuple[bool, Allowance]:
        """Take one token from a bucket that fills up evenly within a minute; raises Uncounted, which raises the alarm.

        Whoever is not patient waits a moment at most, and for nothing while Redis was found away a moment ago.
        """
        if not patiently and time.monotonic() < self._away_until:
            observability.LIMITS_UNCOUNTED.labels(policy=policy).inc()
            raise Uncounted
        try:
            async with asyncio.timeout(None if patiently else COUNT_SECONDS):
                took, left, wait = await self._take([f"{_PREFIX}{policy}:{who}"], [per_minute / 60, per_minute, 1])
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            observability.LIMITS_UNCOUNTED.labels(policy=policy).inc()
            log.error("limit.uncounted", policy=policy, error=f"{type(error).__name__}: {error}"[:200])
            raise Uncounted from error
        remaining = float(left)
        reset = math.ceil((per_minute - remaining) * 60 / per_minute)
        return bool(int(took)), Allowance(policy, per_minute, int(remaining), math.ceil(float(wait)), reset)

    async def require(self, policy: str, who: str, per_minute: int, told: Scope | None = None) -> None:
        """Take one token or raise TooManyRequests; what is left is told with the answer of the request `told`.

        While Redis is away nobody is kept from work; the log and a metric raise the alarm.
        """
        try:
            took, allowance = await self.take(policy, who, per_minute, patiently=False)
        except Uncounted:
            return
        if told is not None:
            tell(told, allowance)
        if not took:
            raise TooManyRequests(retry_after=allowance.retry_after)

    async def require_counted(self, policy: str, who: str, per_minute: int) -> None:
        """Take one token or raise TooManyRequests; while Redis is away, SignInUnavailable: guesses go uncounted nowhere."""
        try:
            took, allowance = await self.take(policy, who, per_minute)
        except Uncounted as error:
            raise SignInUnavailable(retry_after=5) from error
        if not took:
            raise TooManyRequests(retry_after=allowance.retry_after)
