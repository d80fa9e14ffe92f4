"""What a workspace leaves to people, and what the customer is told of when one of them answers."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.messages import text
from core.work import open_work
from domain.accounts import service as accounts
from domain.accounts.attending import Topic
from domain.accounts.schemas import WorkspaceSettings
from domain.conversations import handoffs
from domain.conversations.kinds import HandoffReason, Voice
from domain.customers import service as customers
from domain.customers.schemas import CustomerInput
from tests.factories.customer import Customer
from tests.factories.floor import QUIET, Floor, open_floor
from tests.factories.shop import fill

FAREWELL = text("turn.handoff", "es")


@pytest.fixture
async def floor(database: str) -> Floor:
    return await open_floor()


async def heard(floor: Floor) -> list[str]:
    return [each.text for each in await floor.chats[0].reads()]


async def reason_of(floor: Floor) -> tuple[str, str | None]:
    shown = await floor.handoff(floor.chats[0].conversation_id)
    return shown.reason, shown.topic


async def give_back(floor: Floor) -> None:
    olga = floor.people.get("Olga") or await floor.hire("Olga", is_there=False)
    async with open_work(olga) as work:
        await handoffs.release(work, floor.chats[0].conversation_id, "Resuelto")


async def test_a_topic_of_the_workspace_goes_to_people_before_the_agent_has_thought_and_not_twice(floor: Floor) -> None:
    await floor.settle(topics=(Topic(name="garantía", words=("garantía", "cambio por defecto")),))
    chat = floor.chats[0]
    await chat.is_answered()
    await chat.writes("hola, se dañó y quiero usar la GARANTIA")
    await chat.is_answered()
    assert await floor.voice(chat.conversation_id) == (Voice.WAITING, None)
    assert await reason_of(floor) == (HandoffReason.RULE_TOPIC, "garantía")
    assert (await heard(floor))[-1] == FAREWELL
    # What people gave back is not taken for the same reason again on the same day, but on another
    await give_back(floor)
    await chat.writes("gracias, ¿y la garantía cuánto dura?")
    await chat.is_answered()
    assert (await floor.voice(chat.conversation_id))[0] == Voice.AGENT
    await floor.pass_time(hours=25)
    await chat.writes("otra vez la garantía")
    await chat.is_answered()
    assert (await floor.voice(chat.conversation_id))[0] == Voice.WAITING


async def test_words_that_only_look_like_a_topic_stay_with_the_agent(floor: Floor) -> None:
    await floor.settle(topics=(Topic(name="cambio", words=("cambio por defecto",)),))
    await floor.chats[0].writes("¿tienes cambio de 20?")
    await floor.chats[0].is_answered()
    assert (await floor.voice(floor.chats[0].conversation_id))[0] == Voice.AGENT


async def test_a_customer_with_a_tag_and_an_order_of_an_amount_go_to_people(floor: Floor) -> None:
    await floor.settle(vip_tags=("vip",), amount_from=Decimal(1))
    first, second = floor.chats[0], floor.chats[1]
    async with open_work(floor.system) as work:
        await fill(work, first.shop, "HAR-1", 10)
    await first.is_answered()
    await first.writes("quiero 2 harina pan")
    await first.is_answered()
    assert (await floor.voice(first.conversation_id))[0] == Voice.AGENT
    await first.writes("sí")
    await first.is_answered()
    assert await reason_of(floor) == (HandoffReason.RULE_AMOUNT, None)
    async with open_work(floor.system) as work:
        entry = next(each for each in (await customers.list_customers(work, second.phone[-7:])).items)
        await customers.change(work, entry.id, CustomerInput(tags=["VIP"]), entry.version)
    await second.is_answered()
    shown = await floor.handoff(second.conversation_id)
    assert (shown.reason, shown.detail) == (HandoffReason.RULE_VIP, "vip")


async def test_who_asks_for_the_same_a_third_time_goes_to_people_where_the_shop_wants_it(floor: Floor) -> None:
    chats = floor.chats[0], floor.chats[1]
    for chat in chats:
        await chat.is_answered()

    async def ask(chat: Customer, *texts: str) -> list[Voice]:
        found = []
        for words in texts:
            await chat.writes(words)
            await chat.is_answered()
            found.append((await floor.voice(chat.conversation_id))[0])
        return found

    # Given a shop that has not asked for it, the agent goes on answering
    wish = ("necesito un flete a Marte", "NECESITO UN FLETE A MARTE!!", "¿necesito un flete a marte?")
    assert await ask(chats[0], *wish) == [Voice.AGENT] * 3

    # When it wants people to see to that, a third time is theirs, but not what is done each time, or another wish
    await floor.settle(leaves_insistent=True)
    async with open_work(floor.system) as work:
        await fill(work, chats[1].shop, "HAR-1", 10)
    assert await ask(chats[1], *["agrega otra harina pan blanca"] * 3) == [Voice.AGENT] * 3
    assert await ask(chats[1], "necesito un flete a Venus", *wish) == [Voice.AGENT] * 3 + [Voice.WAITING]
    shown = await floor.handoff(chats[1].conversation_id)
    assert shown.reason == HandoffReason.RULE_INSISTENT


@pytest.mark.parametrize("opens_in", [2, 26, 74])
async def test_outside_the_hours_the_customer_is_told_when_a_person_answers(floor: Floor, opens_in: int) -> None:
    async with open_work(floor.system) as work:
        workspace = await accounts.get_workspace(work)
        here = work.now.astimezone(workspace.zone)
        opens = (here + timedelta(hours=opens_in)).replace(minute=0, second=0, microsecond=0)
        chosen = WorkspaceSettings(
            opens_at=opens.time(),
            closes_at=(datetime.combine(here.date(), opens.time()) + timedelta(hours=1)).time(),
            open_days=(opens.weekday(),),
            desk=QUIET.model_copy(update={"topics": (Topic(name="persona", words=("asesor",)),)}),
        )
        await accounts.update_settings(work, chosen, workspace.version)
    await floor.chats[0].writes("un asesor por favor")
    await floor.chats[0].is_answered()
    told = (await heard(floor))[-1]
    assert f"{opens:%H:%M}" in told
    days = (opens.date() - here.date()).days
    assert ("hoy" in told, "mañana" in told) == (days == 0, days == 1)


async def test_where_the_desk_is_known_to_be_empty_the_customer_is_told_so_and_else_nothing(floor: Floor) -> None:
    await floor.settle(topics=(Topic(name="persona", words=("asesor",)),))
    nobody = text("turn.handoff.nobody", "es")
    await floor.chats[0].writes("un asesor por favor")
    await floor.chats[0].is_answered()
    assert nobody not in await heard(floor), "nobody has ever sat there, so nothing is known"
    olga = await floor.hire("Olga")
    assert olga.id is not None
    await floor.leave(olga)
    chat = floor.chats[1]
    await chat.writes("un asesor por favor")
    await chat.is_answered()
    assert (await chat.reads())[-1].text == nobody
