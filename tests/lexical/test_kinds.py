"""Kinds of first readings, in other words than those of any set: which size, pairs, what takes back, what is no detail."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.lexical.reader.explain import explain
from agent.lexical.reading import Context, read
from tests.lexical.reading import asked, cart, demo_goods
from tests.lexical.reading import read as explained
from tests.lexical.spoken import play

VE, AR = "fluxion", "demo-store"

CARTS: list[tuple[str, str, dict[str, str]]] = [
    # a size said with the thing, apart from it, or for each piece
    (AR, "2 borcegos de cuero 42", {"BOR-001-42": "2"}),
    (AR, "dame un pantalón chino 44 y una bufanda", {"PAN-001-44": "1", "BUF-001": "1"}),
    (AR, "tres sandalias, dos 38 y una 39", {"SAN-001-38": "2", "SAN-001-39": "1"}),
    (AR, "2 pijama S y 1 L", {"PIJ-001": "2", "PIJ-001-L": "1"}),
    (AR, "quiero dos pares de mocasines, unos 41 y otros 42", {"MOC-001-41": "1", "MOC-001-42": "1"}),
    (AR, "três sandálias, duas 38 e uma 39", {"SAN-001-38": "2", "SAN-001-39": "1"}),
    (AR, "dos bermudas de gabardina una 38 y la otra 40", {"BER-001": "1", "BER-001-40": "1"}),
    (AR, "dos sudaderas, la que trae capucha, una M y una L", {"BUZ-001-M": "1", "BUZ-001-L": "1"}),
    (AR, "uma calça cargo 42... quer dizer 44", {"CAR-001-44": "1"}),
    (AR, "2 botas 38, no, 39", {"BOT-001-39": "2"}),
    (AR, "averigüé, corpiño 95, mandale dos. y una bufanda", {"COR-001-95": "2", "BUF-001": "1"}),
    # one of each, where as many are named as are counted, and so many of each that is asked about
    (VE, "dos jugos yukery, de naranja y de pera", {"BEB-008": "1", "BEB-009": "1"}),
    (VE, "tienes jugo yukery de naranja y de pera? dame dos de cada uno", {"BEB-008": "2", "BEB-009": "2"}),
    # pairs in packages, and the figure of a name in words
    (AR, "seis pares de medias soquete, los del paquete de tres", {"MED-001": "2"}),
    (VE, "pañales huggies etapa tres, uno", {"LIM-010": "1"}),
    # pairs: one of what comes in pairs, two of all else, and as each language counts
    (AR, "un par de alpargatas 40", {"ALP-001-40": "1"}),
    (AR, "un par de bufandas", {"BUF-001": "2"}),
    (AR, "un par de jeans", {"JEA-001": "2"}),
    # so many of those that are counted already
    (AR, "dame dos jeans y una remera. uno de los jeans es para mi hermano", {"JEA-001": "2", "REM-001": "1"}),
    # how a thing shall be is no refusal of another that is so
    (VE, "ponme un kilo de plátano y 2 kilos de aguacate, no muy maduros", {"FRU-001": "1", "FRU-005": "2"}),
    # a want that is denied is a refusal, an order behind a no is none
    (VE, "2 aceite vatel. El azúcar no hace falta todavía", {"ACE-002": "2"}),
    (AR, "quero 2 bermudas 40. as meias não preciso", {"BER-001-40": "2"}),
    (AR, "no dame 2 bufandas", {"BUF-001": "2"}),
    # somebody's size, and a name that looks like a thing
    (AR, "mi hijo calza 43. una bufanda", {"BUF-001": "1"}),
    (AR, "bueno dale me tenté sumame una bufanda", {"BUF-001": "1"}),
    # what stands for a thing is written so, and no guess of it
    (VE, "1 kilo of avocado", {"FRU-005": "1"}),
    # a name with a `sin` of its own
    (AR, "corpiños sin aro, dos del ochenta y cinco y uno del noventa y cinco", {"COR-001": "2", "COR-001-95": "1"}),
    # what a thing shall not be tells which
    (VE, "dos de leche que no sea líquida", {"LEC-001": "2"}),
    (VE, "3 coca cola sin azúcar", {"BEB-002": "3"}),
    # a number of its own, and a half that begins another measure
    (VE, "tomate perita 1 kg y medio de papa lavada", {"FRU-002": "1", "FRU-004": "0.5"}),
    (VE, "2 kilos y medio de papa lavada", {"FRU-004": "2.5"}),
    # one more of this message; one of them is another
    (AR, "4 bufandas y sumale una más", {"BUF-001": "5"}),
    (VE, "quiero 3 harina pan blanca, y que una sea amarilla", {"HAR-001": "2", "HAR-002": "1"}),
    (VE, "$196000 de pollo entero", {"POL-001": "2"}),
    # a part of what was counted, however many, and whatever joins it
    (VE, "quiero 4 harina pan, que 2 sean amarillas", {"HAR-001": "2", "HAR-002": "2"}),
    (VE, "Quiero 5 harina pan... perdón, 4 en total, y que una sea amarilla", {"HAR-001": "3", "HAR-002": "1"}),
    (VE, "4 harina pan pero una amarilla", {"HAR-001": "3", "HAR-002": "1"}),
    # dates and words of no good hold nothing up
    (AR, "voy a bariloche el 12, dame 2 remeras basicas", {"REM-001": "2"}),
    (VE, "había harina pan? dame 2", {"HAR-001": "2"}),
    # the same in another size, for somebody else; a size apart from the name, or by its letter's name
    (AR, "para mí un buzo con capucha M y para mi novio el mismo en XL", {"BUZ-001-M": "1", "BUZ-001-XL": "1"}),
    (VE, "3 coca cola de las de 2 litros", {"BEB-001": "3"}),
    (AR, "una camisa leñadora talle ele", {"CAM-002-L": "1"}),
    # none of what is named right before it
    (VE, "2 kilos de pollo entero y de queso nada esta vez", {"POL-001": "2"}),
    # whatever language names it, and whatever courtesy stands around it
    (AR, "boa tarde, quero um tenis de corrida e um oculos de sol", {"ZAP-001": "1", "ANT-001": "1"}),
    (AR, "do you guys speak english? I need three basic tees", {"REM-001": "3"}),
    # what takes nothing back is no correction
    (AR, "2 remeras básicas y dejalo así", {"REM-001": "2"}),
    (AR, "2 gorras trucker. bolsa no, gracias", {"GOR-001": "2"}),
]

HELD: list[tuple[str, str, tuple[str, ...]]] = [
    # taken back at the end, by whatever word, or denied and said again: asked, never left as it stood
    (AR, "2 remeras básicas... dejá", ("REM-001",)),
    (AR, "quiero 2 gorras trucker, olvidate", ("GOR-001",)),
    (AR, "quiero 2 remeras básicas. no", ("REM-001",)),
    (AR, "2 gorras trucker, ya no", ("GOR-001",)),
    (VE, "dos kilos de tomate no no uno y medio de tomate", ("FRU-002",)),
    # a list that goes on behind `nada más` takes nothing out
    (AR, "tres boxer de algodón y nada más ah y una gorra trucker", ("BOX-001-L", "BOX-001", "BOX-001-XL")),
    (
        VE,
        "o leite em pó quanto custa? se der menos de duzentos mil põe um, senao põe dois litros do líquido",
        ("QUE-001", "LEC-002"),
    ),
    # no question was put: what is named is asked, not dropped
    (AR, "quiero un jean slim y con lo que queda remeras basicas", ("REM-001",)),
]

UNKNOWN: list[tuple[str, str, list[str]]] = [
    (AR, "dame 2 remeras básicas y algo para los pies", ["algo para los pies"]),
    (VE, "ponme una malta, una lejía y un lavavajillas", ["lejía", "lavavajillas"]),
    (VE, "1 kg de papa, ajo, cilantro, 2 atunes margarita", ["ajo", "cilantro"]),
    # a figure of a name that nothing has, and who wants what
    (VE, "los pañales huggies etapa dos, un paquete", ["pañales huggies etapa dos, un paquete"]),
    (AR, "2 remeras básicas, ella quiere un jean slim", []),
    # what a pronoun leads to behind `que` is done, and no `rompeviento`; what was asked about and then wished for is open,
    # and so is what is named beside a size of nobody knows what
    (AR, "alpargatas 42, dos pares que las rompe enseguida", ["alpargatas 42, dos pares que las rompe enseguida"]),
    (AR, "los borcegos en 42 hay? si hay me llevo unos", ["borcegos en 42"]),
    (AR, "una M. y unos pants de esos afelpados", ["una M", "pants de esos afelpados"]),
    # a number is quoted without the words around it, a size alone is no product
    (AR, "my girlfriend wants one", ["one"]),
    (AR, "una M", ["una M"]),
]


@pytest.mark.parametrize(("shop", "said", "skus"), HELD)
def test_what_may_be_taken_back_is_asked_and_not_in_the_cart(shop: str, said: str, skus: tuple[str, ...]) -> None:
    reading = explained(shop, said)
    assert not cart(reading).keys() & set(skus)
    assert skus in [asked_of for _, asked_of, _ in asked(reading)]


@pytest.mark.parametrize(("shop", "said", "words"), UNKNOWN)
def test_what_could_be_a_good_is_quoted_and_nothing_else(shop: str, said: str, words: list[str]) -> None:
    assert [question.words for question in explained(shop, said).questions] == words


@pytest.mark.parametrize(
    ("said", "words"),
    [("buenas, como andan? te cuento que necesito cosas", []), ("como sigue la rodilla?", []), ("y el sushi?", ["sushi"])],
)
async def test_only_what_a_question_names_alone_is_looked_for_where_nothing_is_called_so(said: str, words: list[str]) -> None:
    assert (await play({"shop": AR, "say": said, "cart": {}})).unknown == words


def test_a_part_of_what_the_order_has_becomes_another_of_its_kind() -> None:
    reading = explained(VE, "4 en total, y que una sea amarilla", {"HAR-001": Decimal(5)})
    assert [(change.sku, change.quantity, change.mode) for change in reading.changes] == [
        ("HAR-001", Decimal(3), "set"),
        ("HAR-002", Decimal(1), "add"),
    ]


OTHER_SIZE = [("OJO-001-39", "remove", None), ("OJO-001", "add", 1)]


@pytest.mark.parametrize(
    ("said", "done"),
    [
        ("el 39 que sea 37", OTHER_SIZE),
        ("el 39 cambialo por 37", OTHER_SIZE),
        ("no, the 39 make it 37", OTHER_SIZE),
        ("las 39 que sean 3", [("OJO-001-39", "set", 3)]),
        ("la XL que sea M", [("BUZ-001-XL", "remove", None), ("BUZ-001-M", "add", 2)]),
        # nothing of the order comes in it: asked, and nothing else gets so many
        ("el 38 que sea 37", []),
        ("la L que sea M", []),
    ],
)
def test_a_size_behind_an_article_is_what_shall_be_otherwise_and_no_amount(said: str, done: list[Any]) -> None:
    reading = explained(AR, said, {"OJO-001-39": Decimal(1), "BUZ-001-XL": Decimal(2), "MOC-002": Decimal(1)})
    assert [(change.sku, change.mode, change.quantity) for change in reading.changes] == done
    assert bool(reading.questions) is not bool(done)


def test_taken_out_and_put_in_in_portuguese() -> None:
    reading = explain("tira o tomate e põe abacate, um quilo", demo_goods(VE), "pt", {"FRU-002": Decimal(1)})
    assert [(change.sku, change.mode, change.quantity) for change in reading.changes] == [
        ("FRU-002", "remove", None),
        ("FRU-005", "add", Decimal(1)),
    ]


@pytest.mark.parametrize("said", ["no! 2 en total nada más", "son 2 nada más"])
def test_so_many_in_all_sets_the_one_line_that_there_is(said: str) -> None:
    # Folded, `pañales` look like `panales`, which hold thirty eggs.
    (change,) = explained(VE, said, {"LIM-010": Decimal(5)}).changes
    assert (change.sku, change.quantity, change.mode) == ("LIM-010", Decimal(2), "set")


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("não, um par só de chinelas", {"BER-001-42": Decimal(2)}),
        ("otro ☕ porfa", {"REM-001": Decimal(2)}),
        ("el jean dejalo", {"JEA-001": Decimal(1)}),
    ],
)
def test_a_denial_a_picture_and_what_stays_change_nothing(said: str, held: dict[str, Decimal]) -> None:
    assert explained(AR, said, held).changes == []


@pytest.mark.parametrize(
    "said",
    [
        "cuánto me cuesta todo esto: 2 diablitos, 1 mortadela, 1 pan de sándwich?",
        "¿qué precio tiene el aceite vatel, 2 malta y un cloro?",
    ],
)
def test_a_question_of_price_puts_nothing_in_the_cart_to_its_end(said: str) -> None:
    assert explained(VE, said).changes == []


def test_behind_a_question_of_price_what_is_wished_for_is_ordered() -> None:
    assert cart(explained(VE, "¿cuánto cuesta el aceite vatel? dame 2 maltas")) == {"BEB-004": 2}


def test_the_same_again_of_an_order_that_exists_is_not_guessed() -> None:
    reading = explained(AR, "mi amiga quiere lo mismo", {"REM-001": Decimal(1)})
    assert [(question.kind, question.words) for question in reading.questions] == [("unclear", "lo mismo")]
    assert not reading.changes


def test_what_is_refused_and_not_in_the_order_is_not_taken_out_of_it() -> None:
    assert explained(VE, "I don't need rice but give me 2 Vatel oils").changes[0].sku == "ACE-002"


def test_another_of_its_kind_takes_the_place_and_no_namesake() -> None:
    reading = explained(VE, "la mayonesa mejor que sea mavesa", {"MAY-002": Decimal(1)})
    assert [(change.sku, change.mode) for change in reading.changes] == [("MAY-002", "remove"), ("MAY-001", "add")]


def test_one_pair_of_several_kinds_of_shoes_is_asked_as_one() -> None:
    (question,) = explained(AR, "need flip flops, one pair").questions
    assert question.quantity == 1


@pytest.mark.parametrize(("shop", "said", "wanted"), CARTS)
def test_what_is_explained_is_put_in_the_cart_as_it_was_said(shop: str, said: str, wanted: dict[str, str]) -> None:
    assert cart(explained(shop, said)) == {sku: Decimal(quantity) for sku, quantity in wanted.items()}


@pytest.mark.parametrize(
    ("shop", "said", "sku"),
    [
        (AR, "una bufanda y dos pañuelos. Ah no, pañuelos tengo muchos", "PNU-001"),
        (AR, "quería 2 bufandas pero uf. Dame mejor el gorro de lana", "BUF-001"),
        (VE, "12 malta. Si no hay rebaja que sean 6", "BEB-004"),
        (AR, "zapatillas para correr, 43", "ZAP-001"),
        (AR, "dos gorras trucker y tres bufandas, pero las bufandas mejor en otra ocasión", "BUF-001"),
        (AR, "quiero 3 bufandas. de esas 3 una que sea para regalo", "BUF-001"),
        (AR, "2 bufandas, e igual para mi tía", "BUF-001"),
        (AR, "quiero la campera de jean en L y para mi hermana lo mismo pero en M", "CMP-001-L"),
        (AR, "una bermuda en 42 tambien.. no pará la bermuda en 44 q me queda justa", "BER-001-44"),
    ],
)
def test_what_something_else_takes_back_is_asked(shop: str, said: str, sku: str) -> None:
    reading = explained(shop, said)
    assert sku not in cart(reading)
    assert any(sku in skus for _, skus, _ in asked(reading))


@pytest.mark.parametrize(
    "said",
    [
        "es para un cumpleaños, 2 remeras",
        "es para mi sobrina, 2 remeras",
        "busco para regalar",
        "si no hay dejalo, otro color no",
    ],
)
def test_no_detail_is_taken_from_an_ordinary_sentence(said: str) -> None:
    details = {key for act in read(said, Context()) for key in act.delivery}
    assert not details & {"recipient_name", "address", "fulfilment"}


def test_a_name_behind_its_word_is_one() -> None:
    (name,) = [act.delivery["recipient_name"] for act in read("recibe mi tía Ana Suárez", Context()) if act.delivery]
    assert name == "Ana Suárez"


THINGS = ["bufanda", "mochila", "pañuelo estampado", "cinto de cuero", "gorra trucker", "xyzzy"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 9), st.sampled_from(THINGS)), min_size=1, max_size=4, unique_by=lambda one: one[1]))
def test_every_number_is_used_once_or_asked(said: list[tuple[int, str]]) -> None:
    """Whatever is listed, sold or not: the numbers that come out are those that were said, each once."""
    reading = explained(AR, ", ".join(f"{count} {thing}" for count, thing in said))
    out = [change.quantity for change in reading.changes] + [question.quantity for question in reading.questions]
    assert sorted(value for value in out if value is not None) == sorted(Decimal(count) for count, _ in said)
    assert len(reading.roles) == len(reading.tokens)


def test_the_demo_shop_has_what_is_spoken_of() -> None:
    assert {"BUF-001", "PNU-001", "ZAP-001"} <= set(demo_goods(AR).by_sku)
