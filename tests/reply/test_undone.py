"""What a customer orders and the turn passes over: neither silence nor the next question passes for it."""

from typing import Any

import pytest

from agent.audiences.asked import DEEDS, heard
from agent.brief import Asked, BriefMessage
from agent.grounds import SERVES
from agent.reply.moves import LeftOut
from core.messages import LANGUAGES, variants
from domain.conversations.content import Text
from tests.reply.test_renderer import move
from tests.reply.turns import ACEITE, ARROZ, HARINA, Turn, fact, with_draft, with_order
from tools import registry
from tools.outcome import Deed, FactKind


def hearing(turn: Turn, words: str) -> Turn:
    """The turn with these words of the customer, as the grammar hears them."""
    turn.brief = heard(turn.brief.model_copy(update={"messages": [BriefMessage(content=Text(text=words))]}))
    return turn


@pytest.mark.parametrize(
    ("words", "deed"),
    [
        ("agrega dos aceites", Deed.ITEM_ADDED),
        ("quita la harina", Deed.ITEM_REMOVED),
        ("borra todo", Deed.DRAFT_CLEARED),
        ("cancela mi pedido", Deed.ORDER_CANCELLED),
        ("mándalo a la avenida 9, casa 4", Deed.DELIVERY_SET),
        ("quiero hablar con una persona", Deed.HANDOFF_REQUESTED),
        ("eso es todo", Deed.CONFIRMATION_REQUESTED),
    ],
)
def test_the_words_tell_which_deed_is_ordered(words: str, deed: Deed) -> None:
    assert deed in hearing(with_draft(), words).brief.ordered


@pytest.mark.parametrize("words", ["¿ya está confirmado?", "how do I cancel?", "hola", "gracias!", "¿a dónde lo mandan?"])
def test_a_question_or_a_courtesy_orders_nothing(words: str) -> None:
    assert hearing(with_draft(), words).brief.ordered == []


@pytest.mark.parametrize(
    ("words", "moves", "said"),
    [
        ("quita la harina", [move("ask", "confirm")], "Eso todavía no lo he quitado."),
        ("agrega dos aceites", [move("state", "", "s1", "s3")], "Lo de «agrega dos aceites» todavía no lo he anotado."),
        ("cancela todo", [move("state", "draft_kept")], "Todavía no he cancelado nada."),
        ("quita la harina", [move("state", "as_you_wish"), move("ask", "anything_else")], "Eso todavía no lo he quitado."),
        ("borra todo", [move("social", "bye")], "Todavía no he vaciado tu pedido."),
    ],
)
def test_what_was_ordered_and_not_tried_is_told(words: str, moves: list[dict[str, Any]], said: str) -> None:
    assert said in hearing(with_draft(), words).says(*moves)


def test_a_deed_that_a_call_has_tried_is_told_by_the_call_alone() -> None:
    turn = hearing(with_draft().removed(HARINA, "5.50"), "quita la harina")

    assert "todavía" not in turn.says(move("say", call=1), move("ask", "anything_else"))


def test_a_question_about_the_deed_itself_sees_to_it() -> None:
    assert "todavía" not in hearing(with_draft(), "quita la harina").says(move("ask", "quantity", "s1"))
    assert "todavía" not in hearing(with_order(), "quiero cancelar").says(move("offer", "cancel_order"))


def test_no_courtesy_passes_for_the_half_that_was_not_done() -> None:
    turn = hearing(Turn().added(HARINA, 2, "2.40"), "dos harinas, y quiero hablar con una persona")

    rendered = turn.reply(move("say", call=1), move("social", "glad"))

    assert LeftOut(move="social", reason="no_answer") in rendered.left_out
    assert "Todavía no he avisado a nadie del equipo." in rendered.text


def test_the_agent_does_not_say_that_it_cannot_do_what_it_has_not_tried() -> None:
    rendered = hearing(with_draft(), "quita la harina").reply(move("cannot", "other"))

    assert LeftOut(move="cannot", reason="not_so") in rendered.left_out
    assert "Eso no lo puedo hacer" not in rendered.text


def test_goods_that_no_call_speaks_of_are_named_in_the_customers_words() -> None:
    turn = hearing(Turn().added(HARINA, 2, "2.40"), "dame dos harinas y tres arroces")

    assert "Lo de «tres arroces» todavía no lo he anotado." in turn.says(move("say", call=1), move("ask", "anything_else"))
    both = hearing(Turn().added(HARINA, 2, "2.40").added(ARROZ, 3, "6.00", (HARINA, ARROZ)), "dos harinas y tres arroces")
    assert "anotado" not in both.says(move("say", call=1))


def test_an_order_that_was_to_change_is_not_asked_to_be_confirmed() -> None:
    rendered = hearing(with_draft(), "quita la harina").reply(move("ask", "confirm"))

    assert LeftOut(move="ask", reason="not_done") in rendered.left_out
    assert "onfirm" not in rendered.text


def test_goods_that_were_passed_over_stand_as_the_customer_wrote_them_and_beside_no_joy() -> None:
    turn = hearing(Turn().added(HARINA, 2, "2.40"), "dame dos harinas y tres cafés")

    rendered = turn.reply(move("social", "glad"))

    assert "«tres cafés»" in rendered.text
    assert LeftOut(move="social", reason="no_answer") in rendered.left_out


def test_goods_by_another_name_are_not_said_to_be_missing() -> None:
    turn = hearing(Turn().added(ACEITE, 2, "7.00"), "dame dos litros de grasa")

    assert "todavía" not in turn.says(move("say", call=1))


def test_a_question_that_follows_nothing_shows_the_order_as_it_is() -> None:
    # Words that the grammar does not read, here of a language it does not know, may have changed it
    turn = with_draft("pt", asked=Asked.UNCLEAR)

    text = turn.says(move("ask", "confirm"))

    assert HARINA in text
    assert text.endswith("?")


@pytest.mark.parametrize(
    ("turn", "moves", "left"),
    [
        (Turn(), [move("ask", "solved")], ("ask", "not_attended")),
        (Turn(), [move("ask", "payment_method")], ("ask", "nothing_to_pay")),
        (Turn(), [move("social", "welcome_back")], ("social", "not_so")),
        (Turn(), [move("offer", "request_confirmation")], ("offer", "of_nothing")),
        (with_draft(), [move("offer", "register_payment")], ("offer", "of_nothing")),
        (with_order(payment_status="paid"), [move("offer", "register_payment")], ("offer", "of_nothing")),
        (Turn(), [move("state", "how_to_pay")], ("state", "not_so")),
        (with_draft().removed(ACEITE, "4.40"), [move("state", "draft_kept")], ("state", "not_so")),
    ],
)
def test_nothing_is_presupposed_that_is_not_so(turn: Turn, moves: list[dict[str, Any]], left: tuple[str, str]) -> None:
    assert left in [(one.move, one.reason) for one in turn.reply(*moves).left_out]


def test_a_person_who_has_seen_to_the_customer_may_be_asked_about() -> None:
    assert "resuelto" in Turn(was_attended=True).says(move("ask", "solved"))


def test_every_deed_that_can_be_ordered_has_tools_and_a_text() -> None:
    ordered = {*DEEDS.values(), Deed.ITEM_ADDED, Deed.CONFIRMATION_REQUESTED, Deed.DELIVERY_SET}
    assert ordered == SERVES.keys()
    assert {name for names in SERVES.values() for name in names} <= registry.DEFINED.keys()
    for language in LANGUAGES:
        assert [deed for deed in ordered if not variants(f"reply.undone.{deed}", language)] == []


@pytest.mark.parametrize("words", ["medias no, dos harinas", "dos harinas, camisas ninguna", "1 harina, ah y súmale una más"])
def test_what_is_so_already_is_not_said_to_be_open(words: str) -> None:
    assert "todavía no" not in hearing(Turn().added(HARINA, 2, "2.40"), words).says(move("say", call=1))


@pytest.mark.parametrize(
    ("words", "quoted"),
    [
        ("dos harinas y devuélveme la plata", "«devuélveme la plata»"),
        ("dos harinas, pero quita el aceite", "«quita el aceite»"),
        ("dos harinas, sin aceite", "«sin aceite»"),
    ],
)
def test_what_was_wanted_beside_what_was_done_is_said_to_be_open(words: str, quoted: str) -> None:
    assert quoted in hearing(with_draft().added(HARINA, 2, "10.30"), words).says(move("say", call=1))


def test_a_change_of_goods_is_not_done_by_the_order_that_has_them() -> None:
    facts = [fact(FactKind.ORDER_NUMBER, "1042", "1042")]
    data = {"order": {"lines": [{"name": HARINA, "quantity": "2"}]}}
    turn = with_draft("pt").call("confirm_order", "placed", "Pronto!", facts, deeds=[(Deed.ORDER_CONFIRMED, "1042")], data=data)

    assert "«muda pra 3 farinhas»" in hearing(turn, "sim, mas muda pra 3 farinhas").says(move("say", call=1))


def test_a_change_that_was_denied_wrongly_is_said_to_be_open() -> None:
    text = hearing(with_draft(), "cambia la harina a 3").says(move("cannot", "change_placed"))

    assert text.startswith("Lo de «cambia la harina a 3» todavía no lo he anotado.")


@pytest.mark.parametrize(
    ("language", "words", "quoted"),
    [
        ("es", "2 harinas y bájame el precio", "«bájame el precio»"),
        ("en", "two flours, but send them separately", "“send them separately”"),
        ("pt", "duas farinhas, mas avisa o porteiro", "«avisa o porteiro»"),
    ],
)
def test_what_goes_on_from_an_order_is_wanted_as_well(language: str, words: str, quoted: str) -> None:
    assert quoted in hearing(Turn(language).added(HARINA, 2, "2.40"), words).says(move("say", call=1))


def test_what_is_told_beside_an_order_is_not_said_to_be_open() -> None:
    text = hearing(Turn().added(HARINA, 2, "2.40"), "dos harinas, es para las loncheras").says(move("say", call=1))

    assert "todavía no" not in text


def test_what_stands_beside_a_cancelling_that_is_asked_about_is_said_to_be_open() -> None:
    facts, arguments = [fact(FactKind.ORDER_NUMBER, "1042", "1042")], {"number": "1042"}
    turn = with_order().call("cancel_order", "ask_cancel", "¿Seguro?", facts, status="ask", arguments=arguments)

    assert "Lo de «devuélveme la plata» todavía" in hearing(turn, "cancela y devuélveme la plata").says(move("say", call=1))
    assert "todavía" not in hearing(turn, "cancela mi pedido, por favor").says(move("say", call=1))
