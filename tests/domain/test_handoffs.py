"""Hand-offs: one voice through transfers and rests, clocks that run while the customer waits, and who is given what."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.tables import new_id
from core.work import Work, open_work
from domain.accounts.attending import Assignment
from domain.accounts.roles import Role
from domain.conversations import desk, handoffs
from domain.conversations.errors import HandoffNotOpen, HandoffOpen, NotYourConversation, SnoozePast
from domain.conversations.kinds import HandoffOutcome, Voice
from domain.conversations.models import Conversation, Message
from domain.conversations.schemas import DeskFilter, HandoffView, Queue, Transfer
from domain.teams import service as teams
from domain.teams.errors import NobodyThere, TeamNotFound
from domain.teams.models import Seat
from domain.teams.schemas import ChangeSeat, NewTeam
from tests.factories.floor import Floor, open_floor


@pytest.fixture
async def floor(database: str) -> Floor:
    return await open_floor()


async def test_a_transfer_waits_for_the_colleague_who_alone_is_told(floor: Floor) -> None:
    # Given a conversation that Olga has
    olga, pedro = await floor.hire("Olga"), await floor.hire("Pedro")
    where = await floor.hand_off()
    async with open_work(olga) as work:
        await handoffs.take(work, where)
    await floor.reply(olga, where, "Te paso con Pedro")
    # When she gives it to Pedro with a note
    async with open_work(olga) as work:
        given = await handoffs.transfer(work, where, Transfer(operator_id=pedro.id, note="Sabe de facturas"))
    # Then nobody speaks until he takes it: it is his in the queue, he alone is told, and she cannot write any more
    assert (given.offered_to, await floor.voice(where)) == (pedro.id, (Voice.WAITING, None))
    assert await floor.queue(pedro, Queue.MINE) == [where]
    assert await floor.queue(olga, Queue.MINE) == []
    assert await floor.told("handoff_offered") == [str(pedro.id)]
    with pytest.raises(NotYourConversation):
        await floor.reply(olga, where)
    async with open_work(pedro) as work:
        await handoffs.take(work, where)
    assert await floor.voice(where) == (Voice.OPERATOR, pedro.id)
    # And what she had said still goes out
    async with open_work(floor.system) as work:
        said = await work.session.scalar(select(Message).where(Message.author_id == olga.id))
        row = await work.session.get(Conversation, (floor.workspace.id, where))
        assert said is not None
        assert row is not None
        assert (said.status, said.voice_epoch) == ("queued", row.voice_epoch)
    # And all of it stands in the history, in its order
    async with open_work(pedro) as work:
        steps = await desk.list_steps(work, [given.id])
    assert [step.kind for step in steps] == ["requested", "taken", "transferred", "offered", "taken"]
    assert (steps[2].by, steps[2].operator_id, steps[2].reason) == (olga.id, pedro.id, "Sabe de facturas")


async def test_a_transfer_goes_to_somebody_who_attends_or_to_a_team_that_is_there(floor: Floor) -> None:
    olga, viewer = await floor.hire("Olga"), await floor.hire("Vera", Role.VIEWER)
    pedro, manager = await floor.hire("Pedro"), await floor.hire("Marta", Role.MANAGER)
    async with open_work(manager) as work:
        team = await teams.create_team(work, NewTeam(name="Pagos"))
    where = await floor.hand_off()
    async with open_work(olga) as work:
        await handoffs.take(work, where)
        with pytest.raises(NobodyThere):
            await handoffs.transfer(work, where, Transfer(operator_id=viewer.id))
        with pytest.raises(TeamNotFound):
            await handoffs.transfer(work, where, Transfer(team_id=new_id()))
    # A colleague cannot move what is hers, whoever sets up the desk can
    async with open_work(pedro) as work:
        with pytest.raises(NotYourConversation):
            await handoffs.transfer(work, where, Transfer(team_id=team.id))
    async with open_work(manager) as work:
        moved = await handoffs.transfer(work, where, Transfer(team_id=team.id))
    assert (moved.team_id, await floor.voice(where)) == (team.id, (Voice.WAITING, None))


async def test_what_a_colleague_has_is_ended_and_rested_by_nobody_but_whoever_sets_up_the_desk(floor: Floor) -> None:
    olga, pedro, manager = await floor.hire("Olga"), await floor.hire("Pedro"), await floor.hire("Marta", Role.MANAGER)
    where = await floor.hand_off()
    async with open_work(olga) as work:
        await handoffs.take(work, where)
        await handoffs.snooze(work, where, None)
    moves: tuple[Callable[[Work], Awaitable[HandoffView]], ...] = (
        lambda work: handoffs.release(work, where),
        lambda work: handoffs.release(work, where, "Listo", HandoffOutcome.RESOLVED),
        lambda work: handoffs.snooze(work, where, None),
        lambda work: handoffs.wake(work, where),
    )
    for settle in moves:
        with pytest.raises(NotYourConversation):
            async with open_work(pedro) as work:
                await settle(work)
    assert await floor.voice(where) == (Voice.OPERATOR, olga.id)
    assert await floor.queue(olga, Queue.SNOOZED) == [where]
    async with open_work(manager) as work:
        ended = await handoffs.release(work, where, "Olga no está")
    assert (ended.outcome, await floor.voice(where)) == (HandoffOutcome.RELEASED, (Voice.AGENT, None))
    # While nobody has it, any of them may say that it needs nobody
    other = await floor.hand_off(1)
    async with open_work(pedro) as work:
        await handoffs.release(work, other)
    assert await floor.voice(other) == (Voice.AGENT, None)


async def test_the_clocks_run_while_the_customer_waits_and_rest_while_they_are_awaited(floor: Floor) -> None:
    # Given a desk that promises a first answer in 15 minutes, the next in 5, and an end in an hour
    await floor.settle(first_response_minutes=15, next_response_minutes=5, resolution_minutes=60)
    olga = await floor.hire("Olga")
    where = await floor.hand_off()
    asked = await floor.handoff(where)
    assert asked.response_due_at == asked.requested_at + timedelta(minutes=15)
    assert asked.resolution_due_at == asked.requested_at + timedelta(minutes=60)
    # When she answers after 10 minutes, nothing is due any more
    await floor.pass_time(minutes=10)
    async with open_work(olga) as work:
        await handoffs.take(work, where)
    await floor.reply(olga, where)
    told = await floor.handoff(where)
    assert (told.response_due_at, told.resolution_due_at, told.waits_since) == (None, None, None)
    # When the customer writes an hour later, the next answer is due in 5 minutes, and 50 are left for the end
    await floor.pass_time(minutes=60)
    await floor.chats[0].writes("¿y el envío?")
    again = await floor.handoff(where)
    assert again.waits_since is not None
    assert again.response_due_at is not None
    assert again.resolution_due_at is not None
    assert again.response_due_at - again.waits_since == timedelta(minutes=5)
    assert abs(again.resolution_due_at - again.waits_since - timedelta(minutes=50)) < timedelta(seconds=5)
    # And more words of theirs change nothing
    await floor.pass_time(minutes=2)
    await floor.chats[0].writes("¿hola?")
    assert (await floor.handoff(where)).response_due_at == again.response_due_at
    assert (await floor.handoff(where)).breaches == 0


async def test_a_clock_that_strikes_is_told_once_and_marks_the_conversation_until_it_is_answered(floor: Floor) -> None:
    await floor.settle(first_response_minutes=15)
    olga = await floor.hire("Olga")
    where = await floor.hand_off()
    await floor.pass_time(minutes=14)
    assert await floor.told("handoff_breached") == []
    await floor.pass_time(minutes=2)
    await floor.do_what_is_due()
    struck = await floor.handoff(where)
    assert (struck.breaches, struck.is_breached, await floor.told("handoff_breached")) == (1, True, [None])
    async with open_work(olga) as work:
        late = (await desk.list_conversations(work, DeskFilter(is_late=True))).items
        await handoffs.take(work, where)
    assert [each.id for each in late] == [where]
    await floor.reply(olga, where)
    assert not (await floor.handoff(where)).is_breached
    async with open_work(olga) as work:
        assert (await desk.list_conversations(work, DeskFilter(is_late=True))).items == []


async def test_an_answer_that_is_taken_back_has_stopped_no_clock(floor: Floor) -> None:
    await floor.settle(first_response_minutes=15, unanswered_minutes=10)
    olga = await floor.hire("Olga")
    where = await floor.hand_off()
    before = await floor.handoff(where)
    async with open_work(olga) as work:
        await handoffs.take(work, where)
    said = await floor.reply(olga, where, undo=30)
    async with open_work(olga) as work:
        await desk.take_back(work, where, said)
    after = await floor.handoff(where)
    assert (after.response_due_at, after.first_response_at) == (before.response_due_at, None)
    # But one that stands beside it has
    await floor.reply(olga, where, "uno")
    second = await floor.reply(olga, where, "dos", undo=30)
    async with open_work(olga) as work:
        await desk.take_back(work, where, second)
    kept = await floor.handoff(where)
    assert kept.response_due_at is None
    assert kept.first_response_at is not None


async def test_what_nobody_answers_goes_back_to_those_that_wait_with_the_reason(floor: Floor) -> None:
    await floor.settle(unanswered_minutes=10)
    olga = await floor.hire("Olga")
    where = await floor.hand_off()
    async with open_work(olga) as work:
        await handoffs.take(work, where)
    await floor.pass_time(minutes=11)
    assert await floor.voice(where) == (Voice.WAITING, None)
    shown = await floor.handoff(where)
    async with open_work(olga) as work:
        assert [(each.kind, each.reason) for each in await desk.list_steps(work, [shown.id])][-1] == ("returned", "unanswered")
    assert await floor.told("handoff_returned") == [None]
    # While the customer is awaited it stays where it is, however long
    async with open_work(olga) as work:
        await handoffs.take(work, where)
    await floor.reply(olga, where)
    await floor.pass_time(hours=5)
    assert await floor.voice(where) == (Voice.OPERATOR, olga.id)
    assert shown.waited_seconds == 0
    assert 650 <= shown.handled_seconds <= 680


async def test_a_rest_ends_when_the_customer_writes_or_its_time_has_come(floor: Floor) -> None:
    await floor.settle()
    olga = await floor.hire("Olga")
    where = await floor.hand_off()
    async with open_work(olga) as work:
        await handoffs.take(work, where)
        with pytest.raises(SnoozePast):
            await handoffs.snooze(work, where, work.now)
        await handoffs.snooze(work, where, None)
    assert await floor.queue(olga, Queue.MINE) == []
    assert await floor.queue(olga, Queue.SNOOZED) == [where]
    await floor.pass_time(hours=30)
    assert await floor.queue(olga, Queue.SNOOZED) == [where]
    await floor.chats[0].writes("aquí estoy")
    assert await floor.queue(olga, Queue.MINE) == [where]
    async with open_work(olga) as work:
        await handoffs.snooze(work, where, work.now + timedelta(hours=1))
    await floor.pass_time(minutes=59)
    assert await floor.queue(olga, Queue.SNOOZED) == [where]
    await floor.pass_time(minutes=2)
    assert await floor.queue(olga, Queue.MINE) == [where]
    assert await floor.told("snooze_over") == [str(olga.id)]


async def test_what_is_settled_is_opened_again_by_staff_and_its_first_answer_is_due_anew(floor: Floor) -> None:
    await floor.settle(first_response_minutes=15)
    olga = await floor.hire("Olga")
    where = await floor.hand_off()
    async with open_work(olga) as work:
        with pytest.raises(HandoffOpen):
            await handoffs.reopen(work, where)
        await handoffs.take(work, where)
    await floor.reply(olga, where)
    async with open_work(olga) as work:
        done = await handoffs.release(work, where, "Todo listo", HandoffOutcome.RESOLVED)
        with pytest.raises(HandoffNotOpen):
            await handoffs.transfer(work, where, Transfer(operator_id=olga.id))
    assert (done.outcome, await floor.voice(where)) == (HandoffOutcome.RESOLVED, (Voice.AGENT, None))
    # Days later the customer writes and she opens it again: the clock begins now, not days ago
    await floor.pass_time(days=5)
    await floor.chats[0].writes("no llegó")
    async with open_work(olga) as work:
        opened = await handoffs.reopen(work, where)
        assert opened.response_due_at is not None
        assert opened.response_due_at - work.now == timedelta(minutes=15)
    assert (opened.id, opened.outcome, await floor.voice(where)) == (done.id, None, (Voice.OPERATOR, olga.id))


async def test_the_longest_waiting_goes_first_to_whoever_is_there_and_has_room(floor: Floor) -> None:
    # Given two people who take turns, of whom each has room for one, a third who is away, and one who looks on
    await floor.settle(assignment=Assignment.ROUND_ROBIN, capacity=1)
    olga, pedro = await floor.hire("Olga"), await floor.hire("Pedro")
    away, _ = await floor.hire("Ana", is_there=False), await floor.hire("Vera", Role.VIEWER)
    waiting = [await floor.hand_off(number) for number in (2, 0, 1)]
    # Then the two that wait longest are offered, one to each
    assert await floor.assign() == 2
    offered = [(await floor.handoff(each)).offered_to for each in waiting]
    assert {*offered[:2]} == {olga.id, pedro.id}
    assert offered[2] is None
    assert await floor.assign() == 0
    # When one has room again, the one that waits is theirs
    first = next(person for person in (olga, pedro) if person.id == offered[0])
    async with open_work(first) as work:
        await handoffs.take(work, waiting[0])
        await handoffs.release(work, waiting[0])
    assert await floor.assign() == 1
    assert (await floor.handoff(waiting[2])).offered_to == first.id
    # And whoever comes back to the desk is given what waits
    last = await floor.hand_off(3)
    assert await floor.assign() == 0
    async with open_work(away) as work:
        await teams.be_present(work)
    assert await floor.assign() == 1
    assert (await floor.handoff(last)).offered_to == away.id


async def test_whoever_leaves_an_offer_is_passed_over_while_another_is_there(floor: Floor) -> None:
    await floor.settle(assignment=Assignment.LOAD, unanswered_minutes=5)
    olga, pedro = await floor.hire("Olga"), await floor.hire("Pedro")
    where = await floor.hand_off()
    await floor.assign()
    first = (await floor.handoff(where)).offered_to
    await floor.pass_time(minutes=6)
    assert (await floor.handoff(where)).offered_to is None
    await floor.assign()
    assert {first, (await floor.handoff(where)).offered_to} == {olga.id, pedro.id}


async def test_a_topic_comes_to_its_team_and_there_to_whoever_knows_of_it(floor: Floor) -> None:
    await floor.settle(assignment=Assignment.LOAD)
    manager = await floor.hire("Marta", Role.MANAGER, is_there=False)
    _, pedro, rosa = [await floor.hire(name) for name in ("Olga", "Pedro", "Rosa")]
    async with open_work(manager) as work:
        team = await teams.create_team(work, NewTeam(name="Facturas", topics=("factura",), assignment=Assignment.LOAD))
        for person, skills in ((pedro, ()), (rosa, ("factura",))):
            assert person.id is not None
            await teams.change_seat(work, person.id, ChangeSeat(team_ids=(team.id,), skills=skills))
    where = await floor.hand_off(topic="factura")
    await floor.assign()
    shown = await floor.handoff(where)
    assert (shown.team_id, shown.offered_to) == (team.id, rosa.id)
    # Where she is not there, it waits for her, as somebody knows of it
    async with open_work(floor.system) as work:
        await work.session.execute(update(Seat).where(Seat.user_id == rosa.id).values(is_away=True))
    other = await floor.hand_off(1, topic="factura")
    assert await floor.assign() == 0
    assert (await floor.handoff(other)).offered_to is None


async def test_where_everybody_picks_nobody_is_given_anything(floor: Floor) -> None:
    await floor.hire("Olga")
    where = await floor.hand_off()
    assert await floor.assign() == 0
    assert (await floor.handoff(where)).offered_to is None
