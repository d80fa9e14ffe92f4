"""The lexical model as pydantic-ai sees it: it comes to an end, invents no quantity, and says when it did not understand."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pydantic_ai import Agent, FunctionToolset, ToolOutput

from agent.brief import Brief, BriefDraft, BriefLine, BriefMessage, LastOrder
from agent.lexical.model import LexicalModel
from agent.lexical.products import Offer
from agent.lexical.reader.goods import Goods, Shelf
from agent.lexical.reader.quantities import Reader
from agent.lexical.reader.tokens import tokens_of
from agent.lexical.spelling import clean
from agent.lexical.vocabulary import vocabulary
from agent.reply.moves import REPLY, Reply, Say, Social
from core.language.words import words_of
from domain.conversations.content import Answer, Text
from evals.lexical.run import converse
from evals.lexical.shop import Shop, load
from tests.properties import examples
from tools.context import Pending
from tools.outcome import Fact, FactKind, Option

CATALOGUE = load("groceries_ve")


def brief(*said: str, **changes: Any) -> Brief:
    values: dict[str, Any] = {
        "medium": "whatsapp",
        "language": "es",
        "country": "VE",
        "currency": "VES",
        "shop_name": "Abastos",
        "state": "IDLE",
        "stores": CATALOGUE.stores,
        "payment_methods": ["Pago móvil"],
        "messages": [BriefMessage(content=Text(text=words)) for words in said],
    }
    return Brief.model_validate(values | changes)


def draft(**changes: Any) -> BriefDraft:
    line = BriefLine(sku="ARR", name="Arroz Mary 1 kg", quantity=Decimal(2), unit="und")
    return BriefDraft.model_validate({"lines": [line], "missing": ["fulfilment"]} | changes)


async def answer(asked: Brief) -> tuple[str, Shop]:
    shop = Shop(CATALOGUE, cart={line.sku: line.quantity for line in asked.draft.lines} if asked.draft else {})
    return await converse(asked, shop), shop


class RecordingShop(Shop):
    """A shop that keeps the arguments of its calls."""

    def __init__(self) -> None:
        super().__init__(CATALOGUE)
        self.arguments: list[tuple[str, dict[str, Any]]] = []

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.arguments.append((tool, arguments))
        return super().call(tool, arguments)


WORDS = (
    "hola quiero dame 2 3 12 media docena kilo y medio de arroz harina pan queso aceite , . ? no mejor quita otro más "
    "en vez cambia por sí gracias calle 5 ref 4455 pagué la primera talle un una cuánto cuesta tienes todo eso es x3 1/2 👍"
)
CHATTER = st.lists(st.sampled_from(WORDS.split()), max_size=14).map(" ".join)

STATES = st.sampled_from(
    [
        {},
        {"draft": draft(), "state": "COLLECTING_ORDER"},
        {"draft": draft(confirmation_token="T1", missing=[]), "state": "AWAITING_CONFIRMATION"},
        {"draft": draft(missing=["address"]), "state": "NEEDS_DETAILS"},
        {
            "pending": Pending(
                kind="choose_product",
                tool="add_item_to_draft",
                arguments={"quantity": 2},
                options=[
                    Option(sku="HAR-BL", name="Harina P.A.N. Blanca 1 kg"),
                    Option(sku="HAR-AM", name="Harina P.A.N. Amarilla 1 kg"),
                ],
            )
        },
        {"last_order": LastOrder(number="7", status="confirmed", payment_status="unpaid", total=Decimal(5)), "state": "DONE"},
    ]
)


@examples(60, suppress=(HealthCheck.too_slow,))
@given(st.one_of(st.text(max_size=80), CHATTER), STATES)
async def test_any_text_is_answered_in_a_bounded_number_of_steps(said: str, state: dict[str, Any]) -> None:
    reply, _ = await answer(brief(said, **state))
    assert reply.strip()


@examples(60, suppress=(HealthCheck.too_slow,))
@given(CHATTER)
async def test_no_quantity_is_invented(said: str) -> None:
    # Given an empty order, so that no sum can be formed
    shop = RecordingShop()

    # When
    await converse(brief(said), shop)

    # Then every quantity stands in the customer's words, or is the one of a singular article
    words, containers = words_of(("es", "en")), vocabulary().containers
    tokens = tokens_of(clean(said), words, containers)
    reader = Reader(tokens, words, containers)
    heard = {quantity.value for at in range(len(tokens)) for _, quantity in reader.at(at)}
    spoken = heard | {Decimal(0), Decimal(1)} | {a + b for a in heard for b in heard | {Decimal(1)}}
    for _, arguments in shop.arguments:
        for line in arguments.get("lines", ()):
            assert Decimal(str(line.get("quantity", 0))) in spoken


@examples(40, suppress=(HealthCheck.too_slow,))
@given(CHATTER.filter(lambda said: any(word in said for word in ("?", "quita", "mejor", "cuánto", "otro"))))
async def test_a_question_or_a_change_never_confirms(said: str) -> None:
    state = {"draft": draft(confirmation_token="T1", missing=[]), "state": "AWAITING_CONFIRMATION"}
    _, shop = await answer(brief("sí", said, **state))
    assert "confirm_order" not in shop.called


async def test_it_runs_under_a_pydantic_ai_agent_with_several_lines_in_one_call() -> None:
    # Given
    shop = Shop(CATALOGUE)
    toolset = FunctionToolset[None]()

    async def update_draft(lines: list[dict[str, Any]]) -> dict[str, Any]:
        return {**shop.call("update_draft", {"lines": lines}), "call": len(shop.called)}

    toolset.add_function(update_draft, sequential=True)
    model = LexicalModel(brief("hola, 2 arroz y 3 azúcar"), look_up(shop), shelf(shop))
    agent: Agent[None, Reply] = Agent(model, toolsets=[toolset], output_type=ToolOutput(Reply, name=REPLY))

    # When
    result = await agent.run("the brief holds the words")

    # Then
    assert {sku: int(quantity) for sku, quantity in shop.cart.items()} == {"ARR": 2, "AZU": 3}
    assert Say(call=1) in result.output.moves
    assert Social(what="greet") in result.output.moves
    assert result.usage.requests == 2


async def test_what_is_not_understood_is_said_and_from_the_second_time_a_person_is_offered() -> None:
    first, _ = await answer(brief("asdkjh qweoiu"))
    second, _ = await answer(brief("asdkjh qweoiu", failures=1))
    assert first.endswith("?")
    assert "asesor" not in first
    assert "asesor" in second


async def test_a_button_confirms_with_its_own_token() -> None:
    pressed = BriefMessage(content=Answer(via="button", id="confirm:T9", title="Confirmar"))
    state = {"draft": draft(confirmation_token="T1", missing=[]), "state": "AWAITING_CONFIRMATION", "messages": [pressed]}
    shop = RecordingShop()
    await converse(brief(**state), shop)
    assert shop.arguments == [("confirm_order", {"token": "T9"})]


async def test_several_questions_are_asked_one_after_another() -> None:
    # Given two open questions, of which the first is answered
    flour = Pending(
        kind="choose_product",
        tool="add_item_to_draft",
        arguments={"product": "harina pan", "quantity": 2},
        options=[
            Option(sku="HAR-BL", name="Harina P.A.N. Blanca 1 kg"),
            Option(sku="HAR-AM", name="Harina P.A.N. Amarilla 1 kg"),
        ],
    )
    oil = Pending(
        kind="choose_product",
        tool="add_item_to_draft",
        arguments={"product": "aceite", "quantity": 3},
        options=[Option(sku="ACE-MZ", name="Aceite Mazeite 1 L"), Option(sku="ACE-VT", name="Aceite Vatel 1 L")],
    )

    # When
    _, shop = await answer(brief("la blanca", pending=flour, waiting=[oil]))

    # Then the first is done and the second is asked again
    assert {sku: int(quantity) for sku, quantity in shop.cart.items()} == {"HAR-BL": 2}
    assert shop.asked == [{"ACE-MZ", "ACE-VT"}]


async def test_the_total_is_told_by_the_facts_of_the_session() -> None:
    facts = {
        "s1": Fact(kind=FactKind.QUANTITY, subject="Arroz Mary 1 kg", value="2", text="2"),
        "s2": Fact(kind=FactKind.LINE_TOTAL, subject="Arroz Mary 1 kg", value="420", currency="VES", text="Bs 420"),
        "s3": Fact(kind=FactKind.TOTAL, subject="draft", value="420", currency="VES", text="Bs 420"),
    }
    reply, _ = await answer(brief("cuánto llevo?", draft=draft(), facts=facts, state="COLLECTING_ORDER"))
    assert "2 de Arroz Mary 1 kg: Bs 420" in reply


@pytest.mark.parametrize(("said", "language"), [("eres un robot?", "es"), ("are you a robot?", "en")])
async def test_it_says_that_it_is_a_program(said: str, language: str) -> None:
    reply, _ = await answer(brief(said, language=language))
    assert ("un programa" in reply) if language == "es" else ("a program" in reply)


def shelf(shop: Shop) -> Shelf:
    """All goods of the shop, whatever is said."""

    async def look(_: str) -> Goods:
        return shop.goods

    return look


def look_up(shop: Shop) -> Any:
    async def search(phrase: str) -> list[Offer]:
        return [Offer(hit.sku, hit.name, hit.score, hit.unmatched) for hit in shop.look_up(phrase)]

    return search
