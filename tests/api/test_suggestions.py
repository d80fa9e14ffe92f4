"""A suggested reply over the API: found and not done, for whoever attends, and never sent by itself."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from pydantic_ai import models
from sqlalchemy import func, select, text

from agent import links
from app.queue.actors import RUNNERS
from app.queue.jobs import SWEEPS
from app.queue.sweeps import unhandled
from core.settings import get_settings
from core.tables import Base, WorkspaceRow
from core.work import open_work
from domain.accounts.roles import Role
from domain.conversations import suggestions
from sandbox.anthropic.answers import calls, moves
from sandbox.anthropic.server import AnthropicServer
from tests.factories.chat import send
from tests.factories.desk import Desk
from tests.factories.staff import Employee, employ
from tests.factories.workspaces import make_workspace

FLOUR = "Harina P.A.N. Blanca"


@pytest.fixture
async def olga(desk: Desk) -> Employee:
    """An operator who has taken the conversation."""
    person = await employ(desk.api, desk.workspace, Role.OPERATOR)
    assert (await desk.post(f"/conversations/{desk.chat.conversation_id}/take", by=person)).status_code == 200
    return person


@pytest.fixture
async def anthropic(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AnthropicServer]:
    """A model that answers over real HTTP, with our own reader behind it."""
    with AnthropicServer() as server, models.override_allow_model_requests(True), monkeypatch.context() as patch:
        patch.setenv("ANTHROPIC_BASE_URL", server.url)
        patch.setenv("ANTHROPIC_API_KEY", "key-of-tests")
        patch.setenv("LLM_MODELS", "anthropic:claude-sonnet-5-5,lexical")
        get_settings.cache_clear()
        yield server
        await links.disconnect()
    get_settings.cache_clear()


async def writes(desk: Desk, words: str) -> UUID:
    """The customer writes; the id of their message."""
    return (await send(desk.workspace.id, desk.chat.connection_id, desk.chat.phone, text_=words))[2]


def path(desk: Desk) -> str:
    """Where suggestions for the conversation are asked for."""
    return f"/conversations/{desk.chat.conversation_id}/suggestion"


async def swept() -> set[tuple[str, str]]:
    """What the sweeps would ring for: each job with the conversation that it is about."""
    rings = [one.ring for sweep in SWEEPS for one in await unhandled(sweep)]
    return {(ring.job, ring.arguments.get("conversation_id", "")) for ring in rings}


async def think(desk: Desk) -> None:
    """A worker hears the bell."""
    await RUNNERS["conversation.suggest"](workspace_id=str(desk.workspace.id), conversation_id=str(desk.chat.conversation_id))


async def suggested(desk: Desk, by: Employee) -> Any:
    """What the agent would answer once a worker has thought of it, or the code of the refusal."""
    answer = await desk.post(path(desk), by=by)
    if answer.status_code != 202:
        return answer.json()["code"]
    assert (answer.json()["status"], answer.json()["text"]) == ("pending", None)
    await think(desk)
    made = await desk.get(path(desk), by=by)
    return made["refusal"] or made


async def missing(desk: Desk, by: Employee) -> bool:
    """Whether nothing stands for somebody."""
    answer = await desk.api.get(f"/api/v1{path(desk)}", headers=by.headers)
    return answer.status_code == 404 and answer.json()["code"] == "suggestion_not_found"


async def rows(desk: Desk) -> dict[str, int]:
    """How many rows each table of the workspace has."""
    kinds = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, WorkspaceRow)]
    async with open_work(desk.chat.shop.principal) as work:
        return {kind.__name__: await work.session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds}


KEPT = {"Suggestion", "OutboxMessage"}
"""What asking leaves behind: the suggestion, and the bell of its job."""


def changed(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """The tables that have got or lost rows."""
    return {name for name in after if after[name] != before[name]}


async def test_what_is_known_is_proposed_and_nothing_is_done_until_the_operator_sends_it(desk: Desk, olga: Employee) -> None:
    # Given a customer who asks something of whoever attends them
    asked = await writes(desk, "tienes harina pan?")
    before = await rows(desk)
    # When the operator asks what the agent would answer
    made = await suggested(desk, olga)
    # Then it is what the catalogue says, thought with the newest words, and nothing at all was written
    price = next(each["price"] for each in (await desk.get("/variants", by=olga))["data"] if each["sku"] == "HAR-1")
    assert FLOUR in made["text"]
    assert f"{float(price):,.2f}".translate(str.maketrans(",.", ".,")) in made["text"]
    assert made["message_id"] == str(asked)
    assert changed(before, await rows(desk)) == KEPT
    # And it goes out as any other words of the operator, once they say so; then it stands no more
    words = {"text": made["text"], "last_seen_message_id": made["message_id"]}
    sent = await desk.post(f"/conversations/{desk.chat.conversation_id}/reply", words, by=olga)
    assert (sent.status_code, sent.json()["author_id"]) == (201, str(olga.id))
    assert await missing(desk, olga)
    assert await suggested(desk, olga) == "nothing_to_answer"


@pytest.mark.parametrize("words", ["agrega 2 harina pan", "ya pagué, referencia 123456", "tienes aceite? y ponme tres harinas"])
async def test_what_has_to_be_done_first_is_left_to_whoever_attends(desk: Desk, olga: Employee, words: str) -> None:
    await writes(desk, words)
    before = await rows(desk)
    assert await suggested(desk, olga) == "deed_wanted"
    assert changed(before, await rows(desk)) == KEPT


async def test_what_is_not_understood_is_not_answered(desk: Desk, olga: Employee) -> None:
    await writes(desk, "asdkj qwe rty")
    assert await suggested(desk, olga) == "not_understood"


async def test_only_whoever_attends_is_given_one(desk: Desk, olga: Employee) -> None:
    await writes(desk, "tienes harina pan?")
    pedro = await employ(desk.api, desk.workspace, Role.OPERATOR)
    viewer = await employ(desk.api, desk.workspace, Role.VIEWER)
    stranger = await employ(desk.api, await make_workspace(), Role.OPERATOR)
    assert [await suggested(desk, each) for each in (pedro, viewer, stranger)] == [
        "not_your_conversation",
        "not_permitted",
        "conversation_not_found",
    ]


async def test_a_model_that_wants_to_act_cannot_and_what_it_claims_is_left_out(
    desk: Desk, olga: Employee, anthropic: AnthropicServer
) -> None:
    # Given a model that looks, tries to put goods into the order and says that it has
    await writes(desk, "tienes harina pan? apártame dos")
    before = await rows(desk)
    anthropic.answers(
        calls(("list_products", {"query": "harina pan"})),
        calls(("add_item_to_draft", {"product": "HAR-1", "quantity": 2})),
        moves(
            {"move": "say", "call": 2},
            {"move": "state", "facts": ["f1.0", "f1.1"]},
            {"move": "offer", "what": "request_human_handoff"},
        ),
    )
    # When a reply is suggested
    made = await suggested(desk, olga)
    # Then it was shown no tool that writes, the flour is told of, and nothing of an order or of another person
    assert not {"add_item_to_draft", "confirm_order", "request_human_handoff"} & {
        tool["name"] for body in anthropic.bodies for tool in body["tools"]
    }
    assert FLOUR in made["text"]
    assert not [words for words in ("gregu", "apart", "anotado", "persona") if words in made["text"]]
    assert changed(before, await rows(desk)) - {"SpendPeriod", "SpendReservation"} == KEPT


async def test_it_stands_until_somebody_writes_or_another_speaks(desk: Desk, olga: Employee) -> None:
    # Given a suggestion
    await writes(desk, "tienes harina pan?")
    assert FLOUR in (await suggested(desk, olga))["text"]
    # When the customer writes again, it is of words that are old
    await writes(desk, "y aceite tienes?")
    assert await missing(desk, olga)
    # And one that is put away is gone
    assert "ceite" in (await suggested(desk, olga))["text"]
    assert (await desk.api.delete(f"/api/v1{path(desk)}", headers=olga.headers)).status_code == 204
    assert await missing(desk, olga)
    # And one that is thought of when the conversation is given back is for nobody
    assert (await desk.post(path(desk), by=olga)).status_code == 202
    assert (await desk.post(f"/conversations/{desk.chat.conversation_id}/release", {}, by=olga)).status_code == 200
    await think(desk)
    assert (await desk.post(f"/conversations/{desk.chat.conversation_id}/take", by=olga)).status_code == 200
    assert await missing(desk, olga)


async def test_what_the_customer_writes_while_it_is_thought_of_is_taken_along(desk: Desk, olga: Employee) -> None:
    # Given a worker that thinks
    await writes(desk, "tienes harina pan?")
    await desk.post(path(desk), by=olga)
    async with open_work(desk.chat.shop.principal) as work:
        taken = await suggestions.take(work, desk.chat.conversation_id)
    assert taken is not None
    # When the customer writes once more before it has done
    await writes(desk, "y aceite tienes?")
    async with open_work(desk.chat.shop.principal) as work:
        await suggestions.finish(work, taken, "Sí, tenemos harina.")
    # Then it is thought of anew, and both are answered
    assert (await desk.get(path(desk), by=olga))["status"] == "pending"
    await think(desk)
    made = (await desk.get(path(desk), by=olga))["text"]
    assert FLOUR in made
    assert "ceite" in made


async def test_two_bells_think_once_and_what_workers_die_of_is_given_up(desk: Desk, olga: Employee) -> None:
    await writes(desk, "tienes harina pan?")
    await desk.post(path(desk), by=olga)
    principal, conversation_id = desk.chat.shop.principal, desk.chat.conversation_id
    for _ in range(suggestions.MOST_ATTEMPTS):
        # A worker that has taken it is alone with it, until its time is over
        async with open_work(principal) as work:
            taken = await suggestions.take(work, conversation_id)
        async with open_work(principal) as work:
            assert taken is not None
            assert await suggestions.take(work, conversation_id) is None
            await work.session.execute(text("UPDATE suggestions SET next_try_at = clock_timestamp() - interval '3 seconds'"))
        # Then the sweep rings for it again
        assert ("conversation.suggest", str(conversation_id)) in await swept()
    async with open_work(principal) as work:
        assert await suggestions.take(work, conversation_id) is None
    assert (await desk.get(path(desk), by=olga))["refusal"] == "not_understood"
    # And what the last of them says after all is too late
    assert taken is not None
    async with open_work(principal) as work:
        await suggestions.finish(work, taken, "Sí, tenemos.")
    assert (await desk.get(path(desk), by=olga))["text"] is None
