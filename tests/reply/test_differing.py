"""What a reply shows that is not what the customer wrote: another figure, another order, another name. It says so."""

import pytest

from agent.reply.moves import LeftOut
from domain.conversations.states import Trigger
from tests.reply.test_passed import summed_up
from tests.reply.test_renderer import move
from tests.reply.test_undone import hearing
from tests.reply.turns import ACEITE, ARROZ, HARINA, Turn, fact, money, with_draft, with_order
from tools.outcome import Deed, FactKind

CHANGED = (Trigger.ITEMS_CHANGED,)
LARGE = "Arroz Mary 5 kg"
DIFFERS = {"es": "Ojo, esto no es exactamente", "en": "Mind you, this isn't exactly", "pt": "Atenção, isto não é exatamente"}


def spoken(language: str, said: str, quoted: str) -> str:
    """What the reply says of a part of the customer's words."""
    marks = "“”" if language == "en" else "«»"
    assert quoted in said
    return f"{DIFFERS[language]} {marks[0]}{quoted}{marks[1]}"


def pays(language: str = "es") -> Turn:
    """The turn after a payment in cash was noted."""
    turn = with_order(language)
    facts = [fact(FactKind.ORDER_NUMBER, "1042", "1042"), money(FactKind.AMOUNT, "1042", "7.90", language)]
    say = turn.text("cash_claimed", order=turn.text("of_order", number="{0}"), amount="{1}")
    arguments = {"method": "efectivo", "amount": 7.9}
    return turn.call("register_payment", "claimed", say, facts, deeds=[(Deed.PAYMENT_CLAIMED, "1042")], arguments=arguments)


@pytest.mark.parametrize(
    ("language", "words", "quoted"),
    [
        ("es", "dame 6 harinas", "dame 6 harinas"),
        ("en", "six flours please", "six flours please"),
        ("pt", "seis farinhas", "seis farinhas"),
        ("en", "no wait, I wanted only one flour in total", "I wanted only one flour in total"),
        ("es", "dos harinas. ¿son 80 en total?", "son 80 en total"),
    ],
)
def test_another_amount_than_was_ordered_is_said_beside_the_deed(language: str, words: str, quoted: str) -> None:
    turn = hearing(Turn(language).added(HARINA, 2, "2.40"), words)

    assert spoken(language, words, quoted) in turn.says(move("say", call=1), move("ask", "anything_else"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "dame 2 harinas"),
        ("es", "un par de harinas"),
        ("pt", "duas farinhas, e só"),
        ("en", "two flours, not three"),
        ("es", "dame 1 harina, y súmale 1 más"),
        ("es", "dos harinas, soy Pedro, tengo 3 hijos"),
        ("es", "dame dos harinas de 1 kg"),
        ("es", "deme tres harinas, no, dos"),
        ("es", "quiero 4 harinas, no espera, mejor 2"),
        ("es", "dame 2 harinas, mi nieto cumple 12"),
    ],
)
def test_what_was_done_as_ordered_is_not_said_to_differ(language: str, words: str) -> None:
    assert DIFFERS[language] not in hearing(Turn(language).added(HARINA, 2, "2.40"), words).says(move("say", call=1))


def test_a_pair_of_what_is_sold_in_pairs_is_one_and_grams_are_parts_of_a_kilo() -> None:
    one = Turn().added(HARINA, 1, "1.20")

    assert DIFFERS["es"] not in hearing(one, "un par de harinas").says(move("say", call=1))
    assert DIFFERS["es"] in hearing(one, "tres pares de harinas").says(move("say", call=1))
    facts = [fact(FactKind.QUANTITY, "Tomate", "0.75", "0,75"), fact(FactKind.PRODUCT, "Tomate", "Tomate")]
    weighed = Turn().call("add_item_to_draft", "item_added", "Agregué {0} kg de {1}.", facts, signals=CHANGED)
    assert DIFFERS["es"] not in hearing(weighed, "del tomate, 750 gramos").says(move("say", call=1))


def test_what_a_question_of_ours_quotes_or_counts_is_not_said_to_differ() -> None:
    turn = Turn().added(HARINA, 2, "2.40").call("add_item_to_draft", "x", "Para «tres jugos», ¿cuál quieres?", status="ask")

    assert DIFFERS["es"] not in hearing(turn, "dos harinas, me das tres jugos").says(move("say", call=1))
    counted = Turn().added(HARINA, 2, "2.40").call("add_item_to_draft", "x", "¿Te refieres a 4 × Arroz?", status="ask")
    assert DIFFERS["es"] not in hearing(counted, "dos harinas, cuatro harinas de arroz").says(move("say", call=1))


def test_a_phone_that_was_noted_is_the_same_with_the_code_of_the_country() -> None:
    turn = summed_up()
    arguments = {"recipient_name": "Ana", "recipient_phone": "+584145551212"}
    turn.call("set_delivery_details", "delivery_set", "Anotado.", arguments=arguments)

    assert DIFFERS["es"] not in hearing(turn, "a nombre de Ana, 0414 555 1212").says(move("say", call=1))
    assert DIFFERS["es"] in hearing(turn, "a nombre de Ana, 0414 555 9999").says(move("say", call=1))


def test_several_sizes_of_a_thing_together_are_so_many_and_a_size_is_no_amount() -> None:
    turn, sizes = Turn(), ("Bóxer talle 38", "Bóxer talle 39")
    for name in sizes:
        facts = [fact(FactKind.QUANTITY, name, "3"), fact(FactKind.PRODUCT, name, name)]
        draft = {"lines": [{"sku": each, "name": each, "quantity": "3"} for each in sizes]}
        turn.call("add_item_to_draft", "item_added", "Agregué {0} × {1}.", facts, data={"draft": draft}, signals=CHANGED)

    for words in ("seis bóxer, 3 del 38 y 3 del 39", "bóxer 38 y bóxer 39"):
        assert DIFFERS["es"] not in hearing(turn, words).says(move("say", call=1), move("say", call=2))
    assert DIFFERS["es"] in hearing(turn, "ocho bóxer").says(move("say", call=1), move("say", call=2))


def test_one_that_is_taken_away_is_not_all_of_them() -> None:
    text = hearing(with_draft().removed(HARINA, "5.50"), "quítame una harina").says(move("say", call=1))

    assert spoken("es", "quítame una harina", "quítame una harina") in text
    assert DIFFERS["es"] not in hearing(with_draft().removed(HARINA, "5.50"), "quita las 2 harinas").says(move("say", call=1))


@pytest.mark.parametrize(
    ("language", "words", "quoted"),
    [
        ("es", "¿cómo va el 998?", "cómo va el 998"),
        ("en", "and order 998?", "order 998"),
        ("pt", "e o pedido 998?", "o pedido 998"),
    ],
)
def test_an_order_is_not_told_of_as_another_one(language: str, words: str, quoted: str) -> None:
    assert spoken(language, words, quoted) in hearing(with_order(language).status(), words).says(move("say", call=1))
    told = hearing(with_order(language).status(), words.replace("998", "1042"))
    assert DIFFERS[language] not in told.says(move("say", call=1))


@pytest.mark.parametrize(
    ("words", "quoted"),
    [
        ("es a la calle 8 con carrera 3", "es a la calle 8 con carrera 3"),
        ("a la calle 5, casa 2, antes del mediodía", "antes del mediodía"),
    ],
)
def test_an_address_and_what_stands_behind_it_are_not_taken_for_others(words: str, quoted: str) -> None:
    turn = hearing(with_draft(draft=None).delivered_to("Calle 5, casa 2"), words)

    assert spoken("es", words, quoted) in turn.says(move("say", call=1))


@pytest.mark.parametrize(
    ("words", "quoted"), [("te pagué 20 en efectivo", "te pagué 20 en efectivo"), ("pago por zelle", "pago por zelle")]
)
def test_a_payment_is_noted_as_it_was_told(words: str, quoted: str) -> None:
    assert spoken("es", words, quoted) in hearing(pays(), words).says(move("say", call=1))
    assert DIFFERS["es"] not in hearing(pays(), "te pagué 7,90 en efectivo").says(move("say", call=1))


@pytest.mark.parametrize(
    ("words", "quoted"),
    [
        ("¿cuánto sale el de 5 kilos?", "cuánto sale el de 5 kilos"),
        ("¿hay arroz Diana?", "hay arroz Diana"),
        ("¿el Mary está a 90?", "el Mary está a 90"),
    ],
)
def test_one_good_does_not_answer_for_another(words: str, quoted: str) -> None:
    turn = hearing(Turn().searched(ARROZ, LARGE), words)

    assert spoken("es", words, quoted) in turn.says(move("state", "", "f1.0", "f1.1"))
    assert DIFFERS["es"] not in hearing(turn, "¿cuánto sale el de 1 kilo?").says(move("state", "", "f1.0"))


@pytest.mark.parametrize(
    ("words", "quoted"),
    [
        ("cancela el 880", "cancela el 880"),
        ("cancela o 880", "cancela o 880"),
        ("cancela el pedido 1038", "cancela el pedido 1038"),
    ],
)
def test_a_cancelling_that_is_asked_of_another_order_says_so(words: str, quoted: str) -> None:
    facts, arguments = [fact(FactKind.ORDER_NUMBER, "1042", "1042")], {"number": "1042"}
    turn = with_order().call("cancel_order", "ask_cancel", "¿Seguro?", facts, status="ask", arguments=arguments)

    assert spoken("es", words, quoted) in hearing(turn, words).says(move("say", call=1))
    assert DIFFERS["es"] not in hearing(turn, words.replace("880", "1042").replace("1038", "1042")).says(move("say", call=1))


def test_who_does_not_know_does_not_say_besides_that_it_differs() -> None:
    text = hearing(with_order(), "¿llegan a Guarenas?").says(move("unknown", "delivery_area"), move("state", "", "s8"))

    assert DIFFERS["es"] not in text


def test_a_question_of_the_tool_that_quotes_the_words_differs_from_nothing() -> None:
    turn = Turn().asked_which(ARROZ, LARGE)
    turn.calls = [turn.calls[0].model_copy(update={"arguments": {"changes": [{"product": "arroz", "quantity": 4}]}})]

    assert DIFFERS["es"] not in hearing(turn, "4 arroces").says(move("say", call=1))


def test_a_pick_up_is_not_swallowed_by_an_order_that_is_brought() -> None:
    turn = hearing(with_draft().changed(HARINA, 4, "8.30"), "4 harinas, y lo paso a buscar")

    assert "Todavía no he anotado esos datos de la entrega." in turn.says(move("say", call=1))


def test_a_denial_that_does_not_hold_hides_nothing_that_was_passed_over() -> None:
    rendered = hearing(with_draft(), "quítame la harina").reply(move("cannot", "change_placed"))

    assert rendered.left_out == (LeftOut(move="cannot", reason="not_so"),)
    assert rendered.text.startswith("Eso todavía no lo he quitado.")


def test_what_is_ordered_beside_a_person_is_said_to_be_open() -> None:
    turn = Turn().call("request_human_handoff", "handoff_requested", "Te paso.", signals=(Trigger.HANDOFF_REQUESTED,))

    assert "«ponme dos aceites»" in hearing(turn, "quiero un asesor y ponme dos aceites").says(move("say", call=1))
    assert "«" not in hearing(turn, "quiero hablar con una persona de verdad").says(move("say", call=1))


def test_that_staff_verify_payments_is_told_with_how_the_payment_stands() -> None:
    text = hearing(with_order(), "¿ya verificaron mi pago?").says(move("state", "staff_verify_payments"))

    assert "Falta el pago, de US$ 7,90." in text


def test_how_to_pay_an_order_that_is_still_open_says_that_it_is() -> None:
    assert "por confirmar" in hearing(summed_up(), "ya apreté el botón").says(move("state", "how_to_pay"))
    assert "por confirmar" not in hearing(with_order(), "¿cómo pago?").says(move("state", "how_to_pay"))


def test_a_total_with_its_delivery_says_so() -> None:
    text = hearing(with_draft(), "¿el total sin envío?").says(move("state", "", "s8"))

    assert "US$ 7,90" in text
    assert "US$ 2,00" in text


def test_who_reads_pictures_of_receipts_does_not_say_that_only_text_is_read() -> None:
    assert with_order().reply(move("state", "text_only")).left_out == (LeftOut(move="state", reason="not_so"),)
    assert Turn().reply(move("state", "text_only")).left_out == ()


def test_the_address_may_be_asked_of_whoever_wants_it_brought() -> None:
    turn = with_draft()
    assert turn.brief.draft is not None
    draft = turn.brief.draft.model_copy(update={"fulfilment": None, "address": None, "missing": ["fulfilment"]})
    turn.brief = turn.brief.model_copy(update={"draft": draft})

    assert hearing(turn, "nada más, envíamelo").reply(move("ask", "address")).left_out == ()
    assert hearing(turn, "nada más").reply(move("ask", "address")).left_out != ()


def test_a_wish_for_joy_beside_a_no_is_no_yes() -> None:
    words = "¿tienen caviar? es para el cumpleaños de mi hija"

    assert hearing(Turn().not_found("caviar"), words).reply(move("say", call=1), move("social", "congratulate")).left_out == ()
    found = hearing(Turn().searched(ACEITE), words.replace("caviar", "aceite"))
    assert found.reply(move("say", call=1), move("social", "congratulate")).left_out != ()


def test_what_was_taken_out_to_the_last_is_not_said_to_be_still_uncancelled() -> None:
    turn = with_draft().removed(HARINA, "0")
    turn.calls = [turn.calls[0].model_copy(update={"data": {"draft": {"lines": []}}})]

    assert "cancelado" not in hearing(turn, "quita la harina, cancela todo").says(move("say", call=1))
    kept = hearing(with_draft().removed(HARINA, "3.50"), "quita la harina, cancela todo")
    assert "Todavía no he cancelado nada." in kept.says(move("say", call=1))


def test_no_courtesy_of_gladness_stands_behind_what_differs() -> None:
    turn = hearing(pays(), "te pagué 20 en efectivo")

    for kind in ("thanks", "no_hurry"):
        rendered = turn.reply(move("say", call=1), move("social", kind))
        assert rendered.left_out == (LeftOut(move="social", reason="no_answer"),)
        assert DIFFERS["es"] in rendered.text


def test_how_the_details_to_pay_come_is_told_with_the_order_still_open() -> None:
    turn = with_draft(facts={"s20": fact(FactKind.METHOD, "pm", "Pago móvil")})

    assert "por confirmar" in hearing(turn, "¿ya confirmé?").says(move("state", "payment_details_come"))
