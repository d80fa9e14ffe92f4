"""What a reply would have the customer believe without saying it: by a question, an offer, a courtesy, an omission."""

import pytest

from agent.audiences.asked import heard
from agent.brief import Asked, BriefMessage
from agent.reply.moves import LeftOut
from domain.conversations.content import Text
from tests.reply.turns import ACEITE, ARROZ, CAFE, HARINA, Turn, with_draft, with_order


def move(name: str, what: str = "", *facts: str) -> dict[str, object]:
    return {"move": name, "what": what, "facts": list(facts)}


def asking(words: str) -> list[BriefMessage]:
    return [BriefMessage(content=Text(text=words))]


def test_what_was_ordered_and_only_looked_up_does_not_pass_for_added() -> None:
    turn = with_draft(asked=Asked.A_DEED).searched(ARROZ)

    assert turn.says(move("state", "", "f1.0"), move("ask", "confirm")).endswith(("¿Te lo agrego?", "¿Lo pongo en tu pedido?"))


def test_the_sum_of_the_order_does_not_pass_for_that_with_what_was_just_shown() -> None:
    text = with_draft(asked=Asked.AN_ANSWER).searched(ARROZ).says(move("state", "", "s8"))

    assert ARROZ in text
    assert "Sin contar eso, tu pedido va en US$ 7,90." in text


def test_the_sum_of_the_order_holds_its_delivery_also_beside_what_was_just_shown() -> None:
    text = with_draft(asked=Asked.AN_ANSWER).searched(ARROZ).says(move("state", "", "s7", "s8"))

    assert "Sin contar eso, tu pedido va en US$ 7,90, con US$ 2,00 de envío." in text


def test_a_question_alone_does_not_pass_over_what_a_lookup_found() -> None:
    text = Turn(asked=Asked.AN_ANSWER).searched(CAFE, ACEITE, sold_out=(CAFE,)).says(move("ask", "quantity"))

    assert "agotado" in text


def test_what_is_sold_out_is_not_told_without_what_else_was_found() -> None:
    assert ACEITE in Turn(asked=Asked.AN_ANSWER).searched(CAFE, ACEITE, sold_out=(CAFE,)).says(move("state", "", "f1.0"))


@pytest.mark.parametrize("topic", ["restock", "stock"])
def test_what_the_shop_does_not_sell_is_not_said_to_be_gone(topic: str) -> None:
    rendered = Turn(asked=Asked.AN_ANSWER).not_found("caviar").reply(move("unknown", topic))

    assert "catálogo" in rendered.text
    assert rendered.left_out == (LeftOut(move="unknown", reason="known"),)


def test_a_placed_order_that_is_unpaid_does_not_pass_for_paid() -> None:
    assert "US$ 7,90" in with_order(asked=Asked.AN_ANSWER).says(move("state", "", "s1", "s3"))


@pytest.mark.parametrize("tool", ["cancel_order", "get_order_status", "register_payment"])
def test_nothing_is_offered_for_an_order_that_there_is_not(tool: str) -> None:
    assert Turn().reply(move("offer", tool)).left_out == (LeftOut(move="offer", reason="of_nothing"),)


@pytest.mark.parametrize(("what", "reason"), [("reference", "nothing_to_pay"), ("which_order", "none_placed")])
def test_no_question_presupposes_an_order(what: str, reason: str) -> None:
    assert Turn(asked=Asked.AN_ANSWER).reply(move("ask", what)).left_out == (LeftOut(move="ask", reason=reason),)


def test_a_payment_that_was_reported_is_not_asked_about_again() -> None:
    left = with_order(payment_status="claimed", asked=Asked.AN_ANSWER).reply(move("ask", "reference")).left_out

    assert left == (LeftOut(move="ask", reason="nothing_to_pay"),)


def test_a_deed_beside_a_question_does_not_answer_the_question() -> None:
    turn = Turn(asked=Asked.A_DEED, messages=asking("dos harinas, ¿ya está confirmado?")).added(HARINA, 2, "2.40")

    assert turn.reply(move("social", "glad")).left_out == (LeftOut(move="social", reason="no_answer"),)
    plain = Turn(asked=Asked.A_DEED, messages=asking("dos harinas")).added(HARINA, 2, "2.40")
    assert plain.reply(move("social", "glad")).left_out == ()


def test_as_you_wish_is_no_answer_to_an_order() -> None:
    left = with_draft(asked=Asked.A_DEED).reply(move("state", "as_you_wish")).left_out

    assert left == (LeftOut(move="state", reason="not_so"),)


@pytest.mark.parametrize("words", ["no", "no, así está bien", "mejor no"])
def test_as_you_wish_answers_a_refusal(words: str) -> None:
    turn = with_draft(messages=asking(words))
    turn.brief = heard(turn.brief)

    assert turn.reply(move("state", "as_you_wish")).left_out == ()


def test_a_product_in_a_list_is_named_by_the_question_about_it() -> None:
    turn = Turn(asked=Asked.AN_ANSWER).searched(ACEITE, ARROZ)

    assert "Arroz Mary" in turn.says({"move": "say", "call": 1}, move("ask", "add", "f1.2")).rpartition("\n")[2]
