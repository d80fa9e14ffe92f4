"""A number belongs to the question or the thing that its sentence says, and to no other: else it is asked."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.lexical.reader.explain import explain
from agent.lexical.reader.readings import Reading
from tests.lexical.reading import demo_goods
from tools.context import Pending
from tools.outcome import Option

VE, AR = "fluxion", "demo-store"


def point(shop: str, kind: str, *skus: str, words: str = "", quantity: float | None = None, mode: str = "add") -> Pending:
    """An open question of a demo shop about some of its products."""
    goods = demo_goods(shop)
    options = [Option(sku=sku, name=goods.by_sku[sku].name) for sku in skus]
    arguments: dict[str, object] = {"mode": mode} if quantity is None else {"mode": mode, "quantity": quantity}
    if len(skus) == 1:
        arguments["product"] = skus[0]
    return Pending(kind=kind, tool="update_draft", arguments=arguments, options=options, words=words)


def answered(shop: str, said: str, *points: Pending, held: Mapping[str, int] | None = None, language: str = "es") -> Reading:
    """What an answer comes to while questions are open."""
    return explain(said, demo_goods(shop), language, {sku: Decimal(many) for sku, many in (held or {}).items()}, points)


def changed(reading: Reading) -> dict[str, Decimal | None]:
    """What is put in, set or taken out without a question."""
    return {change.sku: change.quantity for change in reading.changes}


ONION = point(VE, "confirm", "FRU-003", words="meio quilo de cebola", quantity=0.5)
SCARF = point(AR, "confirm", "BUF-001", words="one printed scarf", quantity=1)
CAPS = point(AR, "confirm", "GOR-001", words="like 2 caps", quantity=2)
HOODIE = point(AR, "choose_product", "BUZ-001-XL", "BUZ-002-XL", words="hoodie in XL", quantity=1)
CHEESE = point(VE, "choose_product", "QUE-001", "QUE-002", "QUE-003", words="medio de queso", quantity=0.5)
MAVESA = point(VE, "choose_product", "MAR-001", "MAY-001", words="un mavesa", quantity=1)
SUGAR = point(VE, "choose_quantity", "AZU-001", words="azúcar")
RICE = point(VE, "choose_quantity", "ARR-001", words="arroz")
BOOTS = point(AR, "number", words="6", quantity=6)

FLIP_FLOPS = point(AR, "choose_product", "OJO-001", "OJO-001-39", "OJO-001-41", words="ojotas")
A_PAIR_OF_EACH: dict[str, Decimal | None] = {"OJO-001-39": Decimal(1), "OJO-001-41": Decimal(1)}

BOUND: list[tuple[str, str, list[Pending], dict[str, Decimal | None]]] = [
    # what stands before a number in its sentence is what it counts, known or not
    (VE, "sim. frango inteiro, 2,5 kg", [ONION], {"FRU-003": Decimal("0.5")}),
    (AR, "no. espadrilles, one pair, 40", [SCARF], {}),
    (AR, "yeah 2. and the one with the hood", [CAPS, HOODIE], {"GOR-001": Decimal(2)}),
    # a count of one sentence is not that of the choice in the next
    (AR, "yes, 2 in all. and the first hoodie", [CAPS, HOODIE], {"GOR-001": Decimal(2), "BUZ-001-XL": Decimal(1)}),
    # a measure of what is weighed tells no package of something else
    (VE, "de mano, medio kilo", [CHEESE, MAVESA], {"QUE-002": Decimal("0.5")}),
    (VE, "la mavesa, una", [point(VE, "choose_product", "MAY-001", "MAY-002", words="mayonesa")], {"MAY-001": Decimal(1)}),
    # what names another thing of the order, or another of its kind, does not count what was shown
    (AR, "chinos: 1. And one Cinto de Cuero, please", [point(AR, "offered", "CIN-001")], {"CIN-001": Decimal(1)}),
    (VE, "deme cuatro. y de la blanca dos", [point(VE, "offered", "HAR-002")], {"HAR-002": Decimal(4)}),
    # one number and two questions that it may answer
    (VE, "2", [SUGAR, RICE], {}),
    (VE, "dos", [point(VE, "confirm", "HAR-001", quantity=2), SUGAR], {}),
    # by their order, where there is one for each
    (VE, "2 y 3", [SUGAR, RICE], {"AZU-001": Decimal(2), "ARR-001": Decimal(3)}),
    # with a yes it is what was proposed, with a no another number of it
    (VE, "sí, 2", [point(VE, "confirm", "HAR-001", quantity=2)], {"HAR-001": Decimal(2)}),
    (VE, "no, 3", [point(VE, "confirm", "HAR-001", quantity=2)], {"HAR-001": Decimal(3)}),
    # what is shared out among sizes counts none of them alone
    (AR, "dale mandame dos pares, uno 39 y otro 41", [FLIP_FLOPS], A_PAIR_OF_EACH),
    (AR, "un par 39 y otro 41", [FLIP_FLOPS], A_PAIR_OF_EACH),
    (AR, "two pairs, one in 39 and one in 41", [FLIP_FLOPS], A_PAIR_OF_EACH),
    (AR, "tres pares, dos 39 y uno 41", [FLIP_FLOPS], A_PAIR_OF_EACH | {"OJO-001-39": Decimal(2)}),
    (AR, "dos pares, 39 y 41", [FLIP_FLOPS], {}),
]


@pytest.mark.parametrize(("shop", "said", "points", "wanted"), BOUND, ids=[said for _, said, _, _ in BOUND])
def test_a_number_answers_the_one_question_that_it_can_be_of(
    shop: str, said: str, points: Sequence[Pending], wanted: Mapping[str, Decimal | None]
) -> None:
    assert changed(answered(shop, said, *points)) == wanted


@pytest.mark.parametrize("said", ["2", "dos", "2 por favor"])
def test_a_number_that_could_belong_to_two_is_asked(said: str) -> None:
    reading = answered(VE, said, SUGAR, RICE)
    assert [(question.kind, question.quantity) for question in reading.questions] == [("number", Decimal(2))]


@given(order=st.permutations(["AZU-001", "ARR-001", "LEN-001"]), unknown=st.sampled_from(["xilófono", "quesabirria"]))
@settings(max_examples=20, deadline=None)
def test_a_number_beside_an_unknown_thing_never_reaches_a_question(order: Sequence[str], unknown: str) -> None:
    points = [point(VE, "choose_quantity", sku) for sku in order]
    for said in (f"{unknown}, 7", f"un {unknown}, 7 unidades", f"el {unknown}: 7"):
        assert Decimal(7) not in changed(answered(VE, said, *points)).values()


@pytest.mark.parametrize("names", list(permutations([("azúcar", "AZU-001"), ("arroz mary tradicional", "ARR-001")])))
def test_named_numbers_go_to_what_they_name_in_any_order(names: Sequence[tuple[str, str]]) -> None:
    said = ", ".join(f"{number} de {name}" for number, (name, _) in enumerate(names, 4))
    wanted = {sku: Decimal(number) for number, (_, sku) in enumerate(names, 4)}
    assert changed(answered(VE, said, SUGAR, RICE)) == wanted


DENIALS = ["no, así está mal", "mejor no", "eso no", "no no, she's fine", "não, obrigado", "no, gracias, está bien así"]


@pytest.mark.parametrize("said", DENIALS)
def test_a_refusal_is_one_whatever_is_said_with_it(said: str) -> None:
    reading = answered(VE, said, ONION)
    assert (list(reading.declined), reading.changes) == ([ONION], [])


@pytest.mark.parametrize("said", ["no sé", "no entendí", "no, 2 de azúcar y cebolla 3"])
def test_what_only_begins_with_a_no_declines_nothing(said: str) -> None:
    assert not answered(VE, said, ONION).declined


@pytest.mark.parametrize("said", ["no, es que somos 6 pa comer", "somos 6 personas", "no", "mejor no"])
def test_a_number_of_people_is_explained_and_asked_no_more(said: str) -> None:
    assert list(answered(AR, said, BOOTS).declined) == [BOOTS]


def test_what_is_refused_in_the_words_of_the_question_is_declined() -> None:
    swimsuit = point(AR, "want", "BOM-001-M", "CAM-002", words="una enteriza M")
    reading = answered(AR, "la enteriza no. y una gorra trucker", swimsuit)
    assert (list(reading.declined), changed(reading)) == ([swimsuit], {"GOR-001": Decimal(1)})


ORDER = {"LIM-005": 3, "LIM-003": 1}
TOTALS: list[tuple[str, str, dict[str, int], dict[str, Decimal | None]]] = [
    # nothing says of which of several, or another thing is spoken of
    (VE, "no, 3 paquetes nada más", ORDER, {}),
    (AR, "son 5 en total", {"CHO-001": 1, "CHO-001-XL": 1}, {}),
    (VE, "sal no, y lo otro es después", ORDER, {}),
    # the one that comes so, the only one, one for somebody out of so many
    (VE, "no, son 12 rollos", ORDER, {"LIM-005": Decimal(3)}),
    (AR, "son 5 en total", {"CHO-001-XL": 1}, {"CHO-001-XL": Decimal(5)}),
    (AR, "los anteojos que sean 2, uno para Juli", {"GOR-001": 1, "ANT-001": 1}, {"ANT-001": Decimal(2)}),
    (AR, "3 gorras trucker, una para Juli", {"ANT-001": 1}, {"GOR-001": Decimal(3)}),
    # taken out by its name and a verb that has its object in itself
    (AR, "los anteojos, sacalos", {"ANT-001": 1, "GOR-001": 1}, {"ANT-001": None}),
    (AR, "la camisa XL sacala", {"CAM-002-XL": 1, "GOR-001": 1}, {"CAM-002-XL": None}),
    # another size
    (AR, "make the dress a medium", {"VES-001": 1, "BOX-001": 3}, {"VES-001": None, "VES-001-M": Decimal(1)}),
    (AR, "cambia el vestido a talle M", {"VES-001": 1, "BOX-001": 3}, {"VES-001": None, "VES-001-M": Decimal(1)}),
]


@pytest.mark.parametrize(("shop", "said", "held", "wanted"), TOTALS, ids=[f"{said}-{len(held)}" for _, said, held, _ in TOTALS])
def test_an_edit_without_a_name_is_of_the_one_thing_that_it_can_be_of(
    shop: str, said: str, held: dict[str, int], wanted: Mapping[str, Decimal | None]
) -> None:
    assert changed(answered(shop, said, held=held)) == wanted


def test_so_many_in_all_of_what_the_order_has_are_no_more_beside_it() -> None:
    reading = answered(AR, "no, only one hoodie!", point(AR, "want", "BUZ-001", "BUZ-001-XL"), held={"BUZ-001-XL": 2})
    assert [(c.sku, c.quantity, c.mode) for c in reading.changes] == [("BUZ-001-XL", Decimal(1), "set")]


def test_a_total_whose_product_is_asked_stays_a_total() -> None:
    (question,) = answered(AR, "no, only one hoodie", held={"BUZ-001-XL": 2, "BUZ-002-XL": 1}).questions
    assert (question.kind, question.mode, question.quantity) == ("which", "set", Decimal(1))


KINDS: list[tuple[str, str, str, Decimal | None]] = [
    (VE, "un mavesa", "which", Decimal(1)),
    (VE, "10 rollos de papel", "quantity", None),
    (VE, "8 unidades de always", "quantity", None),
]


@pytest.mark.parametrize(("shop", "said", "kind", "quantity"), KINDS)
def test_a_brand_of_several_and_a_part_of_a_package_are_asked(
    shop: str, said: str, kind: str, quantity: Decimal | None
) -> None:
    reading = answered(shop, said)
    assert (reading.changes, [(q.kind, q.quantity) for q in reading.questions]) == ([], [(kind, quantity)])


CARTS: list[tuple[str, str, dict[str, Decimal | None]]] = [
    (VE, "12 rollos de papel", {"LIM-005": Decimal(3)}),
    (VE, "mi bebé tiene 8 meses, 2 maltas, es pa la calle 2 casa 17", {"BEB-004": Decimal(2)}),
    (VE, "voy a hacer pabellón pa 6: 3 caraotas", {"CAR-001": Decimal(3)}),
    (
        AR,
        "chombas piqué: una chica, dos medianas y una extra grande",
        {"CHO-001": Decimal(1), "CHO-001-M": Decimal(2), "CHO-001-XL": Decimal(1)},
    ),
    (AR, "three boxers, extra large", {"BOX-001-XL": Decimal(3)}),
]


@pytest.mark.parametrize(("shop", "said", "wanted"), CARTS, ids=[said for _, said, _ in CARTS])
def test_sizes_in_words_and_numbers_of_other_things_ask_nothing(
    shop: str, said: str, wanted: Mapping[str, Decimal | None]
) -> None:
    reading = answered(shop, said)
    assert (changed(reading), reading.questions) == (wanted, [])


@pytest.mark.parametrize("said", ["si, 3 en total", "sí, 3 en total", "no, que sean 3", "yes, 3 in all"])
def test_a_whole_number_is_not_added_to_what_the_order_has(said: str) -> None:
    juice = point(VE, "confirm", "BEB-008", words="pon 3 de naranja", quantity=3)
    reading = answered(VE, said, juice, held={"BEB-008": 2})
    assert [(change.mode, change.quantity) for change in reading.changes] == [("set", Decimal(3))]


def test_more_of_something_else_makes_no_more_of_what_is_corrected() -> None:
    reading = answered(VE, "llegó más gente, que sean tres cocacolas", held={"BEB-001": 2, "BEB-005": 2})
    assert [(change.sku, change.mode, change.quantity) for change in reading.changes] == [("BEB-001", "set", Decimal(3))]
