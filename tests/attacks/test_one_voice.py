"""Two people, the customer, the agent and the clocks act at once: one voice speaks, and the stream of events says whose."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from agent import takeover
from core import events
from core.access import Principal, PrincipalKind
from core.errors import Abandoned, DomainError
from core.work import open_work
from domain.accounts.attending import Assignment
from domain.conversations import desk, handoffs
from domain.conversations.kinds import Author, HandoffOutcome, Voice
from domain.conversations.models import Conversation, Handoff, Message
from domain.conversations.schemas import Transfer
from domain.desk import planned
from domain.desk.models import PlannedReply
from domain.desk.schemas import PlanReply
from tests.factories.floor import Floor, open_floor

ROUNDS, AT_ONCE = 10, 4
COMES = {"handoff.taken", "handoff.reopened"}
GOES = {"handoff.transferred", "handoff.returned", "handoff.released", "handoff.resolved"}

Act = Callable[[], Awaitable[object]]


class Crowd:
    """Everybody who does something in one conversation."""

    def __init__(self, floor: Floor, people: list[Principal], seed: int) -> None:
        self.floor, self.people, self.random = floor, people, random.Random(seed)
        self.where = floor.chats[0].conversation_id
        self.done = 0

    def choose(self) -> Act:
        """Something that somebody does next."""
        who, other = self.random.sample(self.people, 2)
        operator_id = other.id
        by_people: list[Act] = [
            lambda: self._as(who, lambda work: takeover.take(work, self.where)),
            lambda: self._as(who, lambda work: takeover.release(work, self.where, "hecho")),
            lambda: self._as(who, lambda work: takeover.release(work, self.where, None, HandoffOutcome.RESOLVED)),
            lambda: self._as(who, lambda work: takeover.reopen(work, self.where)),
            lambda: self._as(who, lambda work: handoffs.transfer(work, self.where, Transfer(operator_id=operator_id))),
            lambda: self._as(who, lambda work: handoffs.snooze(work, self.where, None)),
            *[lambda: self._replies(who)] * 4,
            lambda: self._plans(who),
        ]
        by_others: list[Act] = [
            lambda: self.floor.chats[0].writes("quiero 2 harina pan"),
            lambda: self.floor.chats[0].is_answered(),
            lambda: self.floor.chats[0].is_answered(),
            lambda: self.floor.pass_time(minutes=self.random.randrange(6)),
            self.floor.assign,
            self._send_planned,
        ]
        return self.random.choice([*by_people, *by_others])

    async def do(self, act: Act) -> None:
        """Do it, unless it is refused."""
        try:
            await act()
            self.done += 1
        except (DomainError, Abandoned):
            pass

    async def _as(self, who: Principal, act: Callable[..., Awaitable[object]]) -> None:
        async with open_work(who) as work:
            await act(work)

    async def _seen(self, who: Principal) -> UUID:
        async with open_work(who) as work:
            return (await desk.list_messages(work, self.where, limit=1)).items[0].id

    async def _replies(self, who: Principal) -> None:
        seen = await self._seen(who)
        await asyncio.sleep(0)
        async with open_work(who) as work:
            await desk.reply(work, self.where, f"de {who.id}", seen, timedelta(seconds=self.random.choice((0, 5))))

    async def _plans(self, who: Principal) -> None:
        seen = await self._seen(who)
        async with open_work(who) as work:
            at = work.now + timedelta(minutes=1)
            await planned.plan(work, self.where, PlanReply(text="luego", send_at=at, last_seen_message_id=seen))

    async def _send_planned(self) -> None:
        async with open_work(self.floor.system) as work:
            due = (await work.session.scalars(select(PlannedReply.id).where(PlannedReply.send_at < work.now))).all()
        for each in due:
            async with open_work(self.floor.system) as work:
                await planned.settle(work, each)


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_acts_at_once_only_the_owner_of_the_voice_speaks_and_acts(database: str, seed: int) -> None:
    # Given two people at a desk that gives them what waits, and takes it back when they leave it
    floor = await open_floor()
    await floor.settle(assignment=Assignment.LOAD, unanswered_minutes=5, first_response_minutes=3, next_response_minutes=3)
    people = [await floor.hire("Olga"), await floor.hire("Pedro")]
    crowd = Crowd(floor, people, seed)
    await floor.hand_off()

    # When everybody does anything at once, again and again
    for _ in range(ROUNDS):
        await asyncio.gather(*(crowd.do(crowd.choose()) for _ in range(AT_ONCE)))
    assert crowd.done >= ROUNDS, "most of it was refused, so nothing was tried"

    # Then by the order of the commits nobody wrote who did not have the conversation, and the agent changed nothing meanwhile
    owner: UUID | None = None
    written = 0
    async with open_work(floor.system) as work:
        stream = await events.page(work, limit=500)
        rows = (await work.session.scalars(select(Message).where(Message.conversation_id == crowd.where))).all()
        row = await work.session.get_one(Conversation, (floor.workspace.id, crowd.where))
        open_stretches = (await work.session.scalars(select(Handoff).where(Handoff.released_at.is_(None)))).all()
    for event in stream:
        if event.type in COMES:
            owner = event.actor_id
        elif event.type in GOES:
            owner = None
        elif event.type == "message.written":
            assert event.actor_id == owner, event
            written += 1
        elif event.subject_kind == "order" and event.actor_kind == PrincipalKind.AGENT:
            assert owner is None, event
    assert written == sum(each.author is Author.OPERATOR for each in rows)
    assert all(each.voice != Voice.OPERATOR for each in rows if each.author is Author.AGENT)
    # And what stands is what the stream says
    assert row.operator_id == owner
    assert (row.voice == Voice.OPERATOR) == (owner is not None)
    assert len(open_stretches) == (row.voice != Voice.AGENT)
    # And no clock runs where the customer is awaited, nor in what has ended
    async with open_work(floor.system) as work:
        ended = (await work.session.scalars(select(Handoff).where(Handoff.released_at.is_not(None)))).all()
    assert all(each.due_at is None and each.offered_to is None and not each.is_snoozed for each in ended)
    assert all(each.response_due_at is None for each in open_stretches if each.waits_since is None)
