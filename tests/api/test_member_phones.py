"""Members' telephones: proven by a message from them, asked from as a member, and a yes from them needs a PIN."""

import asyncio
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from agent.audiences.staff import chat
from agent.turn import run_turn
from app.queue.actors import notifications
from app.queue.actors.inbound import _taken_in
from channels import registry
from core.access import Principal
from core.inbound import InboundEvent
from core.settings import get_settings
from core.work import Work, open_work
from domain.accounts import colleagues
from domain.accounts.roles import Role
from domain.approvals import service as approvals
from domain.approvals.service import VALID_FOR
from domain.connections import service as connections
from domain.conversations.content import Edited, Text
from domain.conversations.schemas import Incoming, Sender
from domain.phones import service as phones
from domain.phones.service import NewPhone
from tests.api.test_approvals import BROKEN, Obedient, obedient
from tests.api.test_notifications import ask_for_a_person, choose, rows
from tests.factories.chat import later, level, placed
from tests.factories.desk import Desk
from tests.factories.provider import accepted, response, scripted
from tests.factories.staff import Employee, employ
from tests.factories.workspaces import make_connection

__all__ = ["obedient"]

MINE, ANOTHER = "584149990001", "584149990002"


async def writes(desk: Desk, words: str, phone: str = MINE, provider_id: str = "") -> str:
    """A message comes in on the shop's line; what became of it."""
    return (await comes_in(desk, words, phone, provider_id))[0]


async def comes_in(desk: Desk, said: str | Edited, phone: str = MINE, provider_id: str = "") -> tuple[str, InboundEvent]:
    """What became of a message, and what is kept of it as it came."""
    event = InboundEvent(id=uuid4(), position=0, dedupe_key=uuid4().hex, body=b"as it came")
    async with open_work(Principal.system(desk.workspace.id)) as work:
        line = await connections.get(work, desk.chat.connection_id)
        incoming = Incoming(
            provider_message_id=provider_id or uuid4().hex,
            sender=Sender(address=phone, phone=phone, name="Alguien"),
            content=Text(text=said) if isinstance(said, str) else said,
            received_at=work.now,
        )
        return await _taken_in(work, event, line, incoming), event


async def answered(desk: Desk) -> list[str]:
    """What goes to the member's telephone after their turn was thought, the oldest first."""
    async with open_work(Principal.system(desk.workspace.id)) as work:
        thread: UUID | None = await work.session.scalar(text("SELECT id FROM conversations WHERE member_id IS NOT NULL"))
    if thread is not None:
        await run_turn(desk.workspace.id, thread)
    async with open_work(Principal.system(desk.workspace.id)) as work:
        return await _raised(work)


async def _raised(work: Work) -> list[str]:
    told = "SELECT payload->>'text' FROM notifications WHERE kind = 'assistant_answered' ORDER BY created_at"
    return list(await work.session.scalars(text(told)))


async def proven(desk: Desk, member: Employee, phone: str = MINE) -> None:
    named = await desk.post("/assistant/phone", {"phone": f"+{phone}"}, member)
    assert named.status_code == 201, named.text
    assert await writes(desk, f"mi código es {named.json()['code']}", phone) == "member:proven"


async def ways_told(desk: Desk) -> list[tuple[str]]:
    """On which ways people are told of the hand-off that was asked for."""
    asked = "SELECT id FROM notifications WHERE kind = 'handoff_requested'"
    for (notification,) in await rows(desk, asked):
        await notifications.send(str(desk.workspace.id), str(notification))
    return await rows(desk, "SELECT way FROM notices WHERE kind = 'handoff_requested'")


async def test_a_telephone_is_proven_by_its_code_from_it_alone(desk: Desk) -> None:
    code = (await desk.post("/assistant/phone", {"phone": f"+{MINE}"})).json()["code"]

    # A wrong code, and the right one from another telephone, prove nothing and make customers as ever
    assert await writes(desk, "000000" if code != "000000" else "111111") == "message"
    assert await writes(desk, code, ANOTHER) == "message"
    assert (await desk.get("/assistant/phone"))["is_confirmed"] is False

    assert await writes(desk, code) == "member:proven"
    assert (await desk.get("/assistant/phone"))["is_confirmed"] is True
    assert await writes(desk, "y ahora una pregunta") == "member:heard"

    # And nobody else can name it
    colleague = await employ(desk.api, desk.workspace, Role.MANAGER)
    refused = await desk.post("/assistant/phone", {"phone": f"+{MINE}"}, colleague)
    assert (refused.status_code, refused.json()["code"]) == (409, "phone_taken")


async def test_a_question_from_the_telephone_is_answered_on_it_once_and_no_customer_is_made(desk: Desk) -> None:
    await placed(desk.chat, {"HAR-1": 2})
    await proven(desk, desk.owner)

    assert await writes(desk, "¿cuánto vendimos hoy?", provider_id="wamid.1") == "member:heard"
    assert await writes(desk, "¿cuánto vendimos hoy?", provider_id="wamid.1") == "member:repeated"

    said = await answered(desk)
    assert len(said) == 2  # the greeting, and the answer
    assert re.search(r"50[.,]000", said[1])
    async with open_work(Principal.system(desk.workspace.id)) as work:
        customers = await work.session.scalar(text("SELECT count(*) FROM contact_addresses WHERE phone LIKE '%9990001'"))
    assert customers == 0


async def test_a_change_from_the_telephone_is_agreed_to_with_the_pin_alone(desk: Desk, obedient: Obedient) -> None:
    await proven(desk, desk.owner)
    assert (await desk.post("/assistant/pin", {"pin": "4821"})).status_code == 200
    before = await level(desk.chat, "HAR-1")

    async def proposed() -> None:
        obedient.turns.append([("adjust_stock", BROKEN)])
        await writes(desk, "se rompieron tres harinas")
        await answered(desk)

    # A yes without it, and one with a wrong one, change nothing
    await proposed()
    await writes(desk, "sí")
    assert "PIN" in (await answered(desk))[-1]
    await proposed()
    await writes(desk, "sí 1111")
    assert "PIN" in (await answered(desk))[-1]
    assert await level(desk.chat, "HAR-1") == before

    # With it the change is done, and its digits stand nowhere
    await proposed()
    outcome, event = await comes_in(desk, "sí 4821")
    assert (outcome, event.body) == ("member:pin", b"")
    await answered(desk)
    assert (await level(desk.chat, "HAR-1"))[0] == before[0] - 3
    async with open_work(Principal.system(desk.workspace.id)) as work:
        kept = await work.session.scalar(text("SELECT count(*) FROM messages WHERE content::text LIKE '%4821%'"))
    assert kept == 0


async def test_a_telephone_that_is_named_twice_at_once_is_named(desk: Desk) -> None:
    async with open_work(Principal.system(desk.workspace.id)) as work:
        owner = await colleagues.principal(work, desk.owner.id)
    assert owner is not None

    async def named_again() -> None:
        async with open_work(owner) as other:
            await phones.name(other, NewPhone(phone=MINE))

    async with open_work(owner) as work:
        await phones.name(work, NewPhone(phone=MINE))
        again = asyncio.create_task(named_again())
        while not again.done() and await work.session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) == 0:
            pass
    await again


@pytest.mark.parametrize(
    ("last", "status"), [(accepted(), "sent"), (response(400, {"requestError": {}}), "unconfirmed")], ids=["whole", "in part"]
)
async def test_a_long_answer_goes_out_in_pieces_and_none_of_them_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, last: bytes, status: str
) -> None:
    monkeypatch.setenv("CALLS_TO_PRIVATE_ADDRESSES", "true")
    get_settings.cache_clear()
    await proven(desk, desk.owner)
    words = "\n".join(f"{number}. Harina de maíz de un kilo" for number in range(200))
    async with scripted(accepted(), last) as provider:
        line = await make_connection(desk.workspace, base_url=provider.base_url)
        async with open_work(Principal.system(desk.workspace.id)) as work:
            await chat.answer(work, desk.owner.id, line.id, words, "es", "long")
        ((raised,),) = await rows(desk, "SELECT id FROM notifications WHERE payload->>'text' LIKE '0. Harina%'")
        await notifications.send(str(desk.workspace.id), str(raised))
        ((notice,),) = await rows(desk, "SELECT id FROM notices")
        for _ in range(2):
            await notifications.carry(str(desk.workspace.id), str(notice))
        await registry.close()

    assert "\n".join(each.json["content"]["text"] for each in provider.received) == words
    assert await rows(desk, "SELECT status, attempts FROM notices") == [(status, 1)]


async def told_of_a_change(desk: Desk, obedient: Obedient) -> None:
    """The owner, who has a PIN, was asked on their telephone whether three packets shall be taken out."""
    await proven(desk, desk.owner)
    assert (await desk.post("/assistant/pin", {"pin": "4821"})).status_code == 200
    await asked_for_a_change(desk, obedient)


async def asked_for_a_change(desk: Desk, obedient: Obedient) -> None:
    obedient.turns.append([("adjust_stock", BROKEN)])
    await writes(desk, "se rompieron tres harinas")
    await answered(desk)


async def wrong_pins(desk: Desk) -> int:
    ((count,),) = await rows(desk, "SELECT wrong_pins FROM member_phones")
    return int(count)


async def kept_of(desk: Desk, digits: str) -> int:
    """In how many messages some digits stand."""
    ((count,),) = await rows(desk, f"SELECT count(*) FROM messages WHERE content::text LIKE '%{digits}%'")
    return int(count)


@pytest.mark.parametrize(
    "words",
    [
        "4821",
        "sí 4821 gracias",
        "Sí, por favor: 4821.",
        "4821 dale",
        "4821, gracias",
        "mi PIN es 4821",
        "OK\n4821 👍",
        "sí 48210 4821",
    ],
)
async def test_a_pin_with_other_words_is_taken_out_of_them(desk: Desk, obedient: Obedient, words: str) -> None:
    await told_of_a_change(desk, obedient)
    before = await level(desk.chat, "HAR-1")

    outcome, event = await comes_in(desk, words)
    assert (outcome, event.body, await kept_of(desk, "4821")) == ("member:pin", b"", 0)
    await answered(desk)
    assert (await level(desk.chat, "HAR-1"))[0] == before[0] - 3


async def test_a_pin_that_comes_too_late_does_nothing_stays_nowhere_and_is_counted_all_the_same(
    desk: Desk, obedient: Obedient
) -> None:
    await told_of_a_change(desk, obedient)
    before = await level(desk.chat, "HAR-1")
    await later(VALID_FOR + timedelta(minutes=50))

    assert (await comes_in(desk, "sí 4812 gracias"))[1].body == b""
    assert await wrong_pins(desk) == 1
    assert (await comes_in(desk, "4821"))[1].body == b""
    assert (await wrong_pins(desk), await kept_of(desk, "4821"), await kept_of(desk, "4812")) == (0, 0, 0)
    await answered(desk)
    assert await level(desk.chat, "HAR-1") == before

    # Long after, a number is a number
    await later(timedelta(minutes=11))
    assert await writes(desk, "4821") == "member:heard"


async def test_a_number_that_answers_no_change_is_no_wrong_pin(desk: Desk, obedient: Obedient) -> None:
    await proven(desk, desk.owner)
    assert (await desk.post("/assistant/pin", {"pin": "4821"})).status_code == 200
    for words in ("1001", "sí 1001", "mi pin es 1001"):
        assert await writes(desk, words) == "member:heard"  # nobody has asked for one
    await asked_for_a_change(desk, obedient)
    for words in ("¿cuánto vendimos en 2025?", "el pedido 1001", "¿sí, 1001?"):
        assert await writes(desk, words) == "member:heard"
    await answered(desk)

    # Once it was answered, a number alone is none; what says that it is one is kept nowhere, and tries nothing
    await asked_for_a_change(desk, obedient)
    await writes(desk, "no")
    await answered(desk)
    assert await writes(desk, "1001") == "member:heard"
    assert await kept_of(desk, "1001") == 6  # three before anybody asked, two questions, and this one
    assert (await comes_in(desk, "sí 9999"))[1].body == b""
    assert (await kept_of(desk, "9999"), await wrong_pins(desk)) == (0, 0)


async def test_a_pin_in_a_message_that_is_edited_changes_nothing_and_stays_nowhere(desk: Desk, obedient: Obedient) -> None:
    await told_of_a_change(desk, obedient)
    edited = Edited(message_id="wamid.1", now=Text(text="sí 4821"))
    outcome, event = await comes_in(desk, edited)
    assert (outcome, event.body, await wrong_pins(desk)) == ("member:pin", b"", 0)


async def test_whoever_looks_for_what_was_told_keeps_no_turn_from_ending(desk: Desk, obedient: Obedient) -> None:
    await told_of_a_change(desk, obedient)
    async with open_work(Principal.system(desk.workspace.id)) as work:
        # A turn locks the conversation first, a message that comes in this first: with a lock each could wait for the other.
        assert await approvals.last_told(work, desk.owner.id) is not None
        # And a page that shows it, and follows it, is no reason for the turn to wait either.
        owner = await colleagues.principal(work, desk.owner.id)
        assert owner is not None
        assert await approvals.waiting(work.acting_for(owner)) is not None
        async with open_work(Principal.system(desk.workspace.id)) as other:
            assert await other.session.scalar(text("SELECT count(*) FROM (SELECT FROM approvals FOR UPDATE NOWAIT)")) == 1


async def test_after_some_wrong_pins_in_a_row_the_right_one_opens_nothing(desk: Desk) -> None:
    await proven(desk, desk.owner)
    await desk.post("/assistant/pin", {"pin": "4821"})
    for _ in range(phones.MOST_WRONG):
        async with open_work(Principal.system(desk.workspace.id)) as work:
            assert not await phones.is_pin(work, desk.owner.id, "0000")
    async with open_work(Principal.system(desk.workspace.id)) as work:
        assert not await phones.is_pin(work, desk.owner.id, "4821")
    await desk.post("/assistant/pin", {"pin": "7777"})
    async with open_work(Principal.system(desk.workspace.id)) as work:
        assert await phones.is_pin(work, desk.owner.id, "7777")


async def test_a_telephone_that_was_given_back_is_a_customers_again(desk: Desk) -> None:
    await proven(desk, desk.owner)
    answer = await desk.api.delete("/api/v1/assistant/phone", headers=desk.owner.headers)
    assert answer.status_code == 204, answer.text

    assert await writes(desk, "hola") == "message"
    async with open_work(Principal.system(desk.workspace.id)) as work:
        assert await phones.confirmed(work, [desk.owner.id]) == {}


async def test_a_telephone_that_is_not_proven_is_told_nothing(desk: Desk) -> None:
    await choose(desk, ways={"inbox": [], "mail": [], "whatsapp": ["*"]})
    await desk.post("/assistant/phone", {"phone": f"+{MINE}"})
    await ask_for_a_person(desk)
    assert await ways_told(desk) == []


async def test_a_proven_telephone_is_told_over_whatsapp(desk: Desk) -> None:
    await choose(desk, ways={"inbox": [], "mail": [], "whatsapp": ["*"]})
    await proven(desk, desk.owner)
    await ask_for_a_person(desk)
    assert await ways_told(desk) == [("whatsapp",)]


async def test_a_pin_that_was_asked_for_after_a_yes_is_taken_and_a_number_for_something_else_is_one(
    desk: Desk, obedient: Obedient
) -> None:
    await told_of_a_change(desk, obedient)
    before = await level(desk.chat, "HAR-1")
    # A yes without it is told that it lacks the PIN, and then the PIN alone is enough
    await writes(desk, "sí")
    assert "PIN" in (await answered(desk))[-1]
    assert (await comes_in(desk, "4821"))[1].body == b""
    await answered(desk)
    assert (await level(desk.chat, "HAR-1"))[0] == before[0] - 3

    # Where they were told of something else since, a number alone belongs to that
    await asked_for_a_change(desk, obedient)
    await writes(desk, "¿cuánto vendimos hoy?")
    await answered(desk)
    assert await writes(desk, "1500") == "member:heard"
    assert (await kept_of(desk, "1500"), await wrong_pins(desk)) == (1, 0)
