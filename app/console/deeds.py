"""Deeds: a form of a page that happens once under its key, as a write of the API does under an `Idempotency-Key`."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request, Response
from pydantic import BaseModel

from app.console import forms
from app.console.visits import Visit
from app.web.api.writes import Write
from core.work import Work

V = TypeVar("V", bound=BaseModel)


async def once(
    request: Request, visit: Visit, answer: type[V], act: Callable[[Work], Awaitable[V]], *, is_secret: bool = False
) -> V:
    """Do what a form asks for, or give what came of it when the same form came before; a secret answer is kept sealed.

    Raises KeyReused for another form under the same key, and StillRunning.
    """
    write, said = await _write(request, visit)
    return await write.once(answer, act, is_secret=is_secret, said=said)


async def run(request: Request, visit: Visit, act: Callable[[Work], Awaitable[None]]) -> None:
    """Do what a form asks for where nothing comes of it that is shown, once; raises as `once` does."""
    write, said = await _write(request, visit)
    await write.run(act, said=said)


async def _write(request: Request, visit: Visit) -> tuple[Write, list[tuple[str, str | None]]]:
    """The write that a form is, and what the form says."""
    fields = [pair for pair in (await request.form()).multi_items() if pair[0] != forms.FIELD]
    key = next((str(value)[:255] for name, value in fields if name == forms.KEY and value), None)
    said = [(name, value if isinstance(value, str) else value.filename) for name, value in fields]
    return Write(visit.principal, request, Response(), key, b""), said
