"""Open points: a yes takes all that is proposed, a name or a number answers, and nothing that is open is forgotten."""

from decimal import Decimal
from typing import Any

import pytest

from agent.lexical.reader.explain import explain
from evals.lexical.run import converse
from tests.lexical.reading import demo_goods
from tests.lexical.test_model import RecordingShop, brief, draft
from tools.context import Pending
from tools.outcome import Option

FLOUR = Option(sku="HAR-BL", name="Harina P.A.N. Blanca 1 kg")
YELLOW = Option(sku="HAR-AM", name="Harina P.A.N. Amarilla 1 kg")
OILS = [Option(sku="ACE-MZ", name="Aceite Mazeite 1 L"), Option(sku="ACE-VT", name="Aceite Vatel 1 L")]
SUGAR = Option(sku="AZU", name="Azúcar Montalbán 1 kg")


def point(kind: str, *options: Option, **arguments: Any) -> Pending:
    return Pending(kind=kind, tool="update_draft", arguments=arguments, options=list(options))


CONFIRM = point("confirm", FLOUR, product="HAR-BL", quantity=2)
CONFIRM_SUGAR = point("confirm", SUGAR, product="AZU", quantity=3)
WHICH_OIL = point("choose_product", *OILS, product="aceite", quantity=4)
LEFT = point("short", SUGAR, product="AZU", quantity=19, mode="set")
SUMMARY: dict[str, Any] = {"state": "AWAITING_CONFIRMATION", "draft": draft(confirmation_token="T", missing=[])}


async def calls(*said: str, points: list[Pending], **state: Any) -> list[tuple[str, dict[str, Any]]]:
    shop = RecordingShop()
    await converse(brief(*said, pending=points[0], waiting=points[1:], **state), shop)
    return shop.arguments


def lines(*changes: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return ("update_draft", {"lines": list(changes)})


@pytest.mark.parametrize("said", ["sí", "dale", "ok", "claro que sí"])
async def test_a_yes_takes_all_proposals_with_their_quantities_and_no_open_choice(said: str) -> None:
    made = await calls(said, points=[WHICH_OIL, CONFIRM, CONFIRM_SUGAR])
    assert made == [lines({"product": "HAR-BL", "quantity": 2}, {"product": "AZU", "quantity": 3})]


@pytest.mark.parametrize("said", ["si asi esta bien", "yes thats it", "sí, eso es todo"])
async def test_a_yes_before_that_is_all_takes_what_is_proposed(said: str) -> None:
    made = await calls(said, points=[CONFIRM])
    assert made[0] == lines({"product": "HAR-BL", "quantity": 2})


@pytest.mark.parametrize(
    "said",
    [
        "si hay",
        "si tienes",
        "si así está bien?",
        "ok un momento",
        "si pero no",
        "ok gracias pero no",
        "si asi esta bien pero de los grandes",
    ],
)
async def test_words_that_say_something_else_behind_a_yes_are_no_yes(said: str) -> None:
    assert lines({"product": "HAR-BL", "quantity": 2}) not in await calls(said, points=[CONFIRM])


@pytest.mark.parametrize(("said", "quantity"), [("yes one pear", 1), ("yes two pear", 2), ("isso. uma de pera", 1)])
def test_what_was_proposed_is_agreed_to_by_a_word_of_its_name(said: str, quantity: int) -> None:
    pear = point("confirm", JUICE[1], product="BEB-009", quantity=quantity)
    reading = explain(said, demo_goods("fluxion"), points=[pear])
    assert [(change.sku, change.quantity) for change in reading.changes] == [("BEB-009", Decimal(quantity))]


@pytest.mark.parametrize("said", ["no", "no gracias", "no, gracias"])
async def test_a_no_drops_all_proposals_and_leaves_the_choice_open(said: str) -> None:
    made = await calls(said, points=[CONFIRM, WHICH_OIL, CONFIRM_SUGAR])
    assert made == [lines({"product": "HAR-BL", "mode": "remove"}, {"product": "AZU", "mode": "remove"})]


@pytest.mark.parametrize("said", ["no", "ninguno"])
async def test_a_no_to_a_choice_drops_it(said: str) -> None:
    assert await calls(said, points=[WHICH_OIL]) == [lines({"product": "ACE-MZ", "mode": "remove"})]


@pytest.mark.parametrize("said", ["el vatel", "vatel", "aceite vatel por favor"])
async def test_a_name_answers_the_point_that_has_it(said: str) -> None:
    assert (await calls(said, points=[CONFIRM, WHICH_OIL]))[0] == lines({"product": "ACE-VT", "quantity": 4})


@pytest.mark.parametrize("said", ["dame las 19 entonces", "dame las 19", "bueno, las 19", "mandame esas", "sí", "19"])
async def test_what_is_left_is_taken(said: str) -> None:
    assert await calls(said, points=[LEFT]) == [lines({"product": "AZU", "mode": "set", "quantity": 19})]


async def test_less_than_what_is_left_may_be_taken() -> None:
    assert await calls("dame 10 entonces", points=[LEFT]) == [lines({"product": "AZU", "mode": "set", "quantity": 10})]


@pytest.mark.parametrize("said", ["de azúcar", "azúcar", "de azucar montalbán", "250 de azúcar"])
async def test_the_product_of_a_number_is_told(said: str) -> None:
    ((tool, arguments), *_) = await calls(said, points=[point("number", quantity=250)])
    assert (tool, arguments["lines"][0]["quantity"]) == ("update_draft", 250)
    assert "azucar" in arguments["lines"][0]["product"] or arguments["lines"][0]["product"] == "AZU"


@pytest.mark.parametrize("said", ["a qué hora abren?", "gracias", "asdf qwer", "hola"])
async def test_whatever_else_is_said_the_question_is_asked_again(said: str) -> None:
    assert ("update_draft", {}) in await calls(said, points=[WHICH_OIL])


@pytest.mark.parametrize("said", ["eso es todo", "listo", "nada más"])
async def test_that_is_all_is_no_yes_to_the_summary_while_a_question_is_open(said: str) -> None:
    made = await calls(said, points=[CONFIRM], **SUMMARY)
    assert [tool for tool, _ in made] == ["request_confirmation"]


async def test_a_yes_beside_the_summary_takes_what_is_proposed_and_shows_the_summary_anew() -> None:
    made = await calls("sí", points=[CONFIRM], **SUMMARY)
    assert [tool for tool, _ in made] == ["update_draft", "request_confirmation"]


async def test_what_is_wanted_instead_drops_the_question() -> None:
    ((_, arguments),) = await calls("mejor dame 2 atunes", points=[WHICH_OIL])
    assert arguments["lines"][-1] == {"product": "ACE-MZ", "mode": "remove"}


JUICE = [Option(sku="BEB-008", name="Jugo de Naranja Yukery 1 L"), Option(sku="BEB-009", name="Jugo de Pera Yukery 1 L")]
SCARF = Option(sku="BUF-001", name="Bufanda Tejida")
BOOTS = Option(sku="BOR-001-42", name="Borcegos de Cuero talle 42")
DRESSES = [Option(sku=sku, name=f"Vestido Largo Floreado talle {size}") for sku, size in (("VES-001-M", "M"), ("VES-001", "S"))]
SWAP = [
    point("confirm", DRESSES[0], product="VES-001-M", mode="remove"),
    point("confirm", DRESSES[1], product="VES-001", quantity=1),
]
BOTH = [point("confirm", SCARF, product="BUF-001", quantity=1), point("confirm", BOOTS, product="BOR-001-42", quantity=1)]


@pytest.mark.parametrize("said", ["la de pera, uno solo", "el otro es de pera, uno", "uno de pera", "de pera uno"])
def test_a_word_of_one_of_those_in_question_is_that_whatever_else_it_means(said: str) -> None:
    # `pera` is also "hold on".
    which_juice = point("choose_product", *JUICE, product="tres jugos", quantity=3)
    reading = explain(said, demo_goods("fluxion"), points=[which_juice])
    assert [(change.sku, change.quantity) for change in reading.changes] == [("BEB-009", Decimal(1))]


@pytest.mark.parametrize("said", ["yes to the scarf and yes to the borcegos", "yes, both", "los dos", "sí, los dos"])
def test_as_many_as_there_are_questions_are_all_of_them(said: str) -> None:
    reading = explain(said, demo_goods("demo-store"), points=BOTH)
    assert {change.sku: change.quantity for change in reading.changes} == {"BOR-001-42": Decimal(1), "BUF-001": Decimal(1)}


def test_all_of_them_are_never_so_many_of_one() -> None:
    want = [point("want", SCARF, product="BUF-001")]
    assert not explain("yes, all three", demo_goods("demo-store"), points=want).changes


@pytest.mark.parametrize("said", ["no, los dos no", "los 2 no", "no quiero los dos", "not both"])
def test_as_many_that_are_refused_put_nothing_in(said: str) -> None:
    assert not explain(said, demo_goods("demo-store"), points=BOTH).changes


@pytest.mark.parametrize("said", ["las dos", "no, las dos", "quiero los dos", "ambos"])
def test_both_is_no_yes_to_taking_out_one_size_for_another(said: str) -> None:
    held = {"VES-001-M": Decimal(1)}
    reading = explain(said, demo_goods("demo-store"), cart=held, points=SWAP)
    assert not reading.changes
