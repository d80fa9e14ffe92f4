"""Passwords: Argon2id, in threads of their own, two at a time, as each one costs tens of megabytes and a tenth of a second."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.settings import get_settings

AT_ONCE = 2

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")


@lru_cache
def _hasher(memory_kib: int, passes: int, lanes: int) -> PasswordHasher:
    return PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)


@lru_cache
def _nobody(hasher: PasswordHasher) -> str:
    """A hash that no password fits, at today's cost: what is checked for an address that nobody has."""
    return hasher.hash("\0")


def _settled() -> PasswordHasher:
    settings = get_settings()
    return _hasher(settings.argon2_memory_kib, settings.argon2_passes, settings.argon2_lanes)


def _check(hashed: str | None, password: str) -> tuple[bool, bool]:
    hasher = _settled()
    try:
        hasher.verify(hashed or _nobody(hasher), password)
    except (VerificationError, InvalidHashError):
        return False, False
    return hashed is not None, hashed is not None and hasher.check_needs_rehash(hashed)


async def digest(password: str) -> str:
    """The hash of a password, at the cost that is settled now."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _settled().hash, password)


async def check(hashed: str | None, password: str) -> tuple[bool, bool]:
    """Whether a password is the one behind a hash, and whether the hash should be made anew at today's cost.

    Without a hash the same work is done, and the answer is no.
    """
    return await asyncio.get_running_loop().run_in_executor(_threads, _check, hashed, password)
