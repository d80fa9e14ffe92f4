"""What a reply that is true word by word would let pass: a second wish, an old price, another figure, an unproven reason."""

from typing import Any

import pytest

from agent.brief import Asked
from agent.reply.moves import LeftOut
from tests.reply.test_renderer import move
from tests.reply.test_undone import hearing
from tests.reply.turns import ACEITE, ARROZ, CAFE, HARINA, Turn, fact, money, with_draft, with_order
from tools.outcome import Deed, FactKind

LARGE = "Arroz Mary 5 kg"
RICE = (ARROZ, LARGE)


def undecided(language: str = "es") -> Turn:
    """A turn with an order of which it is not said yet whether it is brought or fetched."""
    fee = money(FactKind.FEE, "delivery", "2.00", language)
    turn = with_draft(language, facts={"s7": fee, "s8": money(FactKind.TOTAL, "draft", "5.90", language)})
    assert turn.brief.draft is not None
    draft = turn.brief.draft.model_copy(update={"fulfilment": None, "address": None, "missing": ["fulfilment"]})
    turn.brief = turn.brief.model_copy(update={"draft": draft})
    return turn


def summed_up() -> Turn:
    """A turn of which the summary has gone out and waits for a press."""
    turn = with_draft(state="AWAITING_CONFIRMATION")
    assert turn.brief.draft is not None
    draft = turn.brief.draft.model_copy(update={"confirmation_token": "token"})
    turn.brief = turn.brief.model_copy(update={"draft": draft})
    return turn


def pays_by(turn: Turn) -> Turn:
    """The turn after a way of paying was chosen."""
    return turn.call(
        "choose_payment_method", "payment_method_set", "Anotado: pagas con {0}.", [fact(FactKind.METHOD, "z", "Zelle")]
    )


@pytest.mark.parametrize("words", ["¿cuál es el más barato?", "¿cuál sale mejor por kilo?", "which is cheaper by weight?"])
def test_the_cheapest_does_not_pass_for_the_cheapest_by_the_kilo(words: str) -> None:
    text = hearing(Turn().searched(*RICE), words).says(move("suggest", "cheapest", "f1.2"))

    assert "Arroz Mary 1 kg, a US$ 1,20" in text
    assert "Por kilo sale mejor Arroz Mary 5 kg, a US$ 1,10." in text


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("asked_for", "¿cuál es sin gluten?"),
        ("asked_for", "which one is from Vietnam?"),
        ("asked_for", "o que é parboilizado?"),
        ("bought_before", "el que llevé en navidad"),
        ("instead_of", "¿ya no queda del grande?"),
    ],
)
def test_a_reason_that_nothing_bears_out_chooses_nothing(why: str, words: str) -> None:
    rendered = hearing(Turn().searched(*RICE), words).reply(move("suggest", why, "f1.2"))

    assert rendered.left_out == (LeftOut(move="suggest", reason="not_so"),)
    assert all(f"• {name}" in rendered.text for name in RICE)


def test_what_the_customer_named_may_be_suggested_as_what_was_asked_for() -> None:
    assert hearing(Turn().searched(*RICE), "quiero el de 5 kg").reply(move("suggest", "asked_for", "f1.2")).left_out == ()


@pytest.mark.parametrize(
    ("words", "passed"),
    [
        ("dos harinas y un aceite", "«un aceite»"),
        ("dos harinas y agrega jabón", "«agrega jabón»"),
        ("two flours and a soap", "“a soap”"),
        ("dos harinas, y cancela el pedido de ayer", "Todavía no he cancelado nada."),
        ("dos harinas; quita el café", "«quita el café»"),
        ("duas farinhas e um sabonete", "«um sabonete»"),
        ("dos harinas, voy a pagar con Zelle", "«voy a pagar con Zelle»"),
    ],
)
def test_a_second_wish_is_not_swallowed_by_the_receipt_of_the_first(words: str, passed: str) -> None:
    language = {"t": "en", "d": "es"}.get(words[0], "es") if not words.startswith("duas") else "pt"
    turn = hearing(Turn(language).added(HARINA, 2, "2.40"), words)

    text = turn.says(move("say", call=1), move("social", "glad"))

    assert passed in text
    assert "bueno" not in text


@pytest.mark.parametrize(
    "words", ["dos harinas", "dame dos harinas, gracias", "dos harinas porfa, son para mi mamá", "duas farinhas"]
)
def test_a_wish_that_was_met_is_not_said_to_be_open(words: str) -> None:
    language = "pt" if words.startswith("duas") else "es"

    assert "«" not in hearing(Turn(language).added(HARINA, 2, "2.40"), words).says(move("say", call=1))


@pytest.mark.parametrize(
    ("words", "told"),
    [("cuatro y confirma", "por confirmar"), ("cuatro, confirmo", "por confirmar"), ("four and confirm", "to be confirmed")],
)
def test_a_farewell_after_a_change_does_not_pass_for_the_confirmation(words: str, told: str) -> None:
    turn = hearing(with_draft("en" if words.startswith("four") else "es").changed(HARINA, 4, "8.30"), words)

    assert told in turn.says(move("say", call=1), move("social", "bye"))


def test_the_sum_of_the_goods_does_not_pass_for_that_with_the_delivery() -> None:
    text = undecided().says(move("state", "", "s8"))

    assert "US$ 5,90" in text
    assert "sin contar el envío" in text


def test_the_sum_of_a_line_does_not_pass_for_the_total_that_was_asked() -> None:
    text = hearing(with_draft(), "¿cuánto es el total?").says(move("state", "", "s3"))

    assert "US$ 2,40" in text
    assert "US$ 7,90" in text


def test_silence_does_not_pass_for_a_yes_to_a_price() -> None:
    turn = hearing(with_draft().searched(HARINA), "¿sigue a 90 centavos la harina?")

    assert "US$ 1,20" in turn.says(move("social", "glad"), move("ask", "fulfilment"))


@pytest.mark.parametrize(
    ("words", "made", "left"),
    [
        ("¿tienen velas?", move("offer", "add_item_to_draft"), ("offer", "of_nothing")),
        ("¿llegan a la isla?", move("ask", "address"), ("ask", "no_order")),
        ("do you ship abroad?", move("ask", "fulfilment"), ("ask", "no_order")),
        ("¿tienen tienda en el centro?", move("ask", "store"), ("ask", "no_order")),
        ("confirmado", move("social", "thanks"), ("social", "no_answer")),
        ("ya te pagué", move("state", "staff_verify_payments"), ("state", "not_so")),
        ("¿hay velas?", move("unknown", "stock"), ("unknown", "not_looked_up")),
        ("what do candles cost?", move("unknown", "price"), ("unknown", "not_looked_up")),
    ],
)
def test_where_there_is_nothing_no_move_presupposes_it(words: str, made: dict[str, Any], left: tuple[str, str]) -> None:
    assert left in [(one.move, one.reason) for one in hearing(Turn(state="IDLE"), words).reply(made).left_out]


def test_the_phone_is_not_asked_for_a_delivery_that_nobody_chose() -> None:
    rendered = undecided().reply(move("ask", "phone"))

    assert rendered.left_out == (LeftOut(move="ask", reason="details_missing"),)
    assert rendered.text.endswith("?")


@pytest.mark.parametrize("words", ["avisa quando chegar mais", "guarda pra mim até sexta"])
def test_as_you_wish_is_no_promise_in_a_language_that_was_not_read(words: str) -> None:
    assert LeftOut(move="state", reason="not_so") in hearing(Turn("pt"), words).reply(move("state", "as_you_wish")).left_out


@pytest.mark.parametrize(
    "words", ["duas farinhas a 1 dólar, combinado", "dos harinas con 10% menos", "two flours, free delivery then"]
)
def test_no_joy_passes_for_a_yes_to_what_was_said_beside_the_order(words: str) -> None:
    rendered = hearing(Turn().added(HARINA, 2, "2.40"), words).reply(move("say", call=1), move("social", "glad"))

    assert LeftOut(move="social", reason="no_answer") in rendered.left_out


def test_a_denial_of_nothing_in_particular_does_not_stand_beside_what_was_done() -> None:
    done = hearing(Turn().added(HARINA, 2, "2.40"), "dos harinas").reply(move("say", call=1), move("cannot", "other"))
    wanted = hearing(Turn().added(HARINA, 2, "2.40"), "dos harinas y cancela el taxi")

    assert done.left_out == (LeftOut(move="cannot", reason="known"),)
    assert wanted.reply(move("say", call=1), move("cannot", "other")).left_out == ()


def test_an_order_that_is_kept_is_not_said_to_be_set_aside() -> None:
    assert "se apartan al cerrarlo" in with_draft().says(move("state", "draft_kept"))
    assert "confírmalo" in summed_up().says(move("state", "draft_kept"))


@pytest.mark.parametrize("words", ["zelle, ya está", "zelle"])
def test_a_way_of_paying_does_not_pass_for_the_payment(words: str) -> None:
    assert "US$ 7,90" in hearing(pays_by(with_order()), words).says(move("say", call=1), move("social", "thanks"))


def test_who_is_asked_whether_they_are_a_person_answers() -> None:
    text = hearing(Turn(state="IDLE"), "¿me atiende una persona o un programa?").says(move("social", "software"))

    assert "asistente virtual" in text


def test_a_placed_order_that_may_change_is_asked_about() -> None:
    turn = hearing(with_order(), "can I change it?")
    assert turn.brief.last_order is not None
    turn.brief = turn.brief.model_copy(update={"last_order": turn.brief.last_order.model_copy(update={"can_change": True})})

    assert turn.reply(move("ask", "change")).left_out == ()


def test_a_wish_for_the_journey_is_no_news_of_the_parcel() -> None:
    rendered = hearing(with_order(), "¿ya viene en camino?").reply(
        move("state", "", "s1", "s3"), move("social", "safe_travels")
    )

    assert LeftOut(move="social", reason="nothing_told") in rendered.left_out
    told = hearing(with_order(), "mañana viajo. ¿a qué hora abren?")
    assert told.reply(move("state", "", "s7"), move("social", "safe_travels")).left_out == ()


def test_goods_that_were_only_looked_up_are_not_passed_by_the_button_of_the_summary() -> None:
    turn = hearing(summed_up().searched(CAFE), "y dame dos cafés")

    assert LeftOut(move="state", reason="not_so") in turn.reply(move("state", "confirm_by_button")).left_out


def test_a_refusal_of_what_was_looked_up_is_kept_where_something_else_was_wanted() -> None:
    turn = hearing(Turn().searched(ACEITE), "avísame cuando baje el aceite")

    assert turn.reply(move("cannot", "other")).left_out == ()
    assert turn.brief.asked is Asked.UNCLEAR
    assert Deed.ITEM_ADDED not in turn.brief.ordered


def test_the_sum_of_a_line_is_told_with_that_of_the_order_where_something_is_asked() -> None:
    assert "US$ 7,90" in hearing(with_draft(), "¿y en cuánto me queda con el envío?").says(move("state", "", "s3"))


def test_a_price_that_was_found_anew_is_told_also_where_nothing_was_asked() -> None:
    turn = with_draft()
    new = [fact(FactKind.PRODUCT, HARINA, HARINA), money(FactKind.PRICE, HARINA, "1.50")]
    turn.call("list_products", "products_found", "Tenemos {0} a {1}.", new, deeds=[(Deed.AVAILABLE, HARINA)])

    assert "US$ 1,50" in hearing(turn, "entonces siguen a 1,20").says(move("ask", "anything_else"))


@pytest.mark.parametrize(
    ("words", "passed"), [("vacíalo y pon dos aceites", "«pon dos aceites»"), ("clear it and add two oils", "“add two oils”")]
)
def test_a_call_that_takes_no_goods_has_served_none(words: str, passed: str) -> None:
    turn = hearing(with_draft("en" if words.startswith("clear") else "es").cleared(), words)

    assert passed in turn.says(move("say", call=1), move("ask", "items"))


def test_what_goes_with_nothing_is_no_answer_to_what_others_buy() -> None:
    rendered = hearing(Turn().searched(*RICE), "¿cuál se vende más?").reply(move("suggest", "goes_with", "f1.2"))

    assert rendered.left_out == (LeftOut(move="suggest", reason="not_so"),)


def test_a_change_that_nobody_made_is_told_beside_the_summary() -> None:
    turn = hearing(with_draft().summarised("7.90"), "eso es todo, y quita el aceite")

    assert "Eso todavía no lo he quitado." in turn.says(move("say", call=1))


def test_wishing_for_an_invoice_beside_the_address_gets_no_joy() -> None:
    turn = hearing(with_draft().delivered_to("Calle 5, casa 2"), "a la calle 5, casa 2, con factura")

    assert LeftOut(move="social", reason="no_answer") in turn.reply(move("say", call=1), move("social", "glad")).left_out


def test_an_order_that_is_still_open_is_not_called_made() -> None:
    spoken = with_draft().reply(move("cannot", "change_placed"))

    assert spoken.left_out == (LeftOut(move="cannot", reason="not_so"),)
