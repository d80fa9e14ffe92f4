"""Rendering: order, what is told whatever the model names, and that nothing is said twice."""

from typing import Any

import pytest

from agent.reply.moves import LeftOut
from tests.reply.turns import ACEITE, ARROZ, CAFE, HARINA, Turn, with_draft, with_order


def move(name: str, what: str = "", *facts: str, call: int = 0, words: str = "") -> dict[str, Any]:
    return {"move": name, "what": what, "facts": list(facts), "call": call, "words": words}


GREET, MORE = move("social", "greet"), move("ask", "anything_else")


def test_courtesies_come_first_then_deeds_facts_and_one_question() -> None:
    turn = with_draft().searched(ARROZ).added(ARROZ, 1, "9.10", (HARINA, ARROZ))

    text = turn.says(move("ask", "which"), move("state", "", "f1.1"), move("say", call=2), move("social", "glad"), MORE)

    places = [
        text.index(piece) for piece in ("Agregué 1 × Arroz", "está disponible" if "disponible" in text else "Tenemos Arroz")
    ]
    assert places == sorted(places)
    assert places[0] > 0
    assert text.count("?") == 1
    assert text.endswith("?")


def test_an_effect_that_no_move_names_is_told_all_the_same() -> None:
    text = Turn().added(HARINA, 2, "2.40").says(GREET)

    assert "Agregué 2 × Harina P.A.N. Blanca 1 kg (US$ 2,40)." in text


def test_a_refusal_is_not_passed_over_in_silence() -> None:
    turn = Turn().added(HARINA, 2, "2.40")
    turn.call("add_item_to_draft", "out_of_stock", "Ese café está agotado.", status="refused", data={"sku": CAFE})

    assert "Ese café está agotado." in turn.says(MORE)


def test_what_failed_and_then_worked_is_told_as_done() -> None:
    turn = Turn()
    turn.call(
        "add_item_to_draft", "product_not_found", "No encontré ese producto.", status="refused", arguments={"product": "hrna"}
    )

    assert "No encontré" not in turn.added(HARINA, 2, "2.40").says(MORE)


def test_several_additions_are_one_list_with_the_new_sum() -> None:
    turn = Turn().added(HARINA, 2, "2.40").added(ACEITE, 1, "5.90", (HARINA, ACEITE))

    text = turn.says(move("say", call=1), move("state", "", "f2.4"))

    assert text == ("Agregué:\n• 2 × Harina P.A.N. Blanca 1 kg: US$ 2,40\n• 1 × Aceite Mazeite 1 L: US$ 3,50\nTotal: US$ 5,90")


def test_what_was_added_to_a_line_is_not_told_with_the_sum_of_the_line() -> None:
    turn = Turn().added(HARINA, 1, "3.60", before=2).added(ACEITE, 1, "7.10", (HARINA, ACEITE))

    text = turn.says(move("say", call=1))

    assert "Agregué 1 × Harina P.A.N. Blanca 1 kg; ahora llevas 3 (US$ 3,60)." in text
    assert "• 1 × Harina" not in text


def test_the_summary_says_the_order_and_asks_so_the_reply_does_neither() -> None:
    turn = with_draft().added(ARROZ, 1, "9.10").delivered_to("Calle 9").summarised("9.10")

    rendered = turn.reply(move("say", call=1), move("say", call=3), move("state", "", "f3.0"), move("ask", "confirm"), MORE)

    assert rendered.text == turn.text("confirmation_requested")
    assert LeftOut(move="ask", reason="asked_already") in rendered.left_out


def test_a_summary_that_a_later_change_made_void_is_not_announced() -> None:
    turn = with_draft().summarised("7.90").added(ARROZ, 1, "9.10")

    text = turn.says(move("say", call=1), move("say", call=2))

    assert turn.text("confirmation_requested") not in text
    assert "Agregué 1 × Arroz" in text


def test_a_question_of_a_tool_is_asked_last_and_no_other_beside_it() -> None:
    turn = Turn().asked_which(ARROZ, "Arroz Mary 5 kg").added(HARINA, 2, "2.40")

    rendered = turn.reply(move("say", call=1), MORE, move("offer", "request_human_handoff"))

    assert rendered.text.startswith("Agregué 2 × Harina")
    assert rendered.text.endswith("• Arroz Mary 5 kg: US$ 5,50")
    assert rendered.text.count("?") == 1
    assert "persona" not in rendered.text


def test_a_pending_question_is_asked_even_if_the_model_does_not_name_it() -> None:
    assert "¿Cuál de estos quieres?" in Turn().asked_which(ARROZ, HARINA).says(GREET)


def test_a_question_that_the_model_settled_itself_is_not_asked() -> None:
    settled = Turn().asked_which(ARROZ, "Arroz Mary 5 kg").added(ARROZ, 2, "2.40")

    assert settled.says(MORE).startswith("Agregué 2 × Arroz Mary 1 kg")
    assert "¿Cuál de estos" not in settled.says(MORE)


def test_facts_of_several_moves_are_joined_in_one_sentence() -> None:
    text = with_order().says(move("state", "", "s1"), move("state", "", "s3"), move("state", "", "s4", "s5"))

    assert text == "Tu pedido 1042 está confirmado; falta el pago, de US$ 7,90."


def test_several_prices_become_a_list_that_marks_what_is_sold_out() -> None:
    turn = Turn().searched(HARINA, CAFE, sold_out=(CAFE,))

    text = turn.says(move("state", "", "f1.1", "f1.3"))

    assert "• Harina P.A.N. Blanca 1 kg: US$ 1,20\n• Café Flor de Arauca 500 g: US$ 6,00 (agotado por ahora)" in text


def test_a_name_is_whole_once_and_short_after_that() -> None:
    turn = Turn().searched(HARINA)
    first = turn.says(move("state", "", "f1.1"))
    turn.recent = (first,)

    again = turn.says(move("suggest", "", "f1.1"))

    assert HARINA in first
    assert "Harina P.A.N. Blanca" in again
    assert HARINA not in again


def test_a_short_name_that_could_be_another_product_stays_whole() -> None:
    turn = Turn().searched(ARROZ, "Arroz Mary 5 kg")
    turn.recent = ("• Arroz Mary 1 kg: US$ 1,20\n• Arroz Mary 5 kg: US$ 5,50",)

    assert "Arroz Mary 1 kg" in turn.says(move("suggest", "", "f1.1"))

    alone = Turn().searched(ARROZ)
    alone.recent = turn.recent
    assert "Arroz Mary 1 kg" in alone.says(move("suggest", "", "f1.1"))


def test_no_wording_returns_while_it_is_still_on_the_screen() -> None:
    turn = with_draft()
    said: list[str] = []
    for number in range(3):
        turn.seed = f"turn {number}"
        turn.recent = tuple(said)
        said.append(turn.says(move("ask", "items")))

    assert len(set(said)) == 3


def test_a_replayed_turn_says_the_same() -> None:
    moves = (GREET, move("unknown", "restock"), MORE)

    assert with_draft(state="IDLE").says(*moves) == with_draft(state="IDLE").says(*moves)


def test_who_was_greeted_is_not_greeted_again() -> None:
    turn = with_draft()
    turn.recent = ("¡Hola! 👋 ¿Qué te gustaría pedir?",)

    rendered = turn.reply(GREET, move("state", "", "s8"))

    assert "Hola" not in rendered.text
    assert LeftOut(move="social", reason="greeted_before") in rendered.left_out


def test_anything_else_is_not_asked_twice_running() -> None:
    turn = with_draft().removed(ACEITE, "2.40")
    turn.recent = ("Agregué 2. ¿Algo más?",)

    assert turn.says(MORE) == "Quité Aceite Mazeite 1 L de tu pedido."


def test_a_hint_does_not_stand_without_the_question_that_it_belongs_to() -> None:
    turn = with_draft()
    turn.recent = ("Agregué 2. ¿Algo más? Si es todo, escribe *listo*.",)

    text = turn.says(MORE, move("state", "how_to_finish"))

    assert text.count("?") == 1
    assert text.endswith("Si es todo, escribe *listo*.")


def test_a_person_is_not_offered_twice_in_a_row() -> None:
    turn = with_order()
    turn.recent = ("Lamento lo ocurrido. Si quieres, te paso con una persona del equipo.",)

    rendered = turn.reply(move("unknown", "delivery_time"), move("offer", "request_human_handoff"))

    assert "persona" not in rendered.text
    assert LeftOut(move="offer", reason="repeated") in rendered.left_out


def test_what_is_asked_again_is_answered_again_in_other_words() -> None:
    turn = with_draft()
    total = turn.says(move("state", "", "s8", "s7"))
    turn.recent = (total,)

    assert "7,90" in turn.says(move("state", "", "s8", "s7"))
    assert turn.says(move("state", "", "s8", "s7")) != total


def test_a_name_greets_and_several_unknowns_are_one_sentence() -> None:
    assert "María" in Turn(state="IDLE", customer_name="maría gonzález").says(GREET)
    text = with_order().says(move("unknown", "delivery_area"), move("unknown", "delivery_time"))
    assert "si llegamos hasta allá ni cuánto tarda la entrega" in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "Tu pedido 1042 está confirmado"),
        ("en", "Your order 1042 is confirmed"),
        ("pt", "Seu pedido 1042 está confirmado"),
    ],
)
def test_one_renderer_speaks_every_language(language: str, words: str) -> None:
    assert words in with_order(language).says(move("state", "", "s1", "s3"))


def test_what_is_left_when_no_move_holds() -> None:
    bad = move("state", "", "s99")

    assert "Harina" in Turn().searched(HARINA).says(bad)
    missing = with_draft()
    draft = missing.brief.draft
    assert draft is not None
    missing.brief = missing.brief.model_copy(update={"draft": draft.model_copy(update={"missing": ["recipient_name"]})})
    assert missing.says(bad) == "¿A nombre de quién va el pedido?"
    assert with_draft().says(bad).endswith("?")
    lost = Turn().reply(bad)
    assert not lost.understood
    assert lost.text.endswith("?")


def test_a_courtesy_is_no_answer_where_the_answer_itself_did_not_hold() -> None:
    lost = Turn().reply(move("suggest", "cheapest", "f1.0"), move("social", "glad"))

    assert not lost.understood
    assert "alegra" not in lost.text
    assert Turn(state="IDLE").reply(GREET).understood
