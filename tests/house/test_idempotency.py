"""Idempotency keys: one key does one thing once, also when two ask at the same moment."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from core import idempotency
from core.access import Principal
from core.idempotency import IdempotencyKey, KeyReused, StillRunning
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from tests.factories.workspaces import make_workspace

REQUEST = {"sku": "HAR-1", "quantity": 2}


async def ask(workspace: WorkspaceView, request: dict[str, Any], answer: str, key: str = "key-1") -> dict[str, Any]:
    """Do a thing once under a key: the answer of whoever did it."""
    async with open_work(Principal.system(workspace.id)) as work:
        known = await idempotency.take(work, "orders", key, request)
        if known is None:
            known = {"answer": answer}
            await idempotency.answer(work, "orders", key, known)
    return known


async def test_the_same_request_gets_the_answer_of_the_first(workspace: WorkspaceView) -> None:
    assert await ask(workspace, REQUEST, "first") == {"answer": "first"}
    assert await ask(workspace, REQUEST, "second") == {"answer": "first"}
    assert await ask(workspace, REQUEST, "other key", key="key-2") == {"answer": "other key"}


async def test_of_requests_at_the_same_moment_one_is_served_and_the_others_are_told_so(workspace: WorkspaceView) -> None:
    asked = (ask(workspace, REQUEST, f"number {number}") for number in range(6))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    answers = {found["answer"] for found in outcomes if isinstance(found, dict)}
    assert len(answers) == 1
    assert all(isinstance(found, dict | StillRunning) for found in outcomes)
    assert await ask(workspace, REQUEST, "later") == {"answer": answers.pop()}


async def test_a_key_that_is_being_served_is_told_at_once(workspace: WorkspaceView) -> None:
    async with open_work(Principal.system(workspace.id)) as work:
        await idempotency.take(work, "orders", "key-1", REQUEST)
        with pytest.raises(StillRunning):
            await ask(workspace, REQUEST, "second")


async def test_another_request_under_the_same_key_is_refused(workspace: WorkspaceView) -> None:
    await ask(workspace, REQUEST, "first")
    with pytest.raises(KeyReused):
        await ask(workspace, {**REQUEST, "quantity": 3}, "second")


async def test_a_key_of_another_workspace_or_of_yesterday_means_nothing(workspace: WorkspaceView) -> None:
    await ask(workspace, REQUEST, "first")
    assert await ask(await make_workspace(), REQUEST, "theirs") == {"answer": "theirs"}
    async with open_work(Principal.system(workspace.id)) as work:
        await work.session.execute(update(IdempotencyKey).values(expires_at=work.system_time))
    assert await ask(workspace, REQUEST, "anew") == {"answer": "anew"}


async def test_whoever_fails_leaves_the_key_free(workspace: WorkspaceView) -> None:
    async def fail() -> None:
        async with open_work(Principal.system(workspace.id)) as work:
            await idempotency.take(work, "orders", "key-1", REQUEST)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await ask(workspace, REQUEST, "second") == {"answer": "second"}
