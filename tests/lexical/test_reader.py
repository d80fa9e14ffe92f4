"""The order reader on sentences that went wrong in other hands: each stands for its kind, with the right value beside it."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.lexical.reader.closed import Role
from agent.lexical.reader.goods import Product
from domain.catalog.search import Verdict
from tests.lexical.reading import asked, cart, demo_goods, read

VE, AR = "fluxion", "demo-store"
JEAN = next(p.sku for p in demo_goods(AR).products if "jean clásico" in p.aliases)
SHOES = next(p.sku for p in demo_goods(AR).products if p.name.startswith("Zapatillas"))
SHIRT = next(p.sku for p in demo_goods(AR).products if "remera básica" in (*p.aliases, p.name.casefold()))

CARTS: list[tuple[str, str, dict[str, str]]] = [
    # mixed fractions, two measures, two numbers of one amount
    (VE, "1½ kg de tomate perita", {"FRU-002": "1.5"}),
    (VE, "2 kg y ½ de tomate perita", {"FRU-002": "2.5"}),
    (VE, "uno y medio kilos de tomate perita", {"FRU-002": "1.5"}),
    (VE, "3 kg 250 g de papa lavada", {"FRU-004": "3.25"}),
    (VE, "2 kilos y 300 gramos de papa lavada", {"FRU-004": "2.3"}),
    (VE, "dos kilos doscientos de papa lavada", {"FRU-004": "2.2"}),
    (VE, "0,750 kg de queso blanco duro", {"QUE-001": "0.75"}),
    (VE, "cuarto y medio de jamón plumrose", {"JAM-001": "0.375"}),
    # pieces of what is sold by the tray, foreign units
    (VE, "necesito 30 huevos", {"HUE-001": "1"}),
    (VE, "dame 60 huevos", {"HUE-001": "2"}),
    (VE, "un cartón de huevos", {"HUE-001": "1"}),
    (VE, "2 cartones de 30 huevos", {"HUE-001": "2"}),
    (VE, "2 libras de queso de mano", {"QUE-002": "0.908"}),
    (VE, "medio kilo de café madrid 250 g", {"CAF-001": "2"}),
    # numbers on the other side
    (VE, "(3) harina pan blanca (2) arroz mary tradicional", {"HAR-001": "3", "ARR-001": "2"}),
    (VE, "harina pan blanca (3), arroz mary tradicional (2)", {"HAR-001": "3", "ARR-001": "2"}),
    (VE, "harina pan blanca: 3\narroz mary tradicional: 2", {"HAR-001": "3", "ARR-001": "2"}),
    (VE, "tres (3) harina pan blanca y 2 (dos) arroz mary tradicional", {"HAR-001": "3", "ARR-001": "2"}),
    # money
    (VE, "harina pan blanca 2 x 25.000 = 50.000", {"HAR-001": "2"}),
    (VE, "2 harina pan blanca a 25.000 c/u", {"HAR-001": "2"}),
    (VE, "50 mil bolívares de carne molida", {"RES-001": "0.256"}),
    (AR, "dame 50 mil pesos de remeras básicas", {SHIRT: "10"}),
    # pasted text
    (VE, "1 Harina P.A.N. Amarilla", {"HAR-002": "1"}),
    (
        VE,
        "[10:32, 3/11/2025] Mamá: 2 harina pan blanca\n[10:33, 3/11/2025] Mamá: 1 arroz mary tradicional",
        {"HAR-001": "2", "ARR-001": "1"},
    ),
    (VE, "3/11/25 10:32 - Ana: 2 harina pan blanca", {"HAR-001": "2"}),
    (VE, "1) 2 harina pan blanca\n2) 3 arroz mary tradicional\n3) 1 malta", {"HAR-001": "2", "ARR-001": "3", "BEB-004": "1"}),
    (VE, "dame 2 harina pan blanca para el 3 de noviembre a las 5", {"HAR-001": "2"}),
    (VE, "somos 5 personas, dame 2 maltas", {"BEB-004": "2"}),
    # sentences
    (AR, "poné un pedido de dos gorras trucker", {"GOR-001": "2"}),
    (AR, "un jean clásico pero tengo que evitar la gorra trucker", {JEAN: "1"}),
    (AR, "un jean clásico, y te pido que dejes afuera el gorro de lana", {JEAN: "1"}),
    (AR, "quiero 2 remeras básicas, es para un regalo", {SHIRT: "2"}),
    (AR, "un par de zapatillas y 3 pares de medias de vestir", {SHOES: "1", "MED-002": "3"}),
    (VE, "3 cocacolas de 2 litros y 6 polarcitas", {"BEB-001": "3", "BEB-005": "6"}),
    (VE, "quero 2 quilos de tomate perita", {"FRU-002": "2"}),
    (VE, "two kilos of tomate perita and a malta please", {"FRU-002": "2", "BEB-004": "1"}),
    (VE, "dame 2 maltas, digo 3", {"BEB-004": "3"}),
    (VE, "2 maltas y un café madrid, el café no", {"BEB-004": "2"}),
    (VE, "medio kilo de queso blanco duro y 200 de jamón", {"QUE-001": "0.5", "JAM-001": "0.2"}),
    (VE, "un pollo entero de dos kilos", {"POL-001": "2"}),
    (VE, "dos jugos: uno de naranja y uno de pera", {"BEB-008": "1", "BEB-009": "1"}),
    (VE, "tomate perita y papa lavada, 2 kilos de cada uno", {"FRU-002": "2", "FRU-004": "2"}),
    (VE, "quiero la malta y mándame también 2 plátano maduro", {"BEB-004": "1", "FRU-001": "2"}),
]


@pytest.mark.parametrize(("shop", "said", "wanted"), CARTS)
def test_what_is_explained_is_put_in_the_cart_as_it_was_said(shop: str, said: str, wanted: dict[str, str]) -> None:
    assert cart(read(shop, said)) == {sku: Decimal(quantity) for sku, quantity in wanted.items()}


ASKED: list[tuple[str, str, dict[str, str], list[str]]] = [
    (VE, "2 o 3 kilos de tomate", {}, ["quantity"]),
    (VE, "quiero 20000 de queso blanco duro", {}, ["confirm"]),
    (VE, "quiero cinco mil de tomate", {}, ["confirm"]),
    (AR, "dos pares de medias soquete", {}, ["quantity"]),
    (VE, "50 huevos", {}, ["quantity"]),
    (VE, "2 libras de queso", {}, ["which"]),
    (VE, "quiero queso blanco duro", {}, ["quantity"]),
    (VE, "si no hay harina pan blanca dame 2 arroz mary tradicional", {}, ["want", "confirm"]),
    (AR, "un jean clásico con cinto de cuero", {JEAN: "1"}, ["want"]),
    (VE, "2 harina pan blanca y dos bolsas de hielo", {"HAR-001": "2"}, ["unknown"]),
    (VE, "2 harina pan blanca con aceite mazeite y dos bolsas de hielo", {"HAR-001": "2"}, ["want", "unknown"]),
    (VE, "no quiero 2 maltas", {}, ["contradiction"]),
    (VE, "quiero 2 maltas y hielo", {"BEB-004": "2"}, ["unknown"]),
    (VE, "250", {}, ["number"]),
    (VE, "2 kilos de carne de bistec", {}, ["confirm"]),
]


@pytest.mark.parametrize(("shop", "said", "wanted", "kinds"), ASKED)
def test_what_is_not_explained_is_asked(shop: str, said: str, wanted: dict[str, str], kinds: list[str]) -> None:
    reading = read(shop, said)
    assert cart(reading) == {sku: Decimal(quantity) for sku, quantity in wanted.items()}
    assert [question.kind for question in reading.questions] == kinds


def test_a_question_keeps_the_quantity_and_the_customers_own_words() -> None:
    (which,) = read(VE, "2 libras de queso").questions
    assert (which.quantity, which.unit, which.words) == (Decimal(2), "lb", "2 libras de queso")
    assert set(which.skus) == {"QUE-001", "QUE-002", "QUE-003"}
    (unknown,) = read(VE, "dame dos bolsas de hielo").questions
    assert (unknown.kind, unknown.quantity, unknown.words) == ("unknown", Decimal(2), "dos bolsas de hielo")


@pytest.mark.parametrize(
    "said",
    [
        "ojalá pudiera llevar 2 maltas",
        "ya compré 2 maltas",
        "desestimemos 2 maltas",
        "me sobraron 2 maltas",
        "evitemos 2 maltas",
        "2 maltas ni locos",
        "sin 2 maltas",
        "no me traigas 2 maltas",
        "las 2 maltas prescindamos",
        "ayer me dieron 2 maltas",
    ],
)
def test_what_may_be_refused_in_words_that_no_list_has_never_enters_the_cart_unasked(said: str) -> None:
    reading = read(VE, said)
    assert not reading.changes
    assert all(question.kind != "quantity" for question in reading.questions)


def test_a_price_that_the_customer_wrote_is_kept_beside_the_line() -> None:
    (line,) = read(VE, "harina pan blanca 2 x 24.000 = 48.000").changes
    assert line.price == 24000


def test_a_sum_that_is_wrong_is_no_explanation() -> None:
    reading = read(VE, "harina pan blanca 2 x 25.000 = 70.000")
    assert not reading.changes


# Lists of forty lines, in the ways in which people paste them.
_CLEAR = [product for product in demo_goods(VE).products if len(product.name.split()) > 1]


def _figure(value: Decimal) -> str:
    return f"{value:,.0f}".replace(",", ".")


def _total(count: int, product: Product) -> str:
    return _figure(product.price * count)


STYLES = {
    "plain": lambda count, product: f"{count} {product.name}",
    "total": lambda count, product: f"{count} {product.name} {_total(count, product)}",
    "bullet": lambda count, product: f"• {count} x {product.name} - Bs {_total(count, product)}",
    "sum": lambda count, product: f"{product.name} {count} x {_figure(product.price)} = {_total(count, product)}",
    "each": lambda count, product: f"- {product.name}: {count} (Bs. {_figure(product.price)} c/u)",
    "times": lambda count, product: f"{product.name} x{count}",
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("separator", ["\n", ", "])
def test_a_list_of_forty_lines_is_read_to_its_end(style: str, separator: str) -> None:
    if separator == ", " and style in ("bullet", "each"):
        pytest.skip("a list with bullets has lines")
    # Given forty products, as far apart in the catalogue as can be, and counts that change
    listed = [(at % 4 + 1, product) for at, product in enumerate(_CLEAR[:: max(1, len(_CLEAR) // 40)][:40])]
    text = separator.join(STYLES[style](count, product) for count, product in listed)

    # When
    reading = read(VE, text)

    # Then every line has come to its product and count, or is asked with its words
    wanted = {product.sku: Decimal(count) for count, product in listed}
    assert cart(reading) == wanted
    assert not [question for question in reading.questions if question.kind != "unknown"]


def test_what_stands_beyond_the_longest_message_is_asked_for() -> None:
    reading = read(VE, "2 maltas\n" * 800)
    assert [question.kind for question in reading.questions][-1] == "too_long"


WORDS = (
    "hola quiero dame 2 3 12 1½ media docena kilo y medio de arroz harina pan queso tomate , . ? no mejor quita otro más sin "
    "pero en vez cambia por sí gracias x3 (2) = 25.000 bs 50 mil para un regalo una las el hielo a las 5 porque 3/4 kg g - x"
)
MESSAGES = st.lists(st.sampled_from([*WORDS.split(), "\n"]), max_size=24).map(" ".join)


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_every_token_has_one_role_and_every_number_is_used_once(said: str) -> None:
    reading = read(VE, said)

    # Then the arcs lie side by side from the first token to the last
    assert [arc.start for arc in reading.arcs] == [0, *(arc.end for arc in reading.arcs)][: len(reading.arcs)]
    assert len(reading.roles) == len(reading.tokens)

    # And no more is put in the cart or asked about than quantities were said
    said_numbers = sum(role is Role.QUANTITY for role in (arc.role for arc in reading.arcs))
    counted = len([change for change in reading.changes if change.mode == "add"])
    shared = any(arc.role is Role.EACH for arc in reading.arcs)
    singles = sum(token.text in ("el", "la") for token in reading.tokens)
    assert shared or counted <= said_numbers + singles


@settings(max_examples=80, deadline=None)
@given(MESSAGES)
def test_no_quantity_is_dropped_in_silence(said: str) -> None:
    reading = read(VE, said)
    quantities = [arc for arc in reading.arcs if arc.role is Role.QUANTITY]
    operators = {Role.REFUSE, Role.CORRECT, Role.SWAP, Role.TELL, Role.ASK, Role.ASK_PRICE, Role.EACH, Role.CONDITION, Role.BUT}
    if quantities and not operators & set(reading.roles) and "?" not in said:
        assert reading.changes or reading.questions


def test_what_is_settled_is_what_the_catalogue_search_says() -> None:
    goods = demo_goods(VE)
    (product,) = [arc.mention for arc in read(VE, "2 harina pan blanca").arcs if arc.mention is not None]
    verdict, found = goods.settle(product)
    assert (verdict, found[0].sku) == (Verdict.ONE, "HAR-001")
    assert asked(read(VE, "2 harina pan blanca")) == []


@pytest.mark.parametrize(
    ("said", "kind"),
    [("2 cajas de malta", "quantity"), ("2 bultos de harina pan blanca", "quantity"), ("una caja de arroz", "which")],
)
def test_a_container_of_many_that_the_shop_does_not_sell_by_counts_nothing(said: str, kind: str) -> None:
    reading = read(VE, said)
    assert not reading.changes
    assert [(one[0], one[2]) for one in asked(reading)] == [(kind, None)]


HELD = {"BEB-004": Decimal(5), "HAR-001": Decimal(2)}
MALT, FLOUR, YELLOW = "BEB-004", "HAR-001", "HAR-002"
EDITS: list[tuple[str, list[tuple[str, str, str | None]]]] = [
    ("quita dos maltas", [(MALT, "remove", "2")]),
    ("dos maltas menos", [(MALT, "remove", "2")]),
    ("ya no quiero la malta", [(MALT, "remove", None)]),
    ("que sean 3 maltas", [(MALT, "set", "3")]),
    ("las maltas déjalas en 3", [(MALT, "set", "3")]),
    ("2 maltas más", [(MALT, "add", "2")]),
    ("otras 2 maltas", [(MALT, "add", "2")]),
    ("son 4 maltas, no 5", [(MALT, "set", "4")]),
    ("que sean 3, no 5", [(MALT, "set", "3")]),
    ("quita todo menos la malta", [(FLOUR, "remove", None)]),
    ("cambia la harina pan blanca por la amarilla", [(FLOUR, "remove", None), (YELLOW, "add", "2")]),
    ("cambia una harina pan blanca por una malta", [(FLOUR, "remove", "1"), (MALT, "add", "1")]),
    ("dame una malta en vez de la harina pan blanca", [(FLOUR, "remove", None), (MALT, "add", "1")]),
    ("si no hay café quita la malta", []),
    ("ojalá pudieras quitar la malta", []),
]


@pytest.mark.parametrize(("said", "changes"), EDITS)
def test_an_edit_does_to_the_order_what_was_said(said: str, changes: list[tuple[str, str, str | None]]) -> None:
    reading = read(VE, said, HELD)
    made = [(one.sku, one.mode, None if one.quantity is None else f"{one.quantity:f}") for one in reading.changes]
    assert sorted(made, key=str) == sorted(changes, key=str)


@pytest.mark.parametrize(
    ("said", "kind", "mode"),
    [
        ("ponle 3 maltas", "confirm", "set"),
        ("no quiero 2 maltas", "contradiction", "remove"),
        ("cambia la malta por una piedra rara", "contradiction", "remove"),
        ("quita la malta xyzzy", "confirm", "remove"),
        ("que sean 3 maltas xyzzy", "confirm", "set"),
    ],
)
def test_an_edit_that_is_not_clear_is_asked_and_changes_nothing(said: str, kind: str, mode: str) -> None:
    reading = read(VE, said, HELD)
    assert not reading.changes
    assert [(one.kind, one.mode) for one in reading.questions if MALT in one.skus] == [(kind, mode)]
