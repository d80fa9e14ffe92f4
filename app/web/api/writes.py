"""Writes: each may carry an `Idempotency-Key`, under which it happens once, whatever happens to the answer."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel

from app.web.api.callers import Staff, needing
from core import idempotency, vault
from core.access import Permission, Principal
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.errors import WorkspaceExists, WorkspaceNotFound
from domain.accounts.schemas import Reason, WorkspaceView

V = TypeVar("V", bound=BaseModel)

Key = Annotated[
    str | None,
    Header(
        alias="idempotency-key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Chosen by the caller; the same request with the same key happens once and gets the same answer.",
    ),
]


Why = Annotated[Reason, Query(alias="reason", description="Why; it stands in the audit.")]
"""The reason of a deletion, which has no body."""


class Write:
    """One write of a principal, done in a transaction together with the memory that it was done."""

    def __init__(self, caller: Principal, request: Request, response: Response, key: str | None, body: bytes) -> None:
        self.caller = caller
        self._response = response
        self._key = key
        self._scope = f"{caller.kind}:{caller.id}:{getattr(request.scope.get('route'), 'unique_id', request.url.path)}"[:100]
        self._asked = {
            "path": request.url.path,
            "query": request.url.query,
            "if_match": request.headers.get("if-match"),
            "body": hashlib.sha256(body).hexdigest(),
        }

    async def once(
        self, answer: type[V], act: Callable[[Work], Awaitable[V]], *, is_secret: bool = False, said: object = None
    ) -> V:
        """Do something and keep its answer under the key, or give the answer that was kept.

        A secret answer is kept sealed. `said` stands for the body where equal requests differ in it, as forms do in their
        boundaries. Raises KeyReused for another request under the same key, and StillRunning.
        """
        if said is not None:
            self._asked["body"] = hashlib.sha256(repr(said).encode()).hexdigest()
        async with open_work(self.caller) as work:
            if self._key is None:
                return await act(work)
            kept = await idempotency.take(work, self._scope, self._key, self._asked)
            if kept is None:
                done = await act(work)
                plain: dict[str, Any] = done.model_dump(mode="json")
                sealed = {"sealed": vault.seal(plain).decode()} if is_secret else plain
                await idempotency.answer(work, self._scope, self._key, sealed)
                return done
        self._response.headers["idempotent-replayed"] = "true"
        return answer.model_validate(vault.unseal(kept["sealed"].encode()) if is_secret else kept)

    async def found(self, act: Callable[[Work], Awaitable[WorkspaceView]]) -> WorkspaceView:
        """Make the workspace of the caller, and keep the answer in it, as there was no place for it before."""
        async with open_work(self.caller) as work:
            if self._key is None:
                return await act(work)
            try:
                await accounts.get_workspace(work)
            except WorkspaceNotFound:
                made = await act(work)
                await idempotency.take(work, self._scope, self._key, self._asked)
                await idempotency.answer(work, self._scope, self._key, made.model_dump(mode="json"))
                return made
            kept = await idempotency.take(work, self._scope, self._key, self._asked)
        if kept is None:
            raise WorkspaceExists  # the memory of the key has expired
        self._response.headers["idempotent-replayed"] = "true"
        return WorkspaceView.model_validate(kept)

    async def run(self, act: Callable[[Work], Awaitable[None]], *, said: object = None) -> None:
        """Do something that has no answer, once; raises as `once` does."""

        async def act_silently(work: Work) -> _Nothing:
            await act(work)
            return _Nothing()

        await self.once(_Nothing, act_silently, said=said)


class _Nothing(BaseModel):
    """The answer of what has none."""


async def _writing(caller: Staff, request: Request, response: Response, key: Key = None) -> Write:
    return Write(caller, request, response, key, await request.body())


def may_write(permission: Permission) -> Any:
    """Name the permission that a writing route needs of its caller."""
    return needing(_writing, permission)


Writing = Annotated[Write, Depends(_writing)]
"""A write whose permission the service alone knows."""
