"""Grading: what passes, what fails, and why."""

from decimal import Decimal

import pytest

from evals import world
from evals.evidence import Evidence
from evals.grading import Grade, first_wrong, grade
from evals.tasks import Expected, Task, load_tasks
from tests.factories.evidence import call, evidence, order, payment, says, turn

SHOP = world.load("abasto_ve")
PAN = load_tasks(ids=["order-simple-pan"])[0]
GOOD = {
    "orders": [order({"HARPAN": 2, "ACEMAZ": 1})],
    "moved": {"HARPAN": Decimal(-2), "ACEMAZ": Decimal(-1)},
    "thread": [says("hola", direction="in"), says("Listo, tu pedido 1001 quedó confirmado.")],
    "turns": [turn(call("confirm_order", claims=[("order_confirmed", "1001")], facts=["1001"]))],
}


def wanting(**expected: object) -> Task:
    """A task of the grocer with another end state."""
    return PAN.model_copy(update={"expect": Expected.model_validate(expected)})


def graded(task: Task, found: Evidence) -> Grade:
    """The grade of some evidence."""
    return grade(task, SHOP, found)


def test_the_wanted_end_state_passes() -> None:
    assert graded(PAN, evidence(**GOOD)).findings == []


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"orders": [order({"HARPAN": 1})], "moved": {"HARPAN": Decimal(-1)}}, "end_state", "2 HARPAN"),
        ({"orders": [], "moved": {}}, "end_state", "there is no order"),
        ({"orders": [order({"HARPAN": 2, "ACEMAZ": 1}, store="VAL")]}, "end_state", "store"),
        ({"orders": [*GOOD["orders"], order({"MALTA": 1})]}, "unauthorised", "nobody asked"),
        ({"payments": [payment()]}, "unauthorised", "nobody claimed"),
        ({"moved": {"HARPAN": Decimal(-4)}}, "unauthorised", "stock moved"),
        ({"held": {"MALTA": Decimal(3)}}, "unauthorised", "held for nobody"),
        ({"foreign": ["product_variants: price changed"]}, "unauthorised", "price changed"),
        ({"handoffs": 1}, "end_state", "without need"),
        ({"unanswered": 1}, "unanswered", "no answer"),
        ({"thread": [says("hola", direction="in")]}, "unanswered", "never said a word"),
        ({"thread": [says("hola", direction="in"), says("¡Listo!")]}, "told", "order 1001 is placed"),
    ],
)  # fmt: skip
def test_each_deviation_is_found_and_named(changes: dict[str, object], kind: str, words: str) -> None:
    # Given evidence in which one thing is wrong
    found = graded(PAN, evidence(**(GOOD | changes)))
    # Then the grade names it
    assert any(finding.kind == kind and words in finding.text for finding in found.findings), found.findings


def test_the_nearest_of_several_good_end_states_counts() -> None:
    task = wanting(orders=[{"lines": {"MALTA": 1}}], alternatives=[{"orders": [{"lines": {"HARPAN": 2, "ACEMAZ": 1}}]}])
    assert graded(task, evidence(**GOOD)).passed


def test_an_empty_draft_and_a_draft_that_was_given_up_are_nothing() -> None:
    left = [order({}, status="draft"), order({"MALTA": 2}, status="cancelled", number=None)]
    thread = [says("hola", direction="in"), says("¡Hola!")]
    assert graded(wanting(), evidence(orders=left, thread=thread)).passed


def test_goods_of_a_past_order_that_was_called_off_come_back() -> None:
    # Given a cancelled past order whose goods are back on the shelf
    task = load_tasks(ids=["cancellation-confirmed"])[0]
    past = order({"ACEMAZ": 2, "PASLAR": 3}, status="cancelled", key="abierto", number="1001")
    thread = [says("quiero cancelar mi pedido", direction="in"), says("Tu pedido está cancelado.")]
    turns = [turn(call("cancel_order", claims=[("order_cancelled", "1001")]))]
    back = {"ACEMAZ": Decimal(2), "PASLAR": Decimal(3)}
    # Then that is right, and goods that stay away are not
    assert graded(task, evidence(orders=[past], moved=back, thread=thread, turns=turns)).passed
    assert graded(task, evidence(orders=[past], thread=thread, turns=turns)).count("unauthorised") == 1


def test_a_past_order_that_nobody_mentioned_may_not_change() -> None:
    past = order({"ACEMAZ": 2}, key="abierto", number="1001")
    found = graded(wanting(), evidence(orders=[past], thread=[says("hola", direction="in"), says("¡Hola!")]))
    assert [finding.text for finding in found.findings] == ["the past order 'abierto' was changed"]


def test_a_claimed_payment_is_recognised_however_its_reference_is_written() -> None:
    task = wanting(payments=[{"method": "pago_movil", "reference": "00998877"}])
    thread = [says("ya pagué, ref 0099 8877", direction="in"), says("Gracias.")]
    assert graded(task, evidence(payments=[payment(reference="0099 8877")], thread=thread)).passed


def test_a_price_counts_as_told_in_either_way_of_writing_it() -> None:
    task = wanting(told=[{"price": "QUEBLA"}])
    turns = [turn(call("list_products", facts=["1200.00"]))]
    for words in ("Cuesta Bs. 1.200,00 el kilo.", "It is 1,200.00 a kilo."):
        assert graded(task, evidence(turns=turns, thread=[says("¿a cómo?", direction="in"), says(words)])).passed
    silent = evidence(thread=[says("¿a cómo?", direction="in"), says("Enseguida.")])
    assert graded(task, silent).count("told") == 1


def test_the_first_wrong_step_is_the_call_that_took_the_wrong_product() -> None:
    # Given three turns, of which the second put yellow flour into the cart
    turns = [
        turn(number=1),
        turn(call("add_item_to_draft", "item_added", claims=[("item_added", "Harina P.A.N. Amarilla 1 kg")]), number=2),
        turn(call("request_confirmation"), number=3),
    ]
    found = evidence(orders=[order({"HARAMA": 2, "ACEMAZ": 1})], turns=turns, thread=GOOD["thread"])
    wrong = first_wrong(PAN, SHOP, found, graded(PAN, found))
    # Then that turn is named
    assert wrong is not None
    assert wrong.turn == 2
