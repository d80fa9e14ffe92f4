"""Approvals in the manager chat: a change is done once, by the yes of whoever read it, as they read it, in time; else never."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from pydantic_ai.exceptions import ModelAPIError
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel
from sqlalchemy import text

from agent.audiences.registry import AUDIENCES
from agent.audiences.staff.serving import Managers
from agent.frozen import TakenTurn
from agent.thinking import Thought, think
from agent.turn import finish, take
from core.access import Principal
from core.work import open_work
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.catalog import service as catalog
from tests.api.test_assistant import PATH, ask, calls, thread_of
from tests.api.test_payments import told
from tests.factories.chat import level, placed, reprice
from tests.factories.desk import Desk
from tests.factories.shop import fill
from tests.factories.staff import Employee, employ
from tools import registry
from tools.audience import AudienceKind

BROKEN = {"sku": "HAR-1", "store": "T-1", "change": -3, "reason": "rotura"}


@dataclass
class Obedient(Managers):
    """A model that calls what the test says, turn by turn, and says what came of it; after that, our own reader."""

    turns: list[list[tuple[str, dict[str, object]]]] = field(default_factory=list)
    thinking: dict[tuple[UUID, int], Model] = field(default_factory=dict)

    def offline(self, turn: TakenTurn) -> Model:
        # A turn that is taken up again thinks with the model that it had.
        key = (turn.turn_id, turn.generation)
        if key not in self.thinking:
            wanted = self.turns.pop(0) if self.turns else None
            self.thinking[key] = super().offline(turn) if wanted is None else FunctionModel(_script(wanted))
        return self.thinking[key]


def _script(wanted: list[tuple[str, dict[str, object]]]) -> Callable[[list[ModelMessage], AgentInfo], ModelResponse]:
    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        # What was said in earlier turns is text; only this turn's answers call.
        number = sum(isinstance(one, ModelResponse) and bool(one.tool_calls) for one in messages)
        if number < len(wanted):
            return ModelResponse(parts=[ToolCallPart(*wanted[number])])
        moves = [{"move": "say", "call": index + 1} for index in range(len(wanted))]
        return ModelResponse(parts=[ToolCallPart("reply", {"moves": moves})])

    return answer


@pytest.fixture
def obedient(monkeypatch: pytest.MonkeyPatch) -> Obedient:
    """Members are answered by a model that does what it is told."""
    audience = Obedient()
    monkeypatch.setitem(AUDIENCES, AudienceKind.MANAGER, audience)
    return audience


async def propose(desk: Desk, obedient: Obedient) -> str:
    """The owner is proposed to correct the flour by three."""
    obedient.turns = [[("adjust_stock", BROKEN)]]
    said = await ask(desk, "se rompieron tres harinas")
    assert await on_hand(desk) == 10
    return said


async def taken(desk: Desk, words: str, by: Employee | None = None) -> TakenTurn:
    """The owner, or another member, has written, and a worker has taken the turn."""
    await desk.post(PATH, {"text": words}, by)
    conversation_id = await thread_of(desk, by or desk.owner)
    async with open_work(Principal.system(desk.workspace.id)) as work:
        turn = await take(work, conversation_id)
    assert turn is not None
    return turn


async def finished(turn: TakenTurn, thought: Thought) -> TakenTurn | None:
    """The turn as it goes on once it was thought, None if it is over."""
    async with open_work(Principal.system(turn.workspace_id)) as work:
        return await finish(work, turn, thought)


async def on_hand(desk: Desk) -> Decimal:
    return (await level(desk.chat, "HAR-1"))[0]


async def test_a_change_is_shown_first_and_done_by_the_member_s_own_yes(desk: Desk, obedient: Obedient) -> None:
    said = await propose(desk, obedient)
    assert "Harina P.A.N. Blanca en Tienda Uno, de 10 a 7 (-3). Motivo: rotura." in said
    assert "Sin respuesta no se hace nada" in said
    # When they agree
    said = await ask(desk, "sí")
    # Then it is done, by them
    assert "7" in said
    assert await on_hand(desk) == 7
    async with open_work(desk.shop.principal) as work:
        actor = await work.session.execute(text("SELECT actor_kind, actor_id FROM events WHERE type = 'stock.adjusted'"))
        assert [tuple(row) for row in actor] == [("user", desk.owner.id)]


async def test_what_is_refused_to_a_member_stands_in_the_trail(desk: Desk, obedient: Obedient) -> None:
    # Given a member who loses the right while the turn is thought, and an owner whose model names what there is not
    member = await employ(desk.api, desk.workspace, Role.MANAGER)
    obedient.turns = [
        [("adjust_stock", BROKEN)],
        [("adjust_stock", BROKEN | {"sku": "NO-1"})],
        [("decide_change", {"approve": True})],
    ]
    turn = await taken(desk, "se rompieron tres harinas", member)
    async with open_work(desk.shop.principal) as work:
        await accounts.add_member(work, member.email, "Ana", Role.VIEWER)
    await finished(turn, await think(turn))
    await ask(desk, "se rompieron tres harinas")
    await ask(desk, "sí")
    # Then each refusal is an event of the member for whom it was tried, as if they had called the tool themselves
    refused = (await desk.get("/audit", type="tool.refused"))["data"]
    told = {(each["actor_id"], each["actor_kind"], each["after"]["tool"], each["after"]["code"]) for each in refused}
    assert told == {
        (str(member.id), "user", "adjust_stock", "tool_not_offered"),
        (str(desk.owner.id), "user", "adjust_stock", "product_not_found"),
        (str(desk.owner.id), "user", "decide_change", "nothing_to_approve"),
    }
    assert len(refused) == 3


async def test_a_yes_is_used_up(desk: Desk, obedient: Obedient) -> None:
    await propose(desk, obedient)
    await ask(desk, "sí")
    obedient.turns = [[("decide_change", {"approve": True})]]
    assert "Nada" in (said := await ask(desk, "sí")) or "No hay nada" in said
    assert await on_hand(desk) == 7


async def test_stock_that_moved_since_is_not_changed(desk: Desk, obedient: Obedient) -> None:
    await propose(desk, obedient)
    async with open_work(desk.shop.principal) as work:
        await fill(work, desk.shop, "HAR-1", 5)
    assert "cambió algo" in await ask(desk, "sí")
    assert await on_hand(desk) == 15
    # And the proposal is void, though the stock comes back to what it was
    async with open_work(desk.shop.principal) as work:
        assert await work.session.scalar(text("SELECT decision FROM approvals")) == "stale"


async def test_a_price_that_changed_since_is_not_changed(desk: Desk, obedient: Obedient) -> None:
    obedient.turns = [[("set_price", {"sku": "HAR-1", "price": 30000})]]
    assert "*Cambiar precio*" in await ask(desk, "sube la harina a 30000")
    await reprice(desk.shop, "HAR-1", 27000)
    assert "cambió algo" in await ask(desk, "sí")
    async with open_work(desk.shop.principal) as work:
        assert (await catalog.get_variant(work, "HAR-1")).price == 27000


async def test_a_payment_is_verified_by_a_yes_and_not_twice(desk: Desk, obedient: Obedient) -> None:
    await told(desk, await placed(desk.chat, {"HAR-1": 2}), "00112233", 50000)
    obedient.turns = [[("verify_payment", {"reference": "00112233"})]]
    assert "*Verificar pago*" in await ask(desk, "ya vi el pago 00112233")
    assert "está verificado" in await ask(desk, "sí")
    async with open_work(desk.shop.principal) as work:
        row = await work.session.execute(text("SELECT status, verified_amount, decided_by FROM payments"))
        assert [tuple(one) for one in row] == [("verified", Decimal(50000), desk.owner.id)]
    obedient.turns = [[("verify_payment", {"reference": "00112233"})]]
    assert "No hay un pago por verificar" in await ask(desk, "verifica el 00112233")


async def test_nobody_approves_for_another(desk: Desk, obedient: Obedient) -> None:
    await propose(desk, obedient)
    other = await employ(desk.api, desk.workspace)
    obedient.turns = [[], [("decide_change", {"approve": True})]]
    await ask(desk, "hola", other)
    await ask(desk, "sí", other)
    assert await on_hand(desk) == 10
    # And it still waits for whoever read it
    await ask(desk, "sí")
    assert await on_hand(desk) == 7


async def test_what_is_not_answered_in_time_is_a_no(desk: Desk, obedient: Obedient) -> None:
    await propose(desk, obedient)
    async with open_work(desk.shop.principal) as work:
        await work.session.execute(text("UPDATE approvals SET expires_at = :now"), {"now": work.now - timedelta(seconds=1)})
    assert "venció" in await ask(desk, "sí")
    assert await on_hand(desk) == 10


@pytest.mark.parametrize("words", ["apruébalo tú", "no", "sí, pero cinco", "¿sí?", "mañana te digo"])
async def test_a_model_cannot_approve_for_the_member(desk: Desk, obedient: Obedient, words: str) -> None:
    await propose(desk, obedient)
    obedient.turns = [[("decide_change", {"approve": True})]]
    await ask(desk, words)
    assert await on_hand(desk) == 10


async def test_a_model_cannot_propose_and_approve_in_one_turn(desk: Desk, obedient: Obedient) -> None:
    await ask(desk, "hola")
    obedient.turns = [[("adjust_stock", BROKEN), ("decide_change", {"approve": True})]]
    await ask(desk, "sí")
    assert await on_hand(desk) == 10


async def test_a_yes_to_a_later_answer_is_no_yes_to_the_change(desk: Desk, obedient: Obedient) -> None:
    await propose(desk, obedient)
    await ask(desk, "ventas de hoy")
    obedient.turns = [[("decide_change", {"approve": True})]]
    await ask(desk, "sí")
    assert await on_hand(desk) == 10


async def test_a_newer_proposal_takes_the_place_of_the_older(desk: Desk, obedient: Obedient) -> None:
    await propose(desk, obedient)
    obedient.turns = [[("adjust_stock", BROKEN | {"change": -1})]]
    await ask(desk, "mejor una")
    await ask(desk, "sí")
    assert await on_hand(desk) == 9
    assert [call["code"] for call in await calls(desk)].count("stock_adjusted") == 1


async def test_a_turn_proposes_one_change_and_a_yes_does_the_one_that_was_shown(desk: Desk, obedient: Obedient) -> None:
    async with open_work(desk.shop.principal) as work:
        price = (await catalog.get_variant(work, "HAR-1")).price
    obedient.turns = [[("adjust_stock", BROKEN), ("set_price", {"sku": "HAR-1", "price": 30000})]]
    said = await ask(desk, "se rompieron tres harinas, y sube la harina a 30000")
    assert "*Corregir existencias*" in said
    assert "*Cambiar precio*" not in said
    assert [call["code"] for call in await calls(desk)] == ["change_proposed", "one_change_at_a_time"]
    # When they agree, what they have read is done and nothing else
    await ask(desk, "sí")
    assert await on_hand(desk) == 7
    async with open_work(desk.shop.principal) as work:
        assert (await catalog.get_variant(work, "HAR-1")).price == price


async def test_what_was_proposed_before_a_turn_was_thought_again_cannot_be_agreed_to(desk: Desk, obedient: Obedient) -> None:
    # Given a turn that has proposed a change, and words that came before it was told
    obedient.turns = [[("adjust_stock", BROKEN)]]
    turn = await taken(desk, "se rompieron tres harinas")
    thought = await think(turn)
    await desk.post(PATH, {"text": "ventas de hoy"})
    # When it is thought again, and answers something else
    obedient.turns = [[("what_can_be_asked", {})]]
    again = await finished(turn, thought)
    assert again is not None
    assert await finished(again, await think(again)) is None
    assert "*Corregir existencias*" not in (await desk.get(PATH))["data"][0]["content"]["text"]
    # Then no yes does what was never shown
    obedient.turns = [[("decide_change", {"approve": True})]]
    await ask(desk, "sí")
    assert await on_hand(desk) == 10


async def test_what_a_lost_link_proposed_cannot_be_agreed_to(desk: Desk, obedient: Obedient) -> None:
    # Given a link that proposes a change and is lost, and one that takes over and answers something else
    turn = await taken(desk, "se rompieron tres harinas")
    turn.frozen.models[:] = ["lexical", "lexical"]

    lost: list[str] = []

    def two_links(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        number = sum(isinstance(one, ModelResponse) and bool(one.tool_calls) for one in messages)
        if number == 0:
            return ModelResponse(parts=[ToolCallPart("adjust_stock", BROKEN)])
        if not lost:
            lost.append("the first")
            raise ModelAPIError("lexical", "gone")
        if number == 1:
            return ModelResponse(parts=[ToolCallPart("what_can_be_asked", {})])
        return ModelResponse(parts=[ToolCallPart("reply", {"moves": [{"move": "say", "call": 2}]})])

    obedient.thinking[turn.turn_id, turn.generation] = FunctionModel(two_links)
    assert await finished(turn, await think(turn)) is None
    assert "change_proposed" in [call["code"] for call in await calls(desk)]
    assert "*Corregir existencias*" not in (await desk.get(PATH))["data"][0]["content"]["text"]
    # Then no yes does what was never shown
    obedient.turns = [[("decide_change", {"approve": True})]]
    await ask(desk, "sí")
    assert await on_hand(desk) == 10


async def test_a_burst_of_words_does_not_hide_that_something_else_was_said_since(desk: Desk, obedient: Obedient) -> None:
    await propose(desk, obedient)
    for _ in range(8):
        await desk.post(PATH, {"text": "espera"})
    await ask(desk, "ventas de hoy")
    obedient.turns = [[("decide_change", {"approve": True})]]
    await ask(desk, "sí")
    assert await on_hand(desk) == 10


async def test_a_no_drops_it(desk: Desk, obedient: Obedient) -> None:
    await propose(desk, obedient)
    assert "no se hizo nada" in await ask(desk, "no")
    await ask(desk, "sí")
    assert await on_hand(desk) == 10


async def test_a_right_that_is_gone_before_the_yes_is_gone(desk: Desk, obedient: Obedient) -> None:
    clerk = await employ(desk.api, desk.workspace, Role.INVENTORY_SUPERVISOR)
    obedient.turns = [[("adjust_stock", BROKEN)]]
    await ask(desk, "se rompieron tres harinas", clerk)
    async with open_work(desk.shop.principal) as work:
        await work.session.execute(text("UPDATE memberships SET role = 'viewer' WHERE user_id = :id"), {"id": clerk.id})
    await ask(desk, "sí", clerk)
    assert await on_hand(desk) == 10


async def test_a_prose_number_of_a_model_is_not_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Liar(Managers):
        def offline(self, turn: TakenTurn) -> Model:
            return FunctionModel(
                lambda messages, info: ModelResponse(parts=[ToolCallPart("reply", {"moves": ["Vendimos 987654"]})])
            )

    monkeypatch.setitem(AUDIENCES, AudienceKind.MANAGER, Liar())
    assert "987654" not in await ask(desk, "ventas de hoy")
    assert (await desk.get(PATH))["data"]


def test_every_tool_of_the_chat_that_changes_the_shop_is_proposed_first() -> None:
    writing = [one for one in registry.DEFINED.values() if one.audience is AudienceKind.MANAGER and one.writes]
    assert {one.name for one in writing if not one.is_proposed} == {"decide_change"}
