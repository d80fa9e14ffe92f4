"""How a subject stood is played from its events: old shapes are lifted, and a long history begins at a snapshot."""

from uuid import UUID

import pytest
from sqlalchemy import text

from core import event_replay, events
from core.access import Principal
from core.errors import NotPermitted
from core.event_replay import EVERY, Replayed, SubjectUnknown
from core.event_shapes import LIFTS, lifted
from core.event_types import EventType
from core.events import Event, Happening, Wanted
from core.tables import new_id
from core.work import open_work
from domain.accounts import roles
from domain.accounts.schemas import WorkspaceView
from tests.factories.workspaces import make_workspace
from tests.queues.test_retention import age, forget


async def _replayed(principal: Principal, subject: UUID, upto: int | None = None, kind: str = "stock") -> Replayed:
    async with open_work(principal) as work:
        return await event_replay.replay(work, kind, subject, upto)


async def _snapshots(principal: Principal) -> list[int]:
    async with open_work(principal) as work:
        return list(await work.session.scalars(text("SELECT subject_number FROM event_snapshots ORDER BY subject_number")))


def test_every_older_shape_becomes_the_newest() -> None:
    for type in EventType:
        assert len(LIFTS.get(type, ())) == type.version - 1, type
        assert {lifted(type, version, (None, None))[0] for version in range(1, type.version + 1)} == {type.version}


def test_what_this_release_does_not_know_stays_as_it_was_stored() -> None:
    shape = ({"a": 1}, {"a": 2})
    assert lifted("order.teleported", 3, shape) == (3, shape)
    assert lifted(EventType.CUSTOMER_CHANGED, EventType.CUSTOMER_CHANGED.version + 1, shape) == (3, shape)


async def test_an_event_of_an_old_release_is_read_like_one_of_today(workspace: WorkspaceView) -> None:
    # Given what a customer's change was once stored as, and one of today
    principal, customer = Principal.system(workspace.id), new_id()
    async with open_work(principal) as work:
        work.session.add(
            Event(
                workspace_id=workspace.id,
                type="customer.changed",
                version=1,
                subject_kind="customer",
                subject_id=customer,
                actor_kind=principal.kind,
                after={"fields": ["kind"]},
            )
        )
    async with open_work(principal) as work:
        after = {"kind": "business", "fields": ["kind"]}
        events.record(work, EventType.CUSTOMER_CHANGED, subject=customer, before={"kind": "person"}, after=after)
    # When the stream is read, then all of it has one shape
    async with open_work(principal) as work:
        old, new = await events.page(work, wanted=Wanted(subject_id=customer))
        stored = list(
            await work.session.scalars(text("SELECT version FROM events WHERE subject_id = :id ORDER BY id"), {"id": customer})
        )
    assert stored == [1, 2]
    assert (old.version, old.before, old.after) == (2, {}, {"fields": ["kind"]})
    assert (new.version, new.before, new.after) == (2, {"kind": "person"}, after)
    # And it is replayed over both
    found = await _replayed(principal, customer, kind="customer")
    assert {name: (told.value, told.number) for name, told in found.values.items()} == {
        "fields": (["kind"], 2),
        "kind": ("business", 2),
    }
    assert (await _replayed(principal, customer, 1, "customer")).values["fields"].number == 1


async def test_a_long_history_is_played_from_a_snapshot_and_says_the_same(workspace: WorkspaceView) -> None:
    # Given a level that moved very often, some of its values told now and then only
    principal, level = Principal.system(workspace.id), new_id()
    length = 2 * EVERY + 50
    told = [{"on_hand": number} | ({"counted_by": number} if number % 150 == 0 else {}) for number in range(1, length + 1)]
    async with open_work(principal) as work:
        await events.record_all(work, [Happening(EventType.STOCK_ADJUSTED, level, after=after) for after in told])

    def expected(upto: int) -> dict[str, object]:
        return {name: value for after in told[:upto] for name, value in after.items()}

    # When it is played for the first time, then all is read; from then on, what lies behind the snapshot before the place
    for upto, first, again in ((length, length, 50), (EVERY, 0, 0), (EVERY - 1, EVERY - 1, EVERY - 1), (2 * EVERY + 3, 3, 3)):
        for read in (first, again):
            found = await _replayed(principal, level, upto)
            assert {name: value.value for name, value in found.values.items()} == expected(upto)
            assert (found.number, found.read, found.forgotten) == (upto, read, 0)
    assert await _snapshots(principal) == [EVERY, 2 * EVERY]
    assert found.values["counted_by"].number == found.values["counted_by"].value == 300

    # And one that was made in other shapes is not believed
    async with open_work(principal) as work:
        await work.session.execute(text("""UPDATE event_snapshots SET shapes = 'old', told = '{}'"""))
    assert (await _replayed(principal, level)).read == length


async def test_what_is_forgotten_is_said_and_no_snapshot_is_made_of_the_rest(workspace: WorkspaceView) -> None:
    principal, level = Principal.system(workspace.id), new_id()
    many = [Happening(EventType.STOCK_ADJUSTED, level, after={"on_hand": number}) for number in range(EVERY + 1)]
    async with open_work(principal) as work:
        await events.record_all(work, many[:3])
    await age("events", 366)
    async with open_work(principal) as work:
        await events.record_all(work, many[3:])
    await forget("events")
    found = await _replayed(principal, level)
    assert (found.forgotten, found.read, found.values["on_hand"].value) == (3, EVERY - 2, EVERY)
    assert await _snapshots(principal) == []


async def test_nobody_sees_the_history_of_another_shop(workspace: WorkspaceView) -> None:
    principal, level = Principal.system(workspace.id), new_id()
    async with open_work(principal) as work:
        await events.record_all(work, [Happening(EventType.STOCK_ADJUSTED, level, after={"on_hand": 1})] * EVERY)
    await _replayed(principal, level)
    assert await _snapshots(principal) == [EVERY]
    stranger = Principal.system((await make_workspace()).id)
    assert await _snapshots(stranger) == []
    with pytest.raises(SubjectUnknown):
        await _replayed(stranger, level)
    with pytest.raises(NotPermitted):
        await _replayed(roles.agent_for(workspace.id, new_id()), level)
