"""Conversations over the API: queues, threads, and one voice whatever two people do at the same moment."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core import events
from core.access import Principal
from core.tables import new_id
from core.work import open_work
from domain.accounts.roles import Role
from domain.conversations import handoffs
from domain.conversations.content import Text
from domain.conversations.kinds import Author, Direction, HandoffReason, MessageStatus, Voice
from domain.conversations.models import Conversation, Message
from tests.factories.chat import chat_of
from tests.factories.commits import losing
from tests.factories.customer import Customer
from tests.factories.provider import accepted
from tests.factories.shop import open_shop
from tests.factories.staff import Employee, employ
from tests.factories.threads import Thread, incoming, opened
from tests.factories.workspaces import make_connection, make_workspace


def of(conversation_id: UUID, verb: str = "") -> str:
    return f"/api/v1/conversations/{conversation_id}{verb}"


async def newest(api: httpx.AsyncClient, person: Employee, conversation_id: UUID) -> str:
    """The id of the last message of a thread, as somebody who has just read it knows it."""
    page = await api.get(of(conversation_id, "/messages?limit=1"), headers=person.headers)
    return str(page.json()["data"][0]["id"])


async def write(
    api: httpx.AsyncClient, person: Employee, conversation_id: UUID, words: str, seen: str = "", **headers: str
) -> httpx.Response:
    """Reply as somebody who has read everything, or up to a message."""
    body = {"text": words, "last_seen_message_id": seen or await newest(api, person, conversation_id)}
    return await api.post(of(conversation_id, "/reply"), headers=person.headers | headers, json=body)


async def write_as_customer(thread: Thread, words: str) -> UUID:
    async with open_work(thread.principal) as work:
        return await incoming(work, thread.connection_id, words)


async def everything(api: httpx.AsyncClient, person: Employee, path: str, limit: int = 2) -> list[str]:
    """The ids of a whole list, page by page."""
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        answer = await api.get(path, headers=person.headers, params=httpx.URL(path).params.merge(query))
        assert answer.status_code == 200, answer.text
        seen += [str(each["id"]) for each in answer.json()["data"]]
        cursor = answer.json()["next_cursor"]
    return seen


async def test_each_queue_shows_its_conversations_and_the_longest_waiting_comes_first(api: httpx.AsyncClient) -> None:
    # Given five customers who wrote one after the other, of whom the second and then the first ask for a person
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    connection = await make_connection(workspace)
    olga, pedro = await employ(api, workspace, Role.OPERATOR), await employ(api, workspace, Role.OPERATOR)
    chats = [Customer(shop, connection.id, phone=f"58414555010{number}") for number in range(5)]
    for number, chat in enumerate(chats):
        await chat.writes(f"mensaje número {number}")
    for chat in (chats[1], chats[0]):
        async with open_work(shop.principal) as work:
            await handoffs.wait_for_person(work, chat.conversation_id, HandoffReason.CUSTOMER_ASKED)
    ids = [str(chat.conversation_id) for chat in chats]
    # Then every list is read to its end, each conversation once, in its order
    assert await everything(api, olga, "/api/v1/conversations") == ids[::-1]
    assert await everything(api, olga, "/api/v1/conversations?queue=waiting", limit=1) == [ids[1], ids[0]]
    # When one is taken, it moves from one queue to the other, for whoever took it only
    assert (await api.post(of(chats[1].conversation_id, "/take"), headers=olga.headers)).status_code == 200
    assert await everything(api, olga, "/api/v1/conversations?queue=waiting") == [ids[0]]
    assert await everything(api, olga, "/api/v1/conversations?queue=mine") == [ids[1]]
    assert await everything(api, pedro, "/api/v1/conversations?queue=mine") == []
    assert await everything(api, pedro, "/api/v1/conversations?queue=unassigned") == [ids[4], ids[3], ids[2], ids[0]]
    # And they are found by the words that were written, and by the number
    assert await everything(api, olga, "/api/v1/conversations?search=número 3") == [ids[3]]
    assert await everything(api, olga, "/api/v1/conversations?search=584145550104") == [ids[4]]
    assert await everything(api, olga, "/api/v1/conversations?search=100%25") == []
    shown = (await api.get(of(chats[1].conversation_id), headers=olga.headers)).json()
    assert (shown["voice"], shown["operator_id"], shown["handoff"]["reason"]) == ("operator", str(olga.id), "customer_asked")
    assert shown["contact"]["phone"] == "+58…01"
    assert shown["last_message"]["content"]["text"] == "mensaje número 1"


async def test_a_number_is_masked_and_shown_to_whoever_may_see_it_and_that_is_kept(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    async with opened(workspace) as thread:
        owner, olga = await employ(api, workspace), await employ(api, workspace, Role.OPERATOR)
        viewer = await employ(api, workspace, Role.VIEWER)
        path = of(thread.conversation_id)
        listed = (await api.get("/api/v1/conversations", headers=viewer.headers)).text
        assert "4141112233" not in listed
        refused = await api.post(f"{path}/number", headers=viewer.headers)
        assert refused.status_code == 403
        shown = await api.post(f"{path}/number", headers=olga.headers)
        assert (shown.status_code, shown.json()["number"]) == (200, "+584141112233")
        seen = await api.get("/api/v1/audit?type=conversation.number_shown", headers=owner.headers)
        assert [(each["actor_id"], each["subject_id"]) for each in seen.json()["data"]] == [
            (str(olga.id), str(thread.conversation_id))
        ]


async def test_people_pass_a_conversation_on_let_it_rest_settle_it_and_open_it_again(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    async with opened(workspace, *[accepted()] * 4) as thread:
        olga, pedro = await employ(api, workspace, Role.OPERATOR), await employ(api, workspace, Role.OPERATOR)
        manager, path = await employ(api, workspace, Role.MANAGER), of(thread.conversation_id)

        async def ask(verb: str, body: object = None, by: Employee = olga, status: int = 200) -> httpx.Response:
            answer = await api.post(path + verb, headers=by.headers, json=body)
            assert answer.status_code == status, answer.text
            return answer

        await ask("/take")
        team = await api.post("/api/v1/teams", headers=manager.headers, json={"name": "Pagos", "topics": ["pago"]})
        assert team.status_code == 201
        again = await api.post("/api/v1/teams", headers=manager.headers, json={"name": "Pagos"})
        assert (again.status_code, again.json()["code"]) == (409, "team_exists")
        assert (await api.post("/api/v1/teams", headers=olga.headers, json={"name": "Otro"})).status_code == 403
        both = await ask("/transfer", {"operator_id": str(pedro.id), "team_id": team.json()["id"]}, status=422)
        assert both.json()["code"] == "malformed"
        given = await ask("/transfer", {"operator_id": str(pedro.id), "note": "Es suyo"})
        assert given.json()["offered_to"] == str(pedro.id)
        await ask("/take", by=pedro)
        assert (await ask("/snooze", {"until": None}, by=olga, status=409)).json()["code"] == "not_your_conversation"
        assert (await ask("/snooze", {}, by=pedro)).json()["is_snoozed"] is True
        rests = await api.get("/api/v1/conversations?queue=snoozed", headers=olga.headers)
        assert [each["id"] for each in rests.json()["data"]] == [str(thread.conversation_id)]
        assert (await ask("/wake", by=pedro)).json()["is_snoozed"] is False
        settled = (await ask("/resolve", {"note": "Listo"}, by=pedro)).json()
        assert (settled["outcome"], settled["note"]) == ("resolved", "Listo")
        assert (await ask("/reopen", by=olga)).json()["handoff"]["id"] == settled["id"]
        # And the history says how long it took, and who did what
        history = (await api.get("/api/v1/handoffs?is_open=true", headers=manager.headers)).json()["data"]
        assert [(each["id"], each["taken_by"]) for each in history] == [(settled["id"], str(olga.id))]
        steps = (await api.get(f"/api/v1/handoffs/{settled['id']}/steps", headers=manager.headers)).json()["data"]
        kinds = ["taken", "transferred", "offered", "taken", "snoozed", "woken", "resolved", "reopened"]
        assert [each["kind"] for each in steps] == kinds
        tagged = await api.put(f"{path}/tags", headers=olga.headers, json={"tags": ["Reclamo", "urgente", "reclamo"]})
        assert tagged.json()["tags"] == ["reclamo", "urgente"]
        found = await api.get("/api/v1/conversations?tag=urgente", headers=olga.headers)
        assert [each["id"] for each in found.json()["data"]] == [str(thread.conversation_id)]


async def test_in_many_each_is_done_as_it_would_be_alone_and_by_nobody_who_could_not_do_it_alone(
    api: httpx.AsyncClient,
) -> None:
    workspace = await make_workspace()
    chat = await chat_of(await open_shop(workspace.id))
    olga, pedro = await employ(api, workspace, Role.OPERATOR), await employ(api, workspace, Role.OPERATOR)
    assert (await api.post(of(chat.conversation_id, "/take"), headers=olga.headers)).status_code == 200
    foreign = await chat_of(await open_shop((await make_workspace()).id))
    ids = [str(chat.conversation_id), str(foreign.conversation_id), str(chat.conversation_id)]

    async def in_many(deed: object, by: Employee) -> httpx.Response:
        body = {"conversation_ids": ids, "deed": deed}
        return await api.post("/api/v1/conversations/bulk", headers=by.headers, json=body)

    viewer = await employ(api, workspace, Role.VIEWER)
    refused = [await in_many({"deed": "resolve"}, viewer), await in_many({"deed": "reply", "text": "hola"}, olga)]
    assert [(each.status_code, each.json()["code"]) for each in refused] == [(403, "not_permitted"), (422, "malformed")]
    for deed, by, codes in (
        ({"deed": "snooze", "minutes": 60}, pedro, ["not_your_conversation", "conversation_not_found"]),
        ({"deed": "tag", "tags": ["feria"]}, olga, [None, "conversation_not_found"]),
        ({"deed": "resolve", "note": "Todo listo"}, olga, [None, "conversation_not_found"]),
        ({"deed": "assign", "operator_id": str(pedro.id)}, olga, ["handoff_not_open", "conversation_not_found"]),
    ):
        answer = await in_many(deed, by)
        assert [each["code"] for each in answer.json()["results"]] == codes, answer.text
    assert (await api.get(of(chat.conversation_id), headers=olga.headers)).json()["tags"] == ["feria"]
    assert (await api.get(of(chat.conversation_id, "/handoffs"), headers=olga.headers)).json()["data"][0][
        "note"
    ] == "Todo listo"


async def test_who_is_at_the_desk_is_known_by_who_has_said_so(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    manager, olga = await employ(api, workspace, Role.MANAGER), await employ(api, workspace, Role.OPERATOR)
    await employ(api, workspace, Role.VIEWER)

    async def online() -> dict[str, bool]:
        seats = (await api.get("/api/v1/seats", headers=manager.headers)).json()["data"]
        return {each["user_id"]: each["is_online"] for each in seats}

    assert await online() == {str(manager.id): False, str(olga.id): False}
    assert (await api.put("/api/v1/presence", headers=olga.headers, json={"is_away": False})).status_code == 204
    assert await online() == {str(manager.id): False, str(olga.id): True}
    assert (await api.put("/api/v1/presence", headers=olga.headers, json={"is_away": True})).status_code == 204
    assert not any((await online()).values())
    changed = await api.patch(f"/api/v1/seats/{olga.id}", headers=manager.headers, json={"skills": ["Facturas"], "capacity": 2})
    assert (changed.json()["skills"], changed.json()["capacity"]) == (["facturas"], 2)
    nobody = await api.patch(f"/api/v1/seats/{uuid4()}", headers=manager.headers, json={"capacity": 2})
    assert (nobody.status_code, nobody.json()["code"]) == (400, "nobody_there")


async def test_a_thread_is_read_backwards_page_by_page(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    async with opened(workspace, accepted()) as thread:
        viewer = await employ(api, workspace, Role.VIEWER)
        said = await thread.queue(*(f"parte {number}" for number in range(5)))
        assert (await everything(api, viewer, of(thread.conversation_id, "/messages")))[:5] == [
            str(each) for each in said[::-1]
        ]
        page = (await api.get(of(thread.conversation_id, "/messages"), headers=viewer.headers)).json()
        assert page["data"][0]["content"] == {"kind": "text", "text": "parte 4", "about": None}
        assert (page["data"][0]["author"], page["data"][0]["status"], page["has_more"]) == ("agent", "queued", False)
        for path in ("/messages", "/notes", "/handoffs", ""):
            unknown = await api.get(of(uuid4(), path), headers=viewer.headers)
            assert (unknown.status_code, unknown.json()["code"]) == (404, "conversation_not_found")


@pytest.mark.parametrize("attempt", range(3))
async def test_of_two_who_take_a_conversation_at_once_one_gets_it_and_the_other_cannot_write(
    api: httpx.AsyncClient, attempt: int
) -> None:
    workspace = await make_workspace()
    async with opened(workspace, *[accepted()] * 4) as thread:
        people = [await employ(api, workspace, Role.OPERATOR) for _ in range(3)]
        takes = await asyncio.gather(*(api.post(of(thread.conversation_id, "/take"), headers=each.headers) for each in people))
        assert sorted(each.status_code for each in takes) == [200, 409, 409], attempt
        replies = await asyncio.gather(*(write(api, each, thread.conversation_id, f"soy {each.id}") for each in people))
        owner = next(each for each, taken in zip(people, takes, strict=True) if taken.status_code == 200)
        for person, answer in zip(people, replies, strict=True):
            assert answer.status_code == (201 if person is owner else 409), answer.text
        assert {each.json()["code"] for each in replies if each.status_code == 409} == {"not_your_conversation"}
        await thread.deliver()
        assert thread.said == [f"soy {owner.id}"]


async def test_who_has_not_read_everything_is_told_and_nothing_is_sent(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    async with opened(workspace, *[accepted()] * 3) as thread:
        olga = await employ(api, workspace, Role.OPERATOR)
        seen = await newest(api, olga, thread.conversation_id)
        await api.post(of(thread.conversation_id, "/take"), headers=olga.headers)
        # What somebody wrote themselves is seen, whatever they say
        assert (await write(api, olga, thread.conversation_id, "uno", seen)).status_code == 201
        assert (await write(api, olga, thread.conversation_id, "dos", seen)).status_code == 201
        await write_as_customer(thread, "espera")
        for unread in (seen, str(uuid4())):
            refused = await write(api, olga, thread.conversation_id, "tres", unread)
            assert (refused.status_code, refused.json()["code"]) == (409, "messages_unseen")
        assert (await write(api, olga, thread.conversation_id, "tres")).status_code == 201
        await thread.deliver()
        assert thread.said == ["uno", "dos", "tres"]
    async with open_work(Principal.system(workspace.id)) as work:
        written = [event for event in await events.page(work) if event.type == "message.written"]
    assert [event.actor_id for event in written] == [olga.id] * 3


async def test_what_an_operator_said_goes_out_although_they_give_the_conversation_back_at_once(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    async with opened(workspace, accepted(), accepted()) as thread:
        olga = await employ(api, workspace, Role.OPERATOR)
        await api.post(of(thread.conversation_id, "/take"), headers=olga.headers)
        await write(api, olga, thread.conversation_id, "mañana te lo llevan")
        note = {"note": "le prometí que mañana se lo llevan"}
        released = await api.post(of(thread.conversation_id, "/release"), headers=olga.headers, json=note)
        assert (released.status_code, released.json()["note"]) == (200, note["note"])
        refused = await write(api, olga, thread.conversation_id, "otra cosa")
        assert (refused.status_code, refused.json()["code"]) == (409, "not_your_conversation")
        again = await api.post(of(thread.conversation_id, "/release"), headers=olga.headers, json={})
        assert (again.status_code, again.json()["code"]) == (409, "handoff_not_open")
        await thread.queue("del agente")
        await thread.deliver()
        assert thread.said == ["mañana te lo llevan", "del agente"]
        past = (await api.get(of(thread.conversation_id, "/handoffs"), headers=olga.headers)).json()["data"]
        assert [(each["taken_by"], each["released_by"]) for each in past] == [(str(olga.id), str(olga.id))]


async def test_a_reply_whose_connection_breaks_after_the_commit_is_sent_once(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    async with opened(workspace, *[accepted()] * 6) as thread:
        olga = await employ(api, workspace, Role.OPERATOR)
        await api.post(of(thread.conversation_id, "/take"), headers=olga.headers)
        seen = await newest(api, olga, thread.conversation_id)
        broken = 0
        for lost in range(1, 6):
            words, key = f"respuesta {lost}", {"idempotency-key": f"k-{lost}"}
            with losing(lost):
                first = await write(api, olga, thread.conversation_id, words, seen, **key)
            broken += first.status_code == 503
            second, third = [await write(api, olga, thread.conversation_id, words, seen, **key) for _ in range(2)]
            assert (first.status_code in (201, 503), second.status_code, third.status_code) == (True, 201, 201), first.text
            assert third.headers["idempotent-replayed"] == "true"
            assert second.json() == third.json()
        assert broken > 0
        reused = await write(api, olga, thread.conversation_id, "otra", seen, **{"idempotency-key": "k-1"})
        assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
        await thread.deliver()
        assert thread.said == [f"respuesta {lost}" for lost in range(1, 6)]


async def test_no_word_of_the_agent_comes_behind_an_operators_while_its_turn_ends(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    connection = await make_connection(workspace)
    olga = await employ(api, workspace, Role.OPERATOR)
    for number in range(4):
        chat = Customer(shop, connection.id, phone=f"58414555020{number}")
        await chat.writes("¿tienen harina pan?")

        async def attend(conversation_id: UUID = chat.conversation_id) -> httpx.Response:
            await api.post(of(conversation_id, "/take"), headers=olga.headers)
            return await write(api, olga, conversation_id, "te atiendo yo")

        _, answer = await asyncio.gather(chat.is_answered(), attend())
        assert answer.status_code == 201, answer.text
        async with open_work(shop.principal) as work:
            said = await work.session.execute(
                select(Message.author, Message.status)
                .where(Message.conversation_id == chat.conversation_id, Message.direction == Direction.OUT)
                .order_by(Message.position)
            )
            still_said = [author for author, status in said if status != MessageStatus.CANCELLED]
        assert still_said == [Author.OPERATOR]


@pytest.mark.parametrize("author", [Author.AGENT, Author.OPERATOR])
async def test_postgres_itself_refuses_a_second_voice(api: httpx.AsyncClient, author: Author) -> None:
    workspace = await make_workspace()
    async with opened(workspace, accepted()) as thread:
        olga = await employ(api, workspace, Role.OPERATOR)
        await api.post(of(thread.conversation_id, "/take"), headers=olga.headers)
        async with open_work(thread.principal) as work:
            row = await work.session.get_one(Conversation, (workspace.id, thread.conversation_id))
        second = Message(
            workspace_id=workspace.id,
            conversation_id=row.id,
            connection_id=row.connection_id,
            direction=Direction.OUT,
            author=author,
            author_id=new_id() if author is Author.OPERATOR else None,
            content=Text(text="de otra voz"),
            position=10_000,
            status=MessageStatus.QUEUED,
            voice=Voice.OPERATOR,
            voice_epoch=row.voice_epoch,
        )
        with pytest.raises(IntegrityError, match="another has the voice"):
            await _insert(thread, second)


async def _insert(thread: Thread, message: Message) -> None:
    async with open_work(thread.principal) as work:
        work.session.add(message)


async def test_a_note_is_for_colleagues_only(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    async with opened(workspace, accepted()) as thread:
        olga, viewer = await employ(api, workspace, Role.OPERATOR), await employ(api, workspace, Role.VIEWER)
        path = of(thread.conversation_id, "/notes")
        assert (await api.post(path, headers=viewer.headers, json={"text": "x"})).status_code == 403
        made = await api.post(path, headers=olga.headers, json={"text": "es alérgica al maní"})
        assert (made.status_code, made.json()["author_id"]) == (201, str(olga.id))
        listed = (await api.get(path, headers=viewer.headers)).json()["data"]
        assert [each["text"] for each in listed] == ["es alérgica al maní"]
        await thread.deliver()
        assert thread.said == []
        async with open_work(thread.principal) as work:
            found = [event for event in await events.page(work) if event.type == "conversation.noted"]
        assert [(event.subject_id, event.actor_id) for event in found] == [(thread.conversation_id, olga.id)]
