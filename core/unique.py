"""Keys that are taken: told as a refusal, without losing the transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.exc import IntegrityError

from core.errors import Conflict
from core.work import Work

_BROKEN: Final = "23505"
"""How Postgres calls a unique key that is broken."""


@asynccontextmanager
async def unique(work: Work, taken: Conflict) -> AsyncIterator[None]:
    """Write what has a unique key within the block; raises `taken` where another row has that key.

    What was pending before is written first: a key that it breaks is another, and ends the transaction.
    """
    await work.session.flush()
    try:
        async with work.session.begin_nested():
            yield
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != _BROKEN:
            raise
        raise taken from error
