"""Sentences that were once misread, each with others of its kind: choices, corrections, addresses, payments, endings."""

from decimal import Decimal
from typing import Any

import pytest

from agent.lexical.listening import hear
from evals.lexical.run import CATALOGUES, brief_of, converse
from evals.lexical.shop import Product, Shop, load


class Recording(Shop):
    """A shop that keeps the arguments of its calls."""

    calls: list[tuple[str, dict[str, Any]]]

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.calls = [*getattr(self, "calls", []), (tool, arguments)]
        return super().call(tool, arguments)

    @property
    def counts(self) -> dict[str, float]:
        """The cart with plain numbers."""
        return {sku: float(quantity) for sku, quantity in self.cart.items()}


async def after(shop: str, *said: Any, **entry: Any) -> Recording:
    """The shop after one turn of the model."""
    catalogue = load(CATALOGUES[shop])
    brief = brief_of({"say": list(said), **entry}, catalogue)
    cart = {line.sku: line.quantity for line in brief.draft.lines} if brief.draft else {}
    found = Recording(catalogue, cart=cart)
    await converse(brief, found)
    return found


def heard(*said: Any, **entry: Any) -> set[str]:
    """The kinds of acts that are heard."""
    return {act.kind.value for act in hear(brief_of({"say": list(said), **entry}, load("groceries_ve")))}


def which(product: str, *options: str, quantity: int | None = None) -> dict[str, Any]:
    known = {} if quantity is None else {"quantity": quantity}
    return {"kind": "choose_product", "tool": "add_item_to_draft", "args": {"product": product, **known}, "options": options}


SIZES = which("remeras blancas", "REM-BL-S", "REM-BL-M", "REM-BL-L", quantity=2)
COFFEES = which("café", "CAF-250", "CAF-500", quantity=2)
DRAFT = {"ACE-VT": 2, "SAL": 1, "ARR": 1}
ADDRESS: dict[str, Any] = {"draft": {"ARR": 1}, "state": "NEEDS_DETAILS", "missing": ["address"]}
PLACED: dict[str, Any] = {"state": "DONE", "order": True}
PICTURE = {"kind": "file", "media": "image", "url": "https://media.example/1"}
REFERENCE = {"kind": "payment_reference", "tool": "register_payment", "args": {"method": "pago_movil"}, "options": []}


@pytest.mark.parametrize(
    ("said", "cart"),
    [
        ("las dos en m", {"REM-BL-M": 2}),
        ("ambas talle L", {"REM-BL-L": 2}),
        ("una m y una l", {"REM-BL-M": 1, "REM-BL-L": 1}),
        ("mejor 3 en talle s", {"REM-BL-S": 3}),
        ("una de cada una", {"REM-BL-S": 1, "REM-BL-M": 1, "REM-BL-L": 1}),
        ("las dos", {}),
    ],
)
async def test_both_in_one_size_are_two_of_that_size(said: str, cart: dict[str, float]) -> None:
    assert (await after("ar", said, pending=SIZES)).counts == cart


@pytest.mark.parametrize(
    ("said", "cart"),
    [
        ("el número 500", {"CAF-500": 2}),
        ("Nº 250", {"CAF-250": 2}),
        ("el 500", {"CAF-500": 2}),
        ("the 250 one", {"CAF-250": 2}),
        ("los dos de medio kilo", {"CAF-500": 2}),
        ("el pequeño", {"CAF-250": 2}),
        ("dame 4 del de 250", {"CAF-250": 4}),
    ],
)
async def test_a_figure_in_a_choice_says_which_and_not_how_many(said: str, cart: dict[str, float]) -> None:
    assert (await after("ve", said, pending=COFFEES)).counts == cart


async def test_an_answer_that_fits_several_options_narrows_the_question() -> None:
    # Given three kinds of brake pads, two of them for one car
    asked = which("balatas", "BAL-D-TS", "BAL-D-AV", "BAL-T-TS", quantity=1)

    # When the customer names the car
    shop = await after("mx", "para tsuru", pending=asked)
    # Then the question is asked again among its two
    assert shop.asked == [{"BAL-D-TS", "BAL-T-TS"}]
    assert shop.counts == {}


async def test_another_size_than_the_offered_one_is_looked_up() -> None:
    asked = which("café", "CAF-250", quantity=1)
    assert (await after("ve", "no, el de 500", pending=asked)).counts == {"CAF-500": 1}


@pytest.mark.parametrize(
    ("said", "cart"),
    [
        ("la sal mejor que sean 3", {"ACE-VT": 2, "SAL": 3, "ARR": 1}),
        ("el arroz mejor dame 4", {"ACE-VT": 2, "SAL": 1, "ARR": 4}),
        ("el aceite mejor mazeite", {"ACE-MZ": 2, "SAL": 1, "ARR": 1}),
        ("el arroz mejor azúcar, 5", {"ACE-VT": 2, "SAL": 1, "AZU": 5}),
        ("cambia el arroz por azúcar, 5", {"ACE-VT": 2, "SAL": 1, "AZU": 5}),
        ("la sal mejor no", {"ACE-VT": 2, "ARR": 1}),
        ("el arroz mejor quítalo", {"ACE-VT": 2, "SAL": 1}),
        ("quita la sal y deja el aceite", {"ACE-VT": 2, "ARR": 1}),
        ("1 arroz nada más", {"ACE-VT": 2, "SAL": 1, "ARR": 1}),
        ("la semana que viene mejor hablamos", DRAFT),
        ("la sal no la necesito", {"ACE-VT": 2, "ARR": 1}),
        ("no lo quiero", DRAFT),
        ("quita la sal, el arroz y ponme 3 cloro", {"ACE-VT": 2, "CLO": 3}),
        ("quita la sal, 2 maltas", {"ACE-VT": 2, "ARR": 1, "MAL": 2}),
        ("borra todo excepto la sal", {"SAL": 1}),
        ("quita todo menos el café", DRAFT),
        ("un aceite menos", {"ACE-VT": 1, "SAL": 1, "ARR": 1}),
        ("por lo menos 2 maltas", {**DRAFT, "MAL": 2}),
        ("sube la sal a 4", {"ACE-VT": 2, "SAL": 4, "ARR": 1}),
        ("el aceite que sea de 3", DRAFT),
        ("que la sal sean 2", {"ACE-VT": 2, "SAL": 2, "ARR": 1}),
        ("en vez de arroz 3 azúcar", {"ACE-VT": 2, "SAL": 1, "AZU": 3}),
    ],
)
async def test_a_correction_changes_what_it_names_and_nothing_else(said: str, cart: dict[str, float]) -> None:
    assert (await after("ve", said, draft=DRAFT)).counts == cart


async def test_a_size_of_what_is_weighed_is_how_much_of_it() -> None:
    shop = await after("ve", "mejor que el queso sea de kilo y cuarto", draft={"QUE-BL": 2, "SAL": 1})
    assert shop.counts == {"QUE-BL": 1.25, "SAL": 1}


@pytest.mark.parametrize(
    ("said", "cart"),
    [
        (["una harina pan blanca", "otra harina pan blanca"], {"HAR-BL": 2}),
        (["una malta", "otra cerveza"], {"MAL": 1, "CER": 1}),
        (["1 arroz", "1 arroz"], {"ARR": 1}),
        (["2 cloro no mentira, 3 cloro"], {"CLO": 3}),
        (["dame 2 lentejas", "ay no, 3"], {"LEN": 3}),
        (["dame 2 lentejas", "no espera, 4"], {"LEN": 4}),
    ],
)
async def test_one_more_counts_and_the_same_words_twice_do_not(said: list[str], cart: dict[str, float]) -> None:
    assert (await after("ve", *said)).counts == cart


@pytest.mark.parametrize(
    ("shop", "said", "cart", "asked"),
    [
        ("ve", "arroz x3", {"ARR": 3}, set()),
        ("ve", "2 arroz x3", {}, {"ARR"}),
        ("ve", "2.5 kg de queso amarillo", {"QUE-AM": Decimal("2.5")}, set()),
        ("ar", "a buzo canguro and a gorra trucker", {"BUZ": 1, "GOR": 1}, set()),
        ("mx", "unas balatas traseras y 2 focos", {"BAL-T-TS": 1, "FOC": 2}, set()),
        ("mx", "unas abrazaderas y 2 focos", {"FOC": 2}, {"ABR"}),
        ("ve", "2 kg 1/2 de tomate", {"TOM": Decimal("2.5")}, set()),
        ("ve", "300 de mortadela", {"MOR": Decimal("0.3")}, set()),
        ("ve", "2 jabones, uno de baño y otro en polvo", {"JAB-BA": 1, "JAB-PO": 1}, set()),
        ("ar", "3 remeras negras, dos en M y una en L", {"REM-NE-M": 2, "REM-NE-L": 1}, set()),
        ("ve", "3 maltas, 1 arroz y 2 sal", {"MAL": 3, "ARR": 1, "SAL": 2}, set()),
        ("ve", "4 maltas para la reunión", {"MAL": 4}, set()),
    ],
)
async def test_an_order_is_read_as_people_write_it(shop: str, said: str, cart: dict[str, float], asked: set[str]) -> None:
    # When
    found = await after(shop, said)

    # Then
    assert found.counts == {sku: float(quantity) for sku, quantity in cart.items()}
    assert found.asked_quantity == asked


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("2200 Collins Ave Apt 7", "2200 Collins Ave Apt 7"),
        ("por favor, Honduras 4510", "Honduras 4510"),
        ("porfa a Salta 340 piso 3", "Salta 340 piso 3"),
        ("hola, sería para Serrano 990, gracias", "Serrano 990"),
        ("Los Ruices, calle Tamare, edif. Sol, apto 3", "Los Ruices, calle Tamare, edif. Sol, apto 3"),
        ("la dirección está mal, es calle Real 8", "calle Real 8"),
        ("La Pastora, quinta Rosa", "La Pastora, quinta Rosa"),
        ("Carrera 7 #12-20\nBarrio San José", "Carrera 7 #12-20, Barrio San José"),
    ],
)
async def test_an_address_is_taken_whole_and_without_courtesy(said: str, address: str) -> None:
    assert (await after("ve", said, **ADDRESS)).delivery["address"] == address


@pytest.mark.parametrize("said", ["a domicilio por favor, Salta 340 piso 3", "delivery please, Salta 340 piso 3"])
async def test_courtesy_between_the_wish_and_the_address_is_no_part_of_it(said: str) -> None:
    assert (await after("ve", said, draft={"ARR": 1})).delivery["address"] == "Salta 340 piso 3"


async def test_what_is_ordered_beside_the_address_is_not_lost() -> None:
    shop = await after("ve", "dame 2 azúcar y mándalo a calle 9 casa 4", **ADDRESS)
    assert (shop.counts, shop.delivery["address"]) == ({"ARR": 1, "AZU": 2}, "calle 9 casa 4")


@pytest.mark.parametrize("said", ["listo ya pagué, la referencia es la 55443322", "ok 55443322", "si, ref: 55443322"])
async def test_a_reference_is_taken_while_it_is_asked_for(said: str) -> None:
    shop = await after("ve", said, pending=REFERENCE, **PLACED)
    assert shop.calls == [("register_payment", {"method": "pago_movil", "reference": "55443322"})]


async def test_an_answer_without_the_reference_is_asked_for_it_again() -> None:
    shop = await after("ve", "listo", pending=REFERENCE, **PLACED)
    assert shop.calls == [("register_payment", {"method": "pago_movil"})]


async def test_a_picture_answers_the_question_for_the_reference() -> None:
    shop = await after("ve", PICTURE, pending=REFERENCE, **PLACED)
    assert shop.calls == [("register_payment", {"method": "pago_movil"})]


async def test_a_picture_does_not_lose_the_reference_while_the_method_is_asked_for() -> None:
    # Given
    asked = {"kind": "choose_method", "tool": "register_payment", "args": {"reference": "7788"}, "options": []}

    # When
    shop = await after("ve", PICTURE, pending=asked, **PLACED)

    # Then
    assert shop.calls == [("attach_receipt", {}), ("register_payment", {"method": "", "reference": "7788"})]


async def test_a_picture_that_says_only_what_it_is_claims_nothing_else() -> None:
    shop = await after("ve", {**PICTURE, "caption": "aquí está el capture"}, **PLACED)
    assert shop.calls == [("attach_receipt", {})]


@pytest.mark.parametrize(
    "said",
    [
        "al final no voy a querer el arroz, cancele mi pedido",
        "please cancel my order of rice",
        "quiero 2 sal pero mejor cancela todo el pedido",
    ],
)
async def test_a_cancellation_inside_another_sentence_is_one(said: str) -> None:
    # When
    shop = await after("ve", said, **PLACED)

    # Then
    assert [tool for tool, _ in shop.calls] == ["cancel_order"]
    assert shop.counts == {}


@pytest.mark.parametrize(
    "said",
    [
        "mejor comuníqueme con alguien de la tienda",
        "2 arroz y pásame con la encargada",
        "y no habría una persona que me ayude?",
        "can I talk to somebody?",
    ],
)
async def test_a_person_is_brought_in_wherever_they_are_asked_for(said: str) -> None:
    shop = await after("ve", said, draft={"ARR": 1})
    assert [tool for tool, _ in shop.calls] == ["request_human_handoff"]


@pytest.mark.parametrize(
    "said",
    [
        "that's it, I want to place the order",
        "that will do",
        "I'm all set",
        "let's check out",
        "quiero hacer el pedido",
        "déjalo así, gracias",
    ],
)
async def test_the_end_of_an_order_is_heard(said: str) -> None:
    # When
    shop = await after("ve", said, draft={"ARR": 1}, ready=True)

    # Then
    assert [tool for tool, _ in shop.calls] == ["request_confirmation"]
    assert shop.counts == {"ARR": 1}


@pytest.mark.parametrize("said", ["qué calor hace por acá", "jajaja ay dios", "uy qué lluvia"])
async def test_small_talk_orders_nothing(said: str) -> None:
    # When
    shop = await after("ve", said, draft={"ARR": 1})

    # Then
    assert shop.called == []
    assert heard(said) == {"chitchat"}


async def test_a_word_that_only_looks_like_a_container_settles_nothing() -> None:
    # `pote` is no word of any oil's name, though something like it may be
    assert (await after("ve", "un pote de aceite")).asked == [{"ACE-MZ", "ACE-VT"}]


@pytest.mark.parametrize("said", ["en otra tienda el arroz está a 100, me lo igualas?", "en otro lado la sal sale más barata"])
async def test_the_prices_of_others_order_nothing(said: str) -> None:
    assert (await after("ve", said)).called == []


@pytest.mark.parametrize("said", ["ok, dame un momento", "luego te aviso", "espera"])
async def test_whoever_wants_to_wait_is_not_shown_the_summary(said: str) -> None:
    assert (await after("ve", said, draft={"ARR": 1}, ready=True)).called == []


@pytest.mark.parametrize("said", ["quiero cambiar la dirección", "cambiar algo", "can I change my address"])
def test_whoever_wants_to_change_something_is_asked_what(said: str) -> None:
    assert heard(said, draft={"ARR": 1}) == {"change"}


@pytest.mark.parametrize(
    "said",
    [
        "a mi casa",
        "la misma dirección",
        "a la misma dirección de la otra vez",
        "la de siempre",
        "ya la tienen",
        "donde siempre",
        "the same as last time",
        "to my usual address",
    ],
)
async def test_the_usual_place_is_a_delivery_without_an_address(said: str) -> None:
    found = await after("ve", said, **ADDRESS)
    (details,) = [arguments for tool, arguments in found.calls if tool == "set_delivery_details"]
    assert details == {"fulfilment": "delivery"}


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("a mi casa, calle Sucre con Páez", "calle Sucre con Páez"),
        ("a mi casa en la urbanización Los Pinos", "urbanización Los Pinos"),
        ("no es la misma dirección, ahora es Av. Bolívar 14", "Av. Bolívar 14"),
    ],
)
async def test_a_street_behind_it_is_the_address(said: str, address: str) -> None:
    found = await after("ve", said, **ADDRESS)
    assert address.casefold() in found.delivery["address"].casefold()


@pytest.mark.parametrize(
    ("shop", "said", "cart"),
    [
        ("ve", "2 pna canilla", {"PAN-CA": 2}),
        ("ve", "1 sla y 3 arrz", {"SAL": 1, "ARR": 3}),
        ("ve", "1 klo de pllo", {"POL": 1}),
        ("mx", "2 llanats michelin", {"LLA-16": 2}),
        ("ve", "3 aguacates maduros", {"AGU": 3}),
    ],
)
async def test_slips_in_the_names_of_products_are_mended_where_one_word_is_meant(
    shop: str, said: str, cart: dict[str, int]
) -> None:
    found = await after(shop, said)
    assert found.counts == cart
    assert not found.asked


async def test_a_slip_that_fits_several_products_is_asked_about() -> None:
    found = await after("ve", "2 hraina")
    assert found.cart == {}
    assert found.asked


@pytest.mark.parametrize(
    ("said", "cart", "asked"),
    [
        ("2 cartones de huevo", {}, {"HUE"}),
        ("un cartón de 30 huevos", {"HUE": 30}, set()),
        ("2 cartones de leche líquida", {"LEC-LI": 2}, set()),
    ],
)
async def test_a_carton_of_eggs_is_not_one_egg(said: str, cart: dict[str, int], asked: set[str]) -> None:
    found = await after("ve", said)
    assert found.counts == cart
    assert found.asked_quantity == asked


async def test_what_is_sold_by_the_carton_comes_in_cartons() -> None:
    # Given a shop that sells eggs one by one and in cartons of thirty
    shop = load("groceries_ve")
    carton = Product(sku="HUE-30", name="Cartón de Huevos 30 unidades", category="Lácteos", unit="und", price=Decimal(900))
    catalogue = shop.model_copy(update={"products": [*shop.products, carton]})
    found = Recording(catalogue)
    # When cartons are asked for
    await converse(brief_of({"say": ["2 cartones de huevos"]}, catalogue), found)
    # Then these are what comes
    assert found.counts == {"HUE-30": 2}
