"""The one rule: what is not explained in words, number and clause is one question, and never a line of the order."""

from decimal import Decimal

import pytest

from agent.lexical.reader.explain import explain
from tests.lexical.reading import asked, cart, demo_goods, read
from tools.context import Pending
from tools.outcome import Option

VE, AR = "fluxion", "demo-store"


@pytest.mark.parametrize(
    ("shop", "said", "added", "open_skus"),
    [
        # Words that the product does not have.
        (VE, "1.5 kg of chicken breast and 250 g of ham", {"JAM-001": "0.25"}, {"POL-001", "POL-002"}),
        (VE, "un kilo de sal y un papel de baño", {"SAL-001": "1"}, {"LIM-005"}),
        (AR, "2 pairs of dress socks", {}, {"MED-001", "MED-002"}),
        # A number from elsewhere.
        (AR, "duas bermudas tamanho 42 e uma chinela havaianas numero 41", {"BER-001-42": "2"}, {"OJO-001-41"}),
        (VE, "soy la señora carmen la del piso siete la que tiene la perrita yo quiero una sal", {"SAL-001": "1"}, set()),
        # A negation or a correction that did nothing that is known.
        (AR, "2 remeras básicas, ay no", {}, {"REM-001"}),
        (AR, "dos pares de medias soquete, ay no, vienen de a tres ¿no? Bueno, un paquete entonces", {}, {"MED-001"}),
        (VE, "2 kilos de tomate, no, y un kilo de papa", {"FRU-004": "1"}, {"FRU-002"}),
        # Conditions.
        (VE, "una mayonesa kraft si no pasa de 70 mil, si pasa dame mejor la mavesa", {}, {"MAY-001", "MAY-002"}),
        (VE, "12 zulias, y si no te quedan zulia que sean polar", {}, {"BEB-006", "BEB-005"}),
        (
            VE,
            "2 pepsis y 1 toddy. Si el toddy está agotado me lo cambias por otro savoy",
            {"BEB-003": "2"},
            {"CHO-002", "CHO-001"},
        ),
        (AR, "3 remeras básicas si no pasan de 20 mil", {}, {"REM-001"}),
        # Alternatives.
        (VE, "2 pepsis o coca colas y una sal", {"SAL-001": "1"}, {"BEB-003"}),
        (AR, "una gorra trucker o la mochila", {}, {"GOR-001", "MOC-002"}),
        # What is explained is done at once.
        (
            AR,
            "media docena de remeras básicas y una docena de pares de soquetes, o sea 4 packs",
            {"REM-001": "6", "MED-001": "4"},
            set(),
        ),
        (VE, "una librita de carne molida, o sea medio kilo, y dos libras de papa", {"RES-001": "0.5", "FRU-004": "1"}, set()),
        (AR, "Musculosa Morley $4200 talle S x 2\nOjotas de Goma $9900 n° 39 x 1", {"MUS-001": "2", "OJO-001-39": "1"}, set()),
        (VE, "33 mil bolívares de queso blanco duro y 26 mil de jamón plumrose", {"QUE-001": "0.2", "JAM-001": "0.1"}, set()),
        (VE, "1 desodorante a tu papá el speed stick", {"LIM-008": "1"}, set()),
        (AR, "un gorro y 2 remeras básicas, sí, una para mí y una para mi hermano", {"GOR-002": "1", "REM-001": "2"}, set()),
        (AR, "el sábado 14 un buzo con capucha talle S, por favor", {"BUZ-001": "1"}, set()),
        (VE, "sí, 2 pepsis", {"BEB-003": "2"}, set()),
        (VE, "si hay pepsi dame 2 pepsis", {"BEB-003": "2"}, set()),
    ],
)
def test_a_line_is_done_only_if_all_of_it_is_explained(
    shop: str, said: str, added: dict[str, str], open_skus: set[str]
) -> None:
    reading = read(shop, said)
    assert cart(reading) == {sku: Decimal(quantity) for sku, quantity in added.items()}
    questions = [set(skus) for _, skus, _ in asked(reading) if skus]
    assert any(open_skus <= skus for skus in questions) if open_skus else not questions


def test_a_condition_with_what_takes_its_place_is_one_question_that_keeps_the_quantity() -> None:
    reading = read(VE, "2 mayonesas kraft si no pasan de 70 mil, si no la mavesa")
    assert asked(reading) == [("which", ("MAY-002", "MAY-001"), Decimal(2))]


def test_what_the_order_has_is_no_more_by_being_named_again() -> None:
    held = {"VES-001-M": Decimal(1), "BER-001-42": Decimal(2)}
    assert not read(AR, "quería el vestido largo floreado M", held).changes
    (question,) = read(AR, "quiero dos bermudas 42", held).questions
    assert (question.kind, question.mode, question.quantity) == ("confirm", "set", Decimal(2))


def test_what_was_only_shown_and_is_in_the_order_is_not_chosen_again() -> None:
    shown = Pending(kind="offered", tool="update_draft", options=[Option(sku="POL-001", name="Pollera Plisada Midi talle S")])
    said = "quería el vestido largo floreado M y la pollera plisada en S"
    held = {"VES-001-M": Decimal(1), "POL-001": Decimal(1)}
    assert not explain(said, demo_goods(AR), cart=held, points=[shown]).changes
