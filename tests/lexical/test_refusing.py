"""Refusing one thing takes out that thing and nothing else, and what could be meant in two ways is asked."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from agent.lexical.acts import ActKind
from agent.lexical.reading import Context, order_text, read
from tests.lexical.test_binding import AR, VE, answered, changed, point
from tests.lexical.test_understanding import after
from tools.context import Pending

BAG = {"REM-001": 3, "JEA-001": 1, "MOC-002": 1}
OF_ONE = [
    "the backpack, I don't want it anymore",
    "the backpack, never mind",
    "never mind the backpack",
    "the backpack? forget it",
    "cancel the backpack",
    "I changed my mind about the backpack",
    "no backpack then, never mind",
    "la mochila ya no la quiero",
    "la mochila. ya no la quiero",
    "la mochila, olvídala",
    "la mochila, cancélala",
    "uy no, de la mochila me arrepentí, sacala. lo demás queda",
    "a mochila não quero",
]


@pytest.mark.parametrize("said", OF_ONE)
def test_refusing_one_thing_takes_out_that_thing_alone(said: str) -> None:
    # Given
    context = Context(has_draft=True)

    # When
    reading = answered(AR, order_text(said, context), held=BAG)

    # Then
    assert ActKind.CANCEL not in {act.kind for act in read(said, context)}
    assert [(change.sku, change.mode, change.quantity) for change in reading.changes] == [("MOC-002", "remove", None)]
    assert not reading.questions


@pytest.mark.parametrize(
    "said", ["no jacket then, never mind", "the xylophone, I don't want it anymore", "la sal, ya no la quiero"]
)
async def test_what_is_refused_and_not_in_the_order_leaves_the_order_alone(said: str) -> None:
    shop = await after("ar", said, draft={"BUZ": 1, "GOR": 1})
    assert "cancel_order" not in [tool for tool, _ in getattr(shop, "calls", [])]
    assert shop.counts == {"BUZ": 1, "GOR": 1}


@pytest.mark.parametrize(
    "said", ["never mind", "I don't want it anymore", "olvídalo", "ya no lo quiero", "ay no, me arrepentí", "puedo cancelar?"]
)
async def test_the_order_is_called_off_where_nothing_is_named(said: str) -> None:
    shop = await after("ar", said, draft={"BUZ": 1})
    assert [tool for tool, _ in shop.calls] == ["cancel_order"]


def test_what_is_refused_in_one_sentence_takes_no_number_of_the_next() -> None:
    reading = answered(AR, "No jacket then, never mind. Just one pair of the chinos in 40")
    assert (changed(reading), reading.questions) == ({"PAN-001-40": Decimal(1)}, [])


SKIRT = point(AR, "choose_product", "POL-001", "POL-001-M", "POL-001-L", words="una pollera", quantity=1)
JUMPER = point(AR, "choose_product", "SWE-001", "SWE-001-M", "SWE-001-L", words="un sweater")


@pytest.mark.parametrize("said", ["las dos en talle M", "los dos en M", "ambos talle M", "both in M", "las 2 M"])
def test_one_size_for_both_is_one_of_each_question(said: str) -> None:
    assert changed(answered(AR, said, SKIRT, JUMPER)) == {"POL-001-M": Decimal(1), "SWE-001-M": Decimal(1)}


@pytest.mark.parametrize("said", ["2 en talle M", "M", "talle M", "las dos", "ambas"])
def test_what_could_answer_two_questions_answers_neither(said: str) -> None:
    assert not changed(answered(AR, said, SKIRT, JUMPER))


@pytest.mark.parametrize(
    "said",
    [
        "2 arroz mary tradicional, y lo mismo para mi hermana",
        "para mi casa 2 arroz mary tradicional, y para la de mi suegra lo mismo",
        "2 rice mary tradicional for me and the same for my mom",
        "2 arroz mary tradicional e o mesmo para minha mãe",
    ],
)
def test_the_same_for_somebody_else_is_asked(said: str) -> None:
    reading = answered(VE, said)
    assert (changed(reading), [q.kind for q in reading.questions]) == ({}, ["unclear", "confirm"])


def test_so_many_as_there_are_of_a_kind_may_be_instead_of_the_others() -> None:
    reading = answered(VE, "mejor las 12 que sean polar", held={"BEB-005": 6, "BEB-006": 6})
    asked = [(question.skus, question.mode, question.quantity) for question in reading.questions]
    assert (changed(reading), asked) == ({}, [(("BEB-005",), "set", Decimal(12)), (("BEB-006",), "remove", None)])


PAIRS = ["only one pair of chinos, not two", "just one pair of the chinos in 40", "no, one pair of chinos"]


@pytest.mark.parametrize("said", PAIRS)
def test_a_pair_of_trousers_is_one(said: str) -> None:
    assert changed(answered(AR, said, held={"PAN-001-40": 2})) == {"PAN-001-40": Decimal(1)}


BOOTS = point(AR, "choose_product", "BOT-001", "BOT-001-37", "BOT-001-38", words="Botas")
SANDALS = point(AR, "choose_quantity", "SAN-001", words="sandálias")
REFUSED: list[tuple[str, Sequence[Pending]]] = [
    ("Botas e sandálias não quero", [BOOTS, SANDALS]),
    ("Não quero botas nem sandálias", [BOOTS, SANDALS]),
    ("nenhuma bota, nenhuma sandália", [BOOTS, SANDALS]),
    ("botas y sandalias no quiero", [BOOTS, SANDALS]),
    ("não quero sandálias", [SANDALS]),
    ("nenhuma", [SANDALS]),
    ("já disse que não", [SANDALS]),
    ("ya te dije que no", [SANDALS]),
    ("I already said no", [SANDALS]),
    ("não, só o vestido e as medias", [SANDALS]),
    ("no, solo el vestido y las medias", [SANDALS]),
]


@pytest.mark.parametrize(("said", "points"), REFUSED, ids=[said for said, _ in REFUSED])
def test_a_question_that_is_refused_is_asked_no_more(said: str, points: Sequence[Pending]) -> None:
    text = order_text(said, Context(has_draft=True))
    reading = answered(AR, text, *points, held={"VES-001": 1, "MED-001": 1}, language="pt" if "ã" in said else "es")
    assert (list(reading.declined), reading.changes, reading.questions) == (points, [], [])


TOPS = {"TOP-001": 1, "TOP-001-L": 1, "CAL-001": 1}
REMOVED: list[tuple[str, Sequence[Pending], Mapping[str, Decimal | None]]] = [
    ("sacale el top L", [], {"TOP-001-L": None}),
    ("quitale la calza", [], {"CAL-001": None}),
    ("ninguno, sacá el top L", [point(AR, "choose_quantity", "TOP-001-L", words="el L")], {"TOP-001-L": None}),
    ("el L", [point(AR, "choose_product", "TOP-001", "TOP-001-L", words="top", mode="remove")], {"TOP-001-L": None}),
]


@pytest.mark.parametrize(("said", "points", "wanted"), REMOVED, ids=[said for said, _, _ in REMOVED])
def test_what_is_taken_out_goes_whatever_was_asked_of_it(
    said: str, points: Sequence[Pending], wanted: Mapping[str, Decimal | None]
) -> None:
    reading = answered(AR, said, *points, held=TOPS)
    assert [(change.sku, change.quantity) for change in reading.changes if change.mode == "remove"] == list(wanted.items())
    assert not reading.questions


def test_a_refusal_agrees_that_a_thing_goes_out() -> None:
    # Given
    going = point(AR, "confirm", "MOC-002", words="backpack", mode="remove")

    # When
    reading = answered(AR, "the backpack, I don't want it anymore", going, held=BAG)

    # Then
    assert [(change.sku, change.mode, change.quantity) for change in reading.changes] == [("MOC-002", "remove", None)]
    assert not reading.declined


@pytest.mark.parametrize("said", ["no, las 40 mejor no", "no, sacá la 40"])
def test_a_size_behind_its_article_is_that_thing_of_the_order(said: str) -> None:
    reading = answered(AR, said, held={"ALP-001-38": 1, "ALP-001-40": 1})
    assert [(change.sku, change.mode, change.quantity) for change in reading.changes] == [("ALP-001-40", "remove", None)]


CAP_OUT = point(AR, "confirm", "GOR-001", words="la gorra no", mode="remove")
HAT = point(AR, "choose_quantity", "GOR-002", words="gorro de lana")
BROUGHT = {"GOR-001": 1, "BUZ-001": 1, "BUZ-001-XL": 1}


@pytest.mark.parametrize("said", ["sacala", "sí, sacala", "si, quitala por favor", "yes, remove it"])
def test_a_pronoun_is_what_is_asked_to_go_and_nothing_else_of_the_order(said: str) -> None:
    assert changed(answered(AR, said, CAP_OUT, held=BROUGHT)) == {"GOR-001": None}


def test_a_pronoun_leaves_alone_what_is_said_behind_it() -> None:
    assert changed(answered(AR, "si, sacala. gorro uno", CAP_OUT, HAT, held=BROUGHT)) == {
        "GOR-001": None,
        "GOR-002": Decimal(1),
    }


def test_a_pronoun_takes_out_neither_of_two_that_are_asked_to_go() -> None:
    hoodie = point(AR, "confirm", "BUZ-001", words="el buzo no", mode="remove")
    assert not changed(answered(AR, "sacala", CAP_OUT, hoodie, held=BROUGHT))


LISTED = [
    point(VE, "choose_quantity", sku, words=words)
    for sku, words in {"MAY-001": "mayonesa mavesa", "DIA-001": "diablitos", "CHO-002": "toddy"}.items()
]


@pytest.mark.parametrize("said", ["una de cada una, y toddy no", "toddy no, una de cada una", "uno de cada uno, menos toddy"])
def test_what_is_refused_is_none_of_each(said: str) -> None:
    reading = answered(VE, said, *LISTED)
    assert changed(reading) == {"MAY-001": Decimal(1), "DIA-001": Decimal(1)}
    assert not reading.questions


def test_what_is_left_out_of_each_is_not_put_in() -> None:
    assert "CHO-002" not in changed(answered(VE, "uno de cada uno menos toddy", *LISTED))


@pytest.mark.parametrize(
    "said", ["dos leches, y sin desodorante", "que sean dos leches y sin desodorante", "sin desodorante, y dos leches"]
)
def test_what_all_of_the_others_lack_is_a_thing_of_its_own(said: str) -> None:
    assert changed(answered(VE, said, held={"LEC-001": 1, "LIM-008": 1})).get("LIM-008", 0) is None


def test_what_a_thing_shall_not_have_only_tells_which_one() -> None:
    sugar = {"AZU-001": 1}
    assert "AZU-001" not in changed(answered(VE, "un café fama sin azúcar", held=sugar))


@pytest.mark.parametrize(
    "said",
    [
        "ugh party got cancelled, forget the whole order sorry man",
        "forget everything",
        "olvida todo el pedido",
        "esquece o pedido todo, desculpa moça",
        "esquece tudo",
    ],
)
async def test_forgetting_the_whole_order_calls_it_off_and_touches_no_line(said: str) -> None:
    shop = await after("ar", said, draft={"BUZ": 1, "GOR": 1})
    assert [tool for tool, _ in shop.calls] == ["cancel_order"]


@pytest.mark.parametrize(
    "said",
    [
        "forget everything but the scarf",
        "forget the whole order except the scarf",
        "olvida todo menos la bufanda",
        "olvida todo el pedido menos la bufanda",
    ],
)
def test_forgetting_all_but_one_thing_keeps_that(said: str) -> None:
    context = Context(has_draft=True)
    reading = answered(AR, order_text(said, context), held={"BUF-001": 1, "REM-001": 3})
    assert ActKind.CANCEL not in {act.kind for act in read(said, context)}
    assert [(change.sku, change.mode) for change in reading.changes] == [("REM-001", "remove")]


CARGO = {"CIN-001": 1, "CAR-001-42": 1, "CAR-001-44": 1}


@pytest.mark.parametrize("said", ["tira o cargo 42 por favor", "tira o cargo 42", "quita el cargo 42", "take out the cargo 42"])
def test_the_size_that_is_said_is_the_one_that_goes(said: str) -> None:
    reading = answered(AR, said, held=CARGO)
    assert [(change.sku, change.mode) for change in reading.changes] == [("CAR-001-42", "remove")]
    assert not reading.questions


@pytest.mark.parametrize("said", ["tira o cargo", "quita el cargo"])
def test_without_its_size_it_is_asked_which_one_goes(said: str) -> None:
    reading = answered(AR, said, held=CARGO)
    asked = [(question.kind, question.skus, question.mode) for question in reading.questions]
    assert (reading.changes, asked) == ([], [("which", ("CAR-001-42", "CAR-001-44"), "remove")])


@pytest.mark.parametrize("said", ["12 cervejas polar no total", "no, 12 polar no total", "no total 12 polar"])
def test_no_total_is_in_all_and_refuses_nothing(said: str) -> None:
    reading = answered(VE, order_text(said, Context(has_draft=True)), held={"BEB-005": 6, "QUE-003": 1})
    assert [(change.sku, change.mode, change.quantity) for change in reading.changes] == [("BEB-005", "set", Decimal(12))]
    assert not reading.questions


@pytest.mark.parametrize("said", ["quanto fica no total?", "quanto dá no total", "cuánto es el total"])
def test_the_total_is_asked_for(said: str) -> None:
    assert {act.kind for act in read(said, Context(has_draft=True))} == {ActKind.ASK_TOTAL}


@pytest.mark.parametrize(
    "said",
    [
        "ahora dice que ya no quiere la franela, que tiene muchas. las mias si dejamelas",
        "quita las remeras, las mías déjalas",
        "take out the remera, keep mine",
        "tira a camiseta, as minhas ficam",
    ],
)
def test_of_several_that_are_shared_it_is_asked_how_many_stay(said: str) -> None:
    reading = answered(AR, said, held={"REM-001": 3, "VES-001": 1})
    asked = [(question.kind, question.skus, question.mode) for question in reading.questions]
    assert reading.changes == []
    assert ("quantity", ("REM-001",), "set") in asked


def test_the_only_one_goes_whosever_it_is() -> None:
    reading = answered(AR, "ya no quiere la remera. las mías sí", held={"REM-001": 1})
    assert [(change.sku, change.mode) for change in reading.changes] == [("REM-001", "remove")]
