"""What the desk prepares: canned replies, macros that are done whole, replies that go out later, views and mentions."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from agent import macros as doing
from core.access import Principal, PrincipalKind
from core.errors import NotPermitted
from core.tables import new_id
from core.work import open_work
from domain.accounts.errors import VersionConflict
from domain.accounts.roles import Role
from domain.conversations import desk, handoffs, notes
from domain.conversations import service as conversations
from domain.conversations.errors import MessagesUnseen, NotYourConversation
from domain.conversations.kinds import Author, Voice
from domain.conversations.schemas import DeskFilter, Queue
from domain.desk import canned, macros, planned, views
from domain.desk.errors import (
    NameTaken,
    PlannedReplyNotFound,
    PlannedTooFar,
    VariableUnknown,
    ViewNotFound,
    WindowEndsBefore,
)
from domain.desk.models import PlannedReply
from domain.desk.schemas import (
    PlannedReplyView,
    PlanReply,
    ReplyDeed,
    ResolveDeed,
    SetCannedReply,
    SetMacro,
    SetView,
    SnoozeDeed,
    TagDeed,
)
from tests.factories.floor import Floor, open_floor


@pytest.fixture
async def floor(database: str) -> Floor:
    return await open_floor()


async def taken(floor: Floor, by: Principal, chat: int = 0) -> UUID:
    where = await floor.hand_off(chat)
    async with open_work(by) as work:
        await handoffs.take(work, where)
    return where


async def newest(floor: Floor, where: UUID) -> UUID:
    async with open_work(floor.system) as work:
        return (await conversations.thread(work, where))[-1].id


async def said(floor: Floor, where: UUID) -> list[str]:
    async with open_work(floor.system) as work:
        return [each.text for each in await conversations.thread(work, where) if each.author is Author.OPERATOR]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hola {first_name}, soy {operator}.", "Hola Ana, soy Olga."),
        ("Hola {customer}, ¿todo bien?", "Hola, ¿todo bien?"),
        ("{customer} gracias", "gracias"),
        ("Sin nada", "Sin nada"),
    ],
)
def test_a_variable_that_is_not_known_leaves_no_hole(text: str, filled: str) -> None:
    assert canned.fill(text, {"first_name": "Ana", "operator": "Olga"}) == filled


async def test_a_canned_reply_names_only_what_there_is_and_belongs_to_whoever_sets_up_the_desk(floor: Floor) -> None:
    olga, manager = await floor.hire("Olga"), await floor.hire("Marta", Role.MANAGER)
    async with open_work(olga) as work:
        with pytest.raises(NotPermitted):
            await canned.create(work, SetCannedReply(shortcut="hola", text="Hola"))
    async with open_work(manager) as work:
        made = await canned.create(work, SetCannedReply(shortcut="Hola", text="Hola {first_name}"))
        assert made.shortcut == "hola"
        with pytest.raises(VariableUnknown):
            await canned.create(work, SetCannedReply(shortcut="precio", text="Cuesta {price}"))
        with pytest.raises(NameTaken):
            await canned.create(work, SetCannedReply(shortcut="hola", text="Otra"))
        changed = await canned.change(work, made.id, SetCannedReply(shortcut="hola", text="Buenas"), made.version)
        with pytest.raises(VersionConflict):
            await canned.change(work, made.id, SetCannedReply(shortcut="hola", text="Vieja"), made.version)
        await canned.delete(work, changed.id, "ya no")
    async with open_work(olga) as work:
        assert await canned.list_canned(work) == []


async def test_a_macro_is_done_whole_or_not_at_all(floor: Floor) -> None:
    # Given a macro that tags, answers and settles
    olga, manager = await floor.hire("Olga"), await floor.hire("Marta", Role.MANAGER)
    async with open_work(manager) as work:
        deeds = (TagDeed(tags=("envío",)), ReplyDeed(text="Ya salió, {operator}"), ResolveDeed(note="Enviado"))
        macro = await macros.create(work, SetMacro(name="Enviado", deeds=deeds))
    where = await taken(floor, olga)
    seen = await newest(floor, where)
    # When the customer writes before it is run, then nothing of it is done
    await floor.chats[0].writes("¿y bien?")
    async with open_work(olga) as work:
        with pytest.raises(MessagesUnseen):
            await doing.run(work, where, macro.id, seen)
        await work.session.rollback()
    async with open_work(olga) as work:
        assert (await desk.get_entry(work, where)).tags == ()
    assert (await said(floor, where), await floor.voice(where)) == ([], (Voice.OPERATOR, olga.id))
    # When it is run by whoever has read everything, then all of it is
    async with open_work(olga) as work:
        done = await doing.run(work, where, macro.id, (await conversations.thread(work, where))[-1].id)
    assert (done.tags, done.voice, await said(floor, where)) == (("envío",), Voice.AGENT, ["Ya salió, Olga"])
    # And a colleague who does not have it cannot run it
    other = await taken(floor, olga, 1)
    async with open_work(manager) as work:
        with pytest.raises(NotYourConversation):
            await doing.run(work, other, macro.id, (await conversations.thread(work, other))[-1].id)


async def test_a_macro_adds_its_tags_to_those_that_there_are_when_it_is_run(floor: Floor) -> None:
    olga, manager = await floor.hire("Olga"), await floor.hire("Marta", Role.MANAGER)
    async with open_work(manager) as work:
        deeds = (TagDeed(tags=("envío",)), TagDeed(tags=("urgente", "envío")))
        macro = await macros.create(work, SetMacro(name="Marcar", deeds=deeds))
    where = await taken(floor, olga)
    seen = await newest(floor, where)
    async with open_work(olga) as work:
        # A colleague tags the conversation after she has opened it
        await desk.get_entry(work, where)
        async with open_work(manager) as other:
            await desk.tag(other, where, ["vip"])
        assert (await doing.run(work, where, macro.id, seen)).tags == ("envío", "urgente", "vip")


def test_what_takes_a_conversation_away_is_the_last_deed() -> None:
    with pytest.raises(ValueError, match="last deed"):
        SetMacro(name="x", deeds=(SnoozeDeed(minutes=5), TagDeed(tags=("a1",))))


async def plan(floor: Floor, by: Principal, where: UUID, **after: float) -> PlannedReplyView:
    seen = await newest(floor, where)
    async with open_work(by) as work:
        command = PlanReply(text="Buenos días", send_at=work.now + timedelta(**after), last_seen_message_id=seen)
        return await planned.plan(work, where, command)


async def come_due(floor: Floor, made: PlannedReplyView, **span: float) -> tuple[str, str | None]:
    await floor.pass_time(**span)
    async with open_work(floor.system) as work:
        await planned.settle(work, made.id)
    async with open_work(floor.system) as work:
        row = (await work.session.scalars(select(PlannedReply).where(PlannedReply.id == made.id))).one()
        return row.status, row.reason


async def test_a_reply_goes_out_when_its_time_has_come_in_the_name_of_its_writer(floor: Floor) -> None:
    olga = await floor.hire("Olga")
    where = await taken(floor, olga)
    made = await plan(floor, olga, where, hours=2)
    assert await come_due(floor, made, hours=1) == ("waiting", None)
    assert await come_due(floor, made, hours=1.1) == ("sent", None)
    assert await come_due(floor, made) == ("sent", None)
    assert await said(floor, where) == ["Buenos días"]
    async with open_work(floor.system) as work:
        assert (await conversations.thread(work, where))[-1].author_id == olga.id


async def test_a_reply_that_does_not_fit_any_more_is_held_and_its_writer_told_why(floor: Floor) -> None:
    olga, pedro = await floor.hire("Olga"), await floor.hire("Pedro")
    # The customer has written meanwhile
    first = await taken(floor, olga, 0)
    written = await plan(floor, olga, first, hours=1)
    await floor.chats[0].writes("otra cosa")
    assert await come_due(floor, written, hours=2) == ("held", "messages_unseen")
    # Somebody else has the conversation
    second = await taken(floor, olga, 1)
    lost = await plan(floor, olga, second, hours=1)
    async with open_work(olga) as work:
        await handoffs.release(work, second)
    async with open_work(pedro) as work:
        await handoffs.take(work, second)
    assert await come_due(floor, lost, hours=2) == ("held", "not_your_conversation")
    assert await floor.told("reply_held") == [str(olga.id)] * 2
    assert await said(floor, first) == await said(floor, second) == []


async def test_a_reply_is_planned_within_the_window_and_by_whoever_has_the_conversation(floor: Floor) -> None:
    olga, pedro = await floor.hire("Olga"), await floor.hire("Pedro")
    where = await taken(floor, olga)
    for span, refusal in (({"hours": 25}, WindowEndsBefore), ({"days": 31}, PlannedTooFar), ({"hours": -1}, PlannedTooFar)):
        with pytest.raises(refusal):
            await plan(floor, olga, where, **span)
    with pytest.raises(NotYourConversation):
        await plan(floor, pedro, where, hours=1)
    made = await plan(floor, olga, where, hours=1)
    async with open_work(pedro) as work:
        with pytest.raises(PlannedReplyNotFound):
            await planned.cancel(work, where, made.id)
    async with open_work(olga) as work:
        await planned.cancel(work, where, made.id)
        assert await planned.waiting(work, where) == []
    assert await come_due(floor, made, hours=2) == ("cancelled", None)


async def test_a_program_plans_no_reply_and_keeps_no_view_of_its_own(floor: Floor) -> None:
    program = Principal(PrincipalKind.API_KEY, floor.workspace.id, frozenset({"*"}), new_id())
    where = await taken(floor, program)
    with pytest.raises(NotPermitted):
        await plan(floor, program, where, hours=1)
    async with open_work(program) as work:
        with pytest.raises(NotPermitted):
            await views.create(work, SetView(name="Tarde", filters=DeskFilter()))
        await views.create(work, SetView(name="Tarde", filters=DeskFilter(), is_shared=True))


async def test_a_view_is_ones_own_or_everybodys(floor: Floor) -> None:
    olga, pedro, manager = [await floor.hire("Olga"), await floor.hire("Pedro"), await floor.hire("Marta", Role.MANAGER)]
    late = DeskFilter(queue=Queue.WAITING, is_late=True)
    async with open_work(olga) as work:
        own = await views.create(work, SetView(name="Tarde", filters=late))
        with pytest.raises(NotPermitted):
            await views.create(work, SetView(name="Todos", filters=late, is_shared=True))
    async with open_work(manager) as work:
        shared = await views.create(work, SetView(name="Tarde", filters=DeskFilter(tag="vip"), is_shared=True))
        with pytest.raises(ViewNotFound):
            await views.delete(work, own.id)
    async with open_work(olga) as work:
        with pytest.raises(NameTaken):
            await views.create(work, SetView(name="Tarde", filters=late))
        assert {each.id for each in await views.list_views(work)} == {own.id, shared.id}
        assert next(each for each in await views.list_views(work) if each.id == own.id).filters == late
        with pytest.raises(NotPermitted):
            await views.delete(work, shared.id)
        await views.delete(work, own.id)
    async with open_work(pedro) as work:
        assert [each.id for each in await views.list_views(work)] == [shared.id]


async def test_whoever_is_named_in_a_note_is_told_and_nobody_else(floor: Floor) -> None:
    olga = await floor.hire("Olga Pérez")
    pedro, rosa = await floor.hire("Pedro Ruiz"), await floor.hire("Rosa Díaz")
    await floor.hire("Rosa León")
    where = floor.chats[0].conversation_id
    for said_ in ("@pedro mira esto, @Rosa también", "correo rosa@pedroshop.test", "@Rosa Díaz y @olga", "nada"):
        async with open_work(olga) as work:
            await notes.add_note(work, where, said_)
    # Two are called Rosa, so the first name alone names neither; nobody is told of their own note
    assert await floor.told("mentioned") == [str(pedro.id), str(rosa.id)]


async def test_words_are_found_by_an_index_that_row_level_security_lets_be_used(floor: Floor) -> None:
    await floor.chats[1].writes("¿Tienen la Harina P.A.N. de maíz?")
    async with open_work(await floor.hire("Olga")) as work:
        for asked, found in (("harina MAIZ", 1), ("harina ma", 1), ("harina mar", 0), ("hola", 4), ("¿?", 0)):
            assert len((await desk.list_conversations(work, DeskFilter(search=asked))).items) == found, asked
        await work.session.execute(text("SET LOCAL enable_seqscan = off"))
        query = (
            "EXPLAIN SELECT conversation_id FROM conversation_words WHERE workspace_id = :w AND word BETWEEN 'hari' AND 'harj'"
        )
        plan_ = "\n".join(await work.session.scalars(text(query), {"w": floor.workspace.id}))
    assert "Index Cond" in plan_
    assert "word >= 'hari'" in plan_.split("Index Cond")[1].split("\n")[0]
