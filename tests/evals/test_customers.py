"""Simulated customers: how they read, type and answer, and whether they stay in their part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.customers import consistency
from evals.customers.acting import picture
from evals.customers.noise import in_pieces, mistyped, seeded
from evals.customers.reading import asked
from evals.customers.scripted import ScriptedCustomer
from evals.phone import Bubble, Choice
from evals.tasks import Asked, Step, Task, load_tasks


def shop(text: str, *buttons: tuple[str, str], rows: tuple[tuple[str, str], ...] = ()) -> Bubble:
    """A message of the shop."""
    return Bubble(
        n=1,
        direction="shop",
        text=text,
        buttons=[Choice(id=key, title=title) for key, title in buttons],
        rows=[Choice(id=key, title=title) for key, title in rows],
    )


def task(name: str) -> Task:
    """A task of the suite."""
    return load_tasks(ids=[name])[0]


SUMMARY = shop("Resumen…", ("confirm:abc", "Confirmar"), ("change:abc", "Cambiar"), ("cancel:abc", "Cancelar"))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("¿Lo quieres con entrega a domicilio o lo retiras en la tienda?", [Asked.FULFILMENT]),
        ("¿En cuál tienda lo retiras?", [Asked.FULFILMENT]),
        ("¿A nombre de quién va el pedido?", [Asked.NAME]),
        ("Dime tu dirección completa y un teléfono.", [Asked.ADDRESS, Asked.PHONE]),
        ("¿Deseas algo más?", [Asked.MORE]),
        ("¿Cuál de estos quieres? A o B", [Asked.CHOOSE]),
        ("How would you like to pay?", [Asked.PAYMENT]),
        ("Anotado: lo retiras en Chacao.", []),
        ("Agregué 2 × Harina.", []),
    ],
)
def test_questions_are_known_by_their_kind_and_statements_are_none(text: str, kinds: list[Asked]) -> None:
    found = asked([shop(text)])
    assert set(kinds) <= set(found)
    assert bool(found) == bool(kinds)


def test_a_summary_with_its_button_asks_for_nothing_else() -> None:
    assert asked([shop("¿Algo más?"), SUMMARY]) == [Asked.CONFIRM]


async def test_a_scripted_customer_says_its_line_answers_what_is_asked_and_confirms() -> None:
    # Given the customer who buys flour and oil
    customer = ScriptedCustomer(task("order-simple-pan"))
    # When the shop asks one thing after the other
    opening = await customer.respond([])
    way = await customer.respond([shop("Agregué todo. ¿Lo quieres a domicilio o lo retiras en tienda?")])
    name = await customer.respond([shop("¿A nombre de quién?")])
    confirmed = await customer.respond([SUMMARY])
    over = await customer.respond([shop("¡Listo! Tu pedido 1001 quedó confirmado.")])
    # Then it says what it wants, what it knows, presses the button, and is done
    assert opening == [Step(say=("hola, quiero 2 harina pan blanca y 1 aceite mazeite",))]
    assert way == [Step(say=("paso a buscarlo",))]
    assert name == [Step(say=("a nombre de Ana Torres",))]
    assert confirmed == [Step(press="confirm")]
    assert over == []
    assert customer.troubles == []


async def test_a_script_that_changes_its_mind_at_the_summary_confirms_the_second_one() -> None:
    customer = ScriptedCustomer(task("mind-more-at-summary"))
    await customer.respond([])
    first = await customer.respond([SUMMARY])
    second = await customer.respond([SUMMARY])
    assert first[0].say == ("espera, mejor 4 harina pan blanca",)
    assert second == [Step(press="confirm")]


async def test_a_question_that_the_task_cannot_answer_is_the_customers_trouble() -> None:
    customer = ScriptedCustomer(task("order-simple-bujias"))
    await customer.respond([])
    await customer.respond([shop("¿Cuál es tu dirección?")])
    assert customer.troubles == ["was asked for address, which the task does not know"]


async def test_the_same_seed_types_the_same_slips_and_another_one_others() -> None:
    def opening(seed: int, attempt: int) -> ScriptedCustomer:
        return ScriptedCustomer(task("order-many-servicio"), attempt, seed)

    written = [await opening(seed, attempt).respond([]) for seed, attempt in ((1, 2), (1, 2), (2, 2), (3, 2), (4, 2))]
    assert written[0] == written[1]
    assert len({step.model_dump_json() for steps in written for step in steps}) > 1
    assert await opening(1, 1).respond([]) == [task("order-many-servicio").script[0]]


@given(st.text(alphabet="abcdeñáé 0123456789.,¿?", max_size=80), st.integers(0, 1000))
def test_slips_never_touch_numbers(text: str, seed: int) -> None:
    typed = mistyped(text, 0.5, seeded(seed))
    assert [char for char in typed if char.isdigit()] == [char for char in text if char.isdigit()]


@given(st.text(alphabet="abc ,.y", min_size=1, max_size=60), st.integers(0, 1000))
def test_pieces_hold_all_words_in_their_order(text: str, seed: int) -> None:
    pieces = in_pieces(text, 1.0, seeded(seed))
    assert "".join(" ".join(pieces).replace(",", "").split()) == "".join(text.replace(",", "").split()) or len(pieces) == 1


def test_equal_captions_are_the_same_photo() -> None:
    assert picture("a") == picture("a") != picture("b")
    assert picture("a").startswith(b"\x89PNG")


def test_a_customer_who_stays_in_the_part_has_no_faults() -> None:
    said = ["hola quiero 2 harina pan y un aceite", "paso por Chacao, Ana Torres"]
    assert consistency.check(task("order-simple-pan"), said, [shop("¡Listo!")]) == []


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("mi cédula es 12345678", "12345678"),
        ("dame también una Malta Polar 250 ml", "Malta"),
        ("¿En qué te puedo ayudar?", "as the shop"),
    ],
)
def test_facts_from_nowhere_other_products_and_the_shops_words_are_the_simulators_fault(said: str, fault: str) -> None:
    found = consistency.check(task("order-simple-pan"), [said], [shop("¡Listo!")])
    assert len(found) == 1
    assert fault in found[0]


def test_what_the_shop_itself_offered_may_be_asked_for() -> None:
    offer = shop("Tenemos Malta Polar 250 ml por 120.")
    assert consistency.check(task("order-simple-pan"), ["dame la Malta Polar 250 ml"], [offer]) == []


def test_leaving_before_the_confirmation_that_the_goal_wants_is_the_simulators_fault() -> None:
    found = consistency.check(task("order-simple-pan"), ["hola"], [SUMMARY], left=True)
    assert found == ["left while the shop waited for the confirmation that the goal wants"]


async def test_a_customer_agrees_when_just_the_wanted_product_is_offered_and_says_how_many() -> None:
    # Given a customer who wants twelve balls
    customer = ScriptedCustomer(task("units-english-dozen"))
    await customer.respond([])
    # When the shop asks whether balls are meant, and how many
    agreed = await customer.respond([shop("Do you mean Rubber Ball ($4.50)?")])
    counted = await customer.respond([shop("How much Rubber Ball would you like?")])
    # Then the customer says yes, and the number
    assert agreed == [Step(say=("yes",))]
    assert counted == [Step(say=("12",))]
