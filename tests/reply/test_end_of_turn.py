"""What is so at the end of a turn, and what a courtesy, a denial or a question is worth there."""

from decimal import Decimal
from typing import Any

import pytest

from agent.audiences.asked import heard
from agent.brief import Asked, BriefDraft, BriefLine, BriefMessage
from agent.reply.moves import LeftOut
from domain.conversations.content import Text
from tests.reply.turns import ACEITE, ARROZ, CAFE, HARINA, Turn, fact, money, with_draft, with_order
from tools.outcome import Deed, FactKind


def move(name: str, what: str = "", *facts: str, call: int = 0) -> dict[str, Any]:
    return {"move": name, "what": what, "facts": list(facts), "call": call}


def reasons(turn: Turn, *moves: dict[str, Any]) -> list[tuple[str, str]]:
    return [(left.move, left.reason) for left in turn.reply(*moves).left_out]


def asked(text: str, language: str = "es", **brief: Any) -> Asked:
    return heard(Turn(language, messages=[BriefMessage(content=Text(text=text))], **brief).brief).asked


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("hola, ¿cómo estás?", Asked.NOTHING),
        ("gracias", Asked.NOTHING),
        ("👍", Asked.NOTHING),
        ("mi abuela murió ayer", Asked.UNCLEAR),
        ("café flor de arauca", Asked.UNCLEAR),
        ("¿tienen arroz?", Asked.AN_ANSWER),
        ("¿les llegó mi pago?", Asked.AN_ANSWER),
        ("vocês têm arroz?", Asked.AN_ANSWER),
        ("¿eres un robot?", Asked.AN_ANSWER),
        ("dame harina", Asked.A_DEED),
        ("2 harinas", Asked.A_DEED),
        ("adiciona duas farinhas", Asked.A_DEED),
        ("cancela mi pedido", Asked.A_DEED),
        ("ya pagué", Asked.A_DEED),
    ],
)
def test_what_the_customer_wants_is_known_before_a_model_is_asked(text: str, wanted: Asked) -> None:
    assert asked(text) is wanted


def test_a_bare_yes_is_an_order_only_where_something_is_open() -> None:
    assert asked("ok") is Asked.NOTHING
    assert heard(with_draft(messages=[BriefMessage(content=Text(text="ok"))]).brief).asked is Asked.A_DEED


@pytest.mark.parametrize("kind", ["glad", "congratulate", "thanks", "you_are_welcome", "enjoy", "enjoy_meal", "laugh"])
@pytest.mark.parametrize("wanted", [Asked.AN_ANSWER, Asked.A_DEED])
def test_no_courtesy_is_the_answer_to_what_was_asked_or_ordered(kind: str, wanted: Asked) -> None:
    rendered = Turn(asked=wanted).reply(move("social", kind))

    assert rendered.left_out == (LeftOut(move="social", reason="no_answer"),)
    assert not rendered.understood


def test_a_courtesy_that_closes_a_message_is_no_answer_either() -> None:
    assert reasons(Turn(asked=Asked.AN_ANSWER), move("social", "no_hurry")) == [("social", "no_answer")]
    assert reasons(Turn(asked=Asked.UNCLEAR), move("social", "safe_travels")) == []


def test_an_order_that_was_not_carried_out_is_not_celebrated_whatever_is_stated() -> None:
    turn = with_draft(asked=Asked.A_DEED)
    assert reasons(turn, move("social", "glad"), move("state", "", "s8")) == [("social", "no_answer")]

    turn.added(ARROZ, 1, "9.10", (HARINA, ACEITE, ARROZ))
    assert reasons(turn, move("social", "glad"), move("say", call=1)) == []


def test_nothing_is_celebrated_where_something_was_sold_out() -> None:
    turn = Turn(asked=Asked.A_DEED).added(HARINA, 2, "2.40").searched(CAFE, sold_out=(CAFE,))

    assert reasons(turn, move("say", call=1), move("social", "enjoy")) == [("social", "no_answer")]


def test_an_answer_comes_before_the_courtesy_about_it() -> None:
    text = Turn(asked=Asked.AN_ANSWER).searched(HARINA).says(move("social", "laugh"), move("state", "", "f1.1"))

    assert text.endswith("😄")
    assert text.index("Harina") < text.index("😄")


def test_unclear_words_in_the_middle_of_an_order_are_not_assented_to() -> None:
    assert reasons(with_draft(asked=Asked.UNCLEAR), move("social", "glad")) == [("social", "no_answer")]


def test_what_a_customer_tells_of_their_day_is_answered_and_the_shop_is_still_there() -> None:
    rendered = Turn(asked=Asked.UNCLEAR).reply(move("social", "congratulate"))

    assert rendered.left_out == ()
    assert "🎉" in rendered.text
    assert rendered.text.endswith("?")


def test_where_nothing_was_done_another_model_may_still_do_it() -> None:
    rendered = with_draft(asked=Asked.A_DEED).reply(move("social", "glad"))

    assert not rendered.understood


def test_a_question_about_the_order_is_answered_with_the_order_when_no_move_holds() -> None:
    open_order = with_draft(asked=Asked.AN_ANSWER).reply(move("state", "draft_empty"))
    placed = with_order(asked=Asked.AN_ANSWER).reply(move("social", "glad"))

    assert "7,90" in open_order.text
    assert placed.text == "Tu pedido 1042 está confirmado; falta el pago, de US$ 7,90."
    assert placed.understood


def test_a_price_found_anew_makes_the_old_one_past_and_the_sums_made_with_it() -> None:
    turn = with_draft()
    turn.call("list_products", "products_found", "", [money(FactKind.PRICE, HARINA, "1.50")], deeds=[(Deed.AVAILABLE, HARINA)])

    left = reasons(turn, move("state", "", "s2", "s3", "s8"), move("state", "", "s6"))

    assert left == [("state", "unknown_fact")] * 3


def test_lines_that_a_call_did_not_touch_are_still_so() -> None:
    turn = with_draft().added(ARROZ, 1, "9.10", (HARINA, ACEITE, ARROZ))
    turn.calls[0].data["draft"]["lines"][0]["quantity"] = "2"

    assert reasons(turn, move("say", call=1), move("state", "", "s1", "s3")) == []
    assert ("state", "unknown_fact") in reasons(turn, move("state", "", "s8"))


def test_what_is_owed_is_past_once_a_payment_was_noted() -> None:
    turn = with_order()
    turn.call("register_payment", "payment_claimed", "Anotado.", deeds=[(Deed.PAYMENT_CLAIMED, "1042")])

    assert reasons(turn, move("state", "", "s4", "s5")) == [("state", "unknown_fact")] * 2
    assert reasons(turn, move("state", "", "s2")) == []
    assert ("state", "not_so") in reasons(turn, move("state", "how_to_pay"))


def test_what_was_added_or_only_proposed_is_not_what_a_line_has() -> None:
    more = Turn().added(HARINA, 1, "3.60", before=2)
    proposed = Turn().call(
        "update_draft",
        "asked",
        "¿{0}?",
        [fact(FactKind.QUANTITY, CAFE, "2"), money(FactKind.LINE_TOTAL, CAFE, "12")],
        status="ask",
    )

    assert "llevas 1" not in more.says(move("state", "", "f1.0"))
    assert "Llevas" not in proposed.says(move("state", "", "f1.0", "f1.1"))


@pytest.mark.parametrize("what", ["not_confirmed", "draft_empty", "draft_kept", "payment_details_come"])
def test_an_order_that_was_placed_in_this_turn_is_spoken_of_as_placed(what: str) -> None:
    turn = with_draft().call("confirm_order", "order_confirmed", "¡Listo!", deeds=[(Deed.ORDER_CONFIRMED, "1042")])

    assert ("state", "not_so") in reasons(turn, move("state", what))
    assert ("ask", "nothing_to_confirm") in reasons(turn, move("ask", "confirm"))


def test_whoever_has_placed_an_order_is_not_told_that_it_is_empty() -> None:
    assert ("state", "not_so") in reasons(with_order(), move("state", "draft_empty"))


@pytest.mark.parametrize("topic", ["price", "product", "other"])
def test_what_a_call_has_found_is_told_in_place_of_a_denial(topic: str) -> None:
    turn = Turn(asked=Asked.AN_ANSWER).searched(ARROZ, HARINA)

    assert reasons(turn, move("unknown", topic)) == [("unknown", "known")]
    assert ARROZ in turn.says(move("unknown", topic))


def test_what_is_left_is_told_where_a_model_says_it_does_not_know() -> None:
    turn = Turn().call("add_item_to_draft", "short", "Solo quedan {0}.", [fact(FactKind.STOCK, ACEITE, "10")], status="refused")

    assert reasons(turn, move("unknown", "stock")) == [("unknown", "known")]


def test_a_denial_of_what_no_call_can_tell_stays_beside_what_was_found() -> None:
    text = Turn().searched(ARROZ).says(move("unknown", "stock"))

    assert ARROZ in text
    assert "cuánto queda" in text


def test_what_can_be_done_is_not_denied() -> None:
    assert ("cannot", "not_so") in reasons(with_draft(), move("cannot", "reserve"))
    assert reasons(Turn(), move("cannot", "reserve")) == []


@pytest.mark.parametrize("what", ["quantity", "add", "which"])
def test_goods_that_nobody_found_are_not_asked_about(what: str) -> None:
    assert ("ask", "of_nothing") in reasons(Turn(), move("ask", what))
    assert ("ask", "of_nothing") in reasons(with_draft().not_found("caviar"), move("ask", what))
    assert reasons(Turn().searched(ARROZ, HARINA), move("say", call=1), move("ask", what)) == []


def test_goods_that_were_asked_for_and_not_looked_up_are_not_asked_about_whatever_is_open() -> None:
    turn = with_draft(asked=Asked.AN_ANSWER)
    turn.recent = ("Agregué 2 × Harina P.A.N. Blanca 1 kg (US$ 2,40).",)

    assert ("ask", "of_nothing") in reasons(turn, move("ask", "quantity"))
    turn.brief = turn.brief.model_copy(update={"asked": Asked.A_DEED})
    assert reasons(turn, move("ask", "quantity")) == []


def test_an_order_that_lacks_a_detail_is_not_to_be_confirmed() -> None:
    lines = [BriefLine(sku="HAR", name=HARINA, quantity=Decimal(2))]
    turn = Turn(draft=BriefDraft(lines=lines, missing=["fulfilment"]))

    assert reasons(turn, move("ask", "confirm")) == [("ask", "details_missing")]
    assert turn.says(move("ask", "confirm")) == "¿Te lo llevamos o pasas a retirarlo?"


def test_one_way_to_pay_is_not_told_as_the_only_one() -> None:
    text = with_order().says(move("state", "", "s10"))

    assert "Pago móvil" in text
    assert "Zelle" in text


def test_a_part_of_what_was_found_is_not_told_as_all_of_it() -> None:
    turn = Turn().searched(ARROZ, HARINA, ACEITE)

    assert turn.says(move("state", "", "f1.1", "f1.3")).startswith("Entre lo que encontré está:")
    assert not turn.says(move("state", "", "f1.1", "f1.3", "f1.5")).startswith("Entre")


def test_a_part_of_an_order_is_not_told_as_the_order() -> None:
    turn = with_draft()

    assert "Tu pedido va así" in turn.says(move("state", "", "s1", "s3", "s4", "s6"))
    turn.added(ARROZ, 1, "9.10", (HARINA, ACEITE, ARROZ)).calls[0].data["draft"]["lines"][0]["quantity"] = "2"
    assert "Tu pedido va así" not in turn.says(move("state", "", "s1", "s3", "s4", "s6"))


def test_the_cheapest_is_the_cheapest_of_what_was_looked_up_with_it() -> None:
    turn = with_draft().searched(ARROZ, "Arroz Mary 5 kg")

    assert "más económica" in turn.says(move("suggest", "cheapest", "f1.0"))
    assert "más económica que encontré es Arroz Mary 1 kg" in turn.says(move("suggest", "cheapest", "f1.2"))


def test_what_nobody_can_have_is_not_compared_as_if_it_were_there() -> None:
    text = Turn().searched(HARINA, CAFE, sold_out=(CAFE,)).says(move("compare", "", "f1.0", "f1.2"))

    assert "diferencia" not in text
    assert "agotado" in text
