"""Keys that are taken: told as a refusal, without losing the transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import IntegrityError

from core.work import Work
from domain.catalog.errors import CodeTaken


@asynccontextmanager
async def unique(work: Work, what: str) -> AsyncIterator[None]:
    """Turn a broken unique key into CodeTaken, without losing the transaction."""
    try:
        async with work.session.begin_nested():
            yield
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != "23505":
            raise
        raise CodeTaken(value=what) from error
