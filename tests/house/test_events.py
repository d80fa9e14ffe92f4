"""The event stream: everything that happens has one place in it, given in the order of the commits."""

import ast
import asyncio
import re
from uuid import UUID

import pytest

from core import events
from core.access import Principal
from core.errors import NotPermitted
from core.event_types import EventType
from core.events import EventView, Wanted
from core.tables import new_id
from core.work import open_work
from domain.accounts import roles
from domain.accounts.schemas import WorkspaceView
from tests.factories.workspaces import make_workspace
from tests.house.test_rules import trees

WRITERS, EACH = 8, 6


async def _follow(principal: Principal, after: int) -> list[EventView]:
    async with open_work(principal) as work:
        return await events.page(work, after=after)


async def _end_of(principal: Principal) -> int:
    async with open_work(principal) as work:
        return await events.last_position(work)


async def test_whoever_commits_later_comes_later_though_it_wrote_first(workspace: WorkspaceView) -> None:
    # Given a transaction that has written an event and goes on working
    principal, early, late = Principal.system(workspace.id), new_id(), new_id()
    start = await _end_of(principal)
    async with open_work(principal) as slow:
        events.record(slow, EventType.ORDER_DRAFTED, subject=early)
        await slow.session.flush()
        # When a second one begins, writes and commits meanwhile, without waiting for the first
        async with open_work(principal) as quick:
            events.record(quick, EventType.ORDER_DRAFTED, subject=late)
        # Then a reader gets the second one's event and goes on behind it
        (first,) = await _follow(principal, start)
        assert (first.subject_id, first.position) == (late, start + 1)
    # And what was written first is not missed
    (second,) = await _follow(principal, first.position)
    assert (second.subject_id, second.position) == (early, start + 2)
    assert second.id < first.id
    assert second.at < first.at


async def test_a_follower_misses_nothing_of_many_writers_and_numbers_have_no_gaps(workspace: WorkspaceView) -> None:
    # Given writers that write about the same few subjects at once, some of which give up
    principal, subjects = Principal.system(workspace.id), [new_id() for _ in range(3)]
    start = await _end_of(principal)

    async def write(writer: int) -> None:
        for turn in range(EACH):
            try:
                async with open_work(principal) as work:
                    for subject in subjects[writer % 3 :]:
                        events.record(work, EventType.ORDER_DRAFTED, subject=subject, reason=f"{writer}.{turn}")
                    await work.session.flush()
                    if (writer + turn) % 4 == 0:
                        raise LookupError
            except LookupError:
                continue

    # When somebody follows the stream in small steps meanwhile
    seen: list[EventView] = []
    writing = asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    while not writing.done():
        seen += await _follow(principal, seen[-1].position if seen else start)
        await asyncio.sleep(0)
    await writing
    seen += await _follow(principal, seen[-1].position if seen else start)

    # Then each event that was committed came exactly once, in one unbroken row
    kept = [(w, t) for w in range(WRITERS) for t in range(EACH) if (w + t) % 4]
    assert [event.position for event in seen] == [start + 1 + place for place in range(len(seen))]
    assert sorted((str(event.subject_id), str(event.reason)) for event in seen) == sorted(
        (str(subject), f"{w}.{t}") for w, t in kept for subject in subjects[w % 3 :]
    )
    for subject in subjects:
        numbers = [event.subject_number for event in seen if event.subject_id == subject]
        assert numbers == list(range(1, len(numbers) + 1))


async def test_an_event_says_who_did_what_and_in_which_shape_its_values_are(workspace: WorkspaceView) -> None:
    principal, order = Principal.system(workspace.id), new_id()
    start = await _end_of(principal)
    async with open_work(principal) as work:
        events.record(work, EventType.ORDER_CANCELLED, subject=order, reason="asked", before={"a": 1}, after={"a": 2})
        events.record(work, EventType.PAYMENT_REJECTED, subject=order)
    cancelled, rejected = await _follow(principal, start)
    assert (cancelled.type, cancelled.version, cancelled.subject_kind) == ("order.cancelled", 1, "order")
    assert (cancelled.actor_kind, cancelled.actor_id, cancelled.reason) == ("system", None, "asked")
    assert (cancelled.before, cancelled.after) == ({"a": 1}, {"a": 2})
    assert (rejected.subject_kind, rejected.subject_number) == ("payment", 1), "a kind has numbers of its own"
    async with open_work(principal) as work:
        assert await events.page(work, after=start, wanted=Wanted(types=(EventType.PAYMENT_REJECTED,))) == [rejected]
        assert await events.page(work, after=start, limit=1) == [cancelled]


async def test_each_workspace_has_a_stream_of_its_own(workspace: WorkspaceView) -> None:
    other = Principal.system((await make_workspace()).id)
    (created,) = [event for event in await _follow(other, 0) if event.type == EventType.WORKSPACE_CREATED]
    assert (created.position, created.subject_id, created.subject_number) == (1, other.workspace_id, 1)
    assert created.id not in {event.id for event in await _follow(Principal.system(workspace.id), 0)}


async def test_what_a_customer_may_do_does_not_open_the_stream(workspace: WorkspaceView) -> None:
    async with open_work(roles.agent_for(workspace.id, new_id())) as work:
        with pytest.raises(NotPermitted):
            await events.page(work)
        with pytest.raises(NotPermitted):
            await events.last_position(work)


async def test_an_event_without_its_subject_is_refused(workspace: WorkspaceView) -> None:
    nothing: UUID = None  # type: ignore[assignment]  # as a row has before its first flush
    with pytest.raises(Exception, match="subject_id"):
        async with open_work(Principal.system(workspace.id)) as work:
            events.record(work, EventType.ORDER_DRAFTED, subject=nothing)


@pytest.mark.parametrize("type", EventType)
def test_a_type_is_a_subject_and_what_happened_to_it(type: EventType) -> None:
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", type)
    assert type.name == type.value.replace(".", "_").upper()
    assert type.version >= 1


def test_every_type_is_written_by_somebody() -> None:
    named = {
        node.attr
        for path, tree in trees("core", "domain", "tools", "agent", "app")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "EventType"
    }
    assert {type.name for type in EventType} == named
