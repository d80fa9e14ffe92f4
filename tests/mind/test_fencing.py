"""The fence under attack: what another worker commits while a writer waits for the lock is seen, and nothing is written."""

import asyncio

import pytest
from pydantic_ai.messages import ModelResponse, TextPart
from sqlalchemy import text

from agent.fencing import Entry
from agent.journal import Journal, keep_answer
from agent.models import StepKind
from core.access import Principal
from core.errors import Abandoned
from core.work import Work, open_work
from domain.conversations import service as conversations
from tests.factories.customer import Customer, Query

CHANGES = {
    "another worker has the lease": "UPDATE agent_sessions SET lease_token = lease_token + 1",
    "the turn is closed": "UPDATE turns SET status = 'finished'",
    "the turn is thought anew": "UPDATE turns SET generation = generation + 1",
    "a person has the voice": "UPDATE conversations SET voice_epoch = voice_epoch + 1",
}


async def _somebody_waits(work: Work) -> None:
    """Until a transaction waits for a lock that another one has."""
    async with asyncio.timeout(30):
        while not await work.session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            await asyncio.sleep(0.01)


async def _answer_of(customer: Customer, words: str) -> tuple[Journal, Entry]:
    """A worker that has a turn, and an answer of the model for it that is not recorded."""
    await customer.writes(words)
    journal = Journal(await customer.has_turn_taken())
    journal.take((0, StepKind.MODEL, 0), ModelResponse(parts=[TextPart(words)]), 0, 1)
    assert journal.kept is not None
    return journal, journal.kept


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_what_changes_while_the_fence_waits_is_seen_and_nothing_is_recorded(
    customer: Customer, query: Query, change: str
) -> None:
    # Given a worker that waits at its fence, as somebody else has the conversation
    journal, answer = await _answer_of(customer, "hola")
    async with open_work(customer.shop.principal) as work:
        await conversations.lock(work, customer.conversation_id)
        waiting = asyncio.create_task(keep_answer(journal.turn, answer))
        await _somebody_waits(work)
        # When what the worker goes by is changed under its eyes
        await work.session.execute(text(change))
    # Then it is seen, and nothing is written
    with pytest.raises(Abandoned):
        await waiting
    assert await query("SELECT count(*) FROM journal_entries") == [(0,)]


async def test_a_wait_that_changes_nothing_changes_nothing(customer: Customer, query: Query) -> None:
    journal, answer = await _answer_of(customer, "hola")
    async with open_work(customer.shop.principal) as work:
        await conversations.lock(work, customer.conversation_id)
        waiting = asyncio.create_task(keep_answer(journal.turn, answer))
        await _somebody_waits(work)
        await work.session.execute(text("UPDATE conversations SET tags = '{seen}'"))
    await waiting
    assert await query("SELECT name FROM journal_entries") == [("model",)]


async def test_another_answer_in_the_same_place_is_never_written_over(customer: Customer, query: Query) -> None:
    journal, answer = await _answer_of(customer, "hola")
    await keep_answer(journal.turn, answer)
    await keep_answer(journal.turn, answer)
    journal.take(answer.key, ModelResponse(parts=[TextPart("adiós")]), 0, 1)
    assert journal.kept is not None
    with pytest.raises(Abandoned):
        await keep_answer(journal.turn, journal.kept)
    assert await query("SELECT payload->'response'->'parts'->0->>'content' FROM journal_entries") == [("hola",)]


async def test_a_tool_writes_the_answer_that_called_it_in_its_own_transaction(customer: Customer, query: Query) -> None:
    journal, _ = await _answer_of(customer, "hola")
    with pytest.raises(RuntimeError):
        async with journal.writing(Principal.system(journal.turn.workspace_id)):
            raise RuntimeError("the tool crashes")
    assert await query("SELECT count(*) FROM journal_entries") == [(0,)]
    async with journal.writing(Principal.system(journal.turn.workspace_id)) as (_, held):
        assert held.recorded is True
    assert journal.kept is None
    assert await query("SELECT count(*) FROM journal_entries") == [(1,)]
