"""What stays open when all is typed: moves that would say what is not so."""

from typing import Any

import pytest

from agent.reply.moves import VOCABULARY, LeftOut, Offer
from core.messages import LANGUAGES, catalogue, variants
from tests.reply.test_renderer import move
from tests.reply.turns import ACEITE, ARROZ, CAFE, HARINA, Turn, fact, with_draft, with_order
from tools import registry
from tools.outcome import FactKind


def reasons(turn: Turn, *moves: dict[str, Any]) -> list[tuple[str, str]]:
    return [(left.move, left.reason) for left in turn.reply(*moves).left_out]


def test_what_is_known_is_stated_where_a_model_says_that_it_does_not_know() -> None:
    turn = with_order()

    rendered = turn.reply(move("unknown", "hours"), move("unknown", "payment_methods"), move("unknown", "delivery_fee"))

    assert "08:00" in rendered.text
    assert "Zelle" in rendered.text
    assert "US$ 20,00" in rendered.text
    assert "no sé" not in rendered.text.casefold()
    assert rendered.stated >= {"s7", "s8", "s9", "s10", "s11"}


def test_nothing_says_that_goods_are_lacking_but_a_search_of_this_turn() -> None:
    # No statement has words for it; only a tool's sentence does, and a product that a call found to be gone.
    assert "agotado" not in Turn().says(move("unknown", "product"), move("unknown", "stock"))
    assert "No encontré «arepas»" in Turn().not_found("arepas").says(move("say", call=1))
    assert reasons(Turn(), move("say", call=1)) == [("say", "unknown_call")]


def test_what_a_later_call_reversed_is_not_told() -> None:
    turn = Turn().added(HARINA, 2, "2.40").removed(HARINA, "0.00")
    assert "Agregué" not in turn.says(move("say", call=1))
    assert "Quité" in turn.says(move("say", call=1))
    assert ("say", "no_longer_so") in reasons(turn, move("say", call=1))

    emptied = Turn().added(HARINA, 2, "2.40").added(ACEITE, 1, "5.90").cleared()
    assert emptied.says(move("say", call=1), move("say", call=2)) == "Vacié tu pedido."

    changed = Turn().added(ARROZ, 2, "2.40").changed(ARROZ, 4, "4.80")
    assert "Agregué" not in changed.says(move("say", call=1))
    assert "ahora llevas 4" in changed.says(move("say", call=1))

    moved = with_draft().delivered_to("Calle 1").delivered_to("Calle 2")
    assert "Calle 1" not in moved.says(move("say", call=1))
    assert "Calle 2" in moved.says(move("say", call=1))


def test_nobody_is_asked_to_confirm_nothing() -> None:
    rendered = Turn().reply(move("ask", "confirm"))

    assert "onfirm" not in rendered.text
    assert LeftOut(move="ask", reason="nothing_to_confirm") in rendered.left_out
    assert "?" in with_draft().says(move("ask", "confirm"))


@pytest.mark.parametrize("what", ["draft_kept", "not_confirmed", "how_to_finish", "confirm_by_button", "payment_details_come"])
def test_a_statement_about_the_order_holds_only_while_it_is_so(what: str) -> None:
    assert ("state", "not_so") in reasons(Turn(), move("state", what))


def test_an_order_with_goods_is_not_called_empty() -> None:
    assert ("state", "not_so") in reasons(with_draft(), move("state", "draft_empty"))
    assert ("state", "not_so") in reasons(Turn().added(HARINA, 1, "1.20"), move("state", "draft_empty"))
    assert reasons(with_draft().cleared(), move("state", "draft_empty")) == []


def test_only_what_the_state_offers_is_offered() -> None:
    turn = Turn(tools=["list_products"])

    assert reasons(turn, move("offer", "cancel_order")) == [("offer", "not_offered")]
    assert reasons(turn, move("offer", "drop_tables")) == [("offer", "not_offered")]
    assert reasons(turn, move("offer", "list_products")) == []


def test_what_was_just_done_is_not_offered() -> None:
    assert ("offer", "done_already") in reasons(with_draft().handed_off(), move("offer", "request_human_handoff"))


@pytest.mark.parametrize("name", ["state", "suggest"])
def test_the_customers_words_are_no_facts(name: str) -> None:
    turn = Turn().not_found("harina gratis")

    rendered = turn.reply(move(name, "", "f1.0"))

    assert [left.move for left in rendered.left_out] == [name]
    assert rendered.text == "No encontré «harina gratis» en nuestro catálogo."


def test_no_courtesy_is_a_bare_yes_or_a_receipt_for_money() -> None:
    for language in LANGUAGES:
        for kind in VOCABULARY["social"]:
            for words in variants(f"reply.social.{kind}", language):
                first = words.strip("¡! ").casefold().split()[0].strip(",.!")
                assert first not in {
                    "sí",
                    "si",
                    "claro",
                    "listo",
                    "dale",
                    "ok",
                    "yes",
                    "sure",
                    "done",
                    "sim",
                    "pronto",
                    "certo",
                }
                assert not any(word in words.casefold() for word in ("pago", "payment", "pagamento", "recib", "receiv"))


def test_a_reason_that_facts_do_not_bear_out_is_not_given() -> None:
    turn = Turn().searched(ARROZ, ACEITE)

    assert "más económica" in turn.says(move("suggest", "cheapest", "f1.0"))
    assert "más económica que encontré es Arroz Mary" in turn.says(move("suggest", "cheapest", "f1.2"))
    assert ("suggest", "not_so") in reasons(turn, move("suggest", "cheapest", "f1.2"))
    assert "sueles" not in turn.says(move("suggest", "bought_before", "f1.2"))
    assert "En su lugar" not in turn.says(move("suggest", "instead_of", "f1.2"))
    assert "En su lugar" in Turn().searched(CAFE, ARROZ, sold_out=(CAFE,)).says(move("suggest", "instead_of", "f1.2"))
    usual = Turn().call("get_customer_context", "customer_context", "", data={"usual": [{"name": ARROZ}]}).searched(ARROZ)
    assert "sueles llevar" in usual.says(move("suggest", "bought_before", "f2.0"))


def test_sold_out_goods_are_neither_suggested_nor_put_into_the_order_by_a_question() -> None:
    turn = Turn().searched(CAFE, sold_out=(CAFE,))

    assert ("suggest", "sold_out") in reasons(turn, move("suggest", "", "f1.0"))
    assert ("ask", "sold_out") in reasons(turn, move("state", "", "f1.0"), move("ask", "add", "f1.0"))
    assert "agotado" in turn.says(move("state", "", "f1.1")) or "agotó" in turn.says(move("state", "", "f1.1"))


def test_facts_that_a_model_guessed_of_a_call_in_the_same_answer_are_said_by_the_call() -> None:
    turn = Turn().searched(HARINA)
    turn.guessed = frozenset({1})

    assert turn.says(move("suggest", "cheapest", "f1.1")) == "Tenemos Harina P.A.N. Blanca 1 kg a US$ 1,20."


def test_the_briefs_sums_are_past_once_a_call_has_changed_the_order() -> None:
    turn = with_draft().removed(ACEITE, "4.40")

    rendered = turn.reply(move("state", "", "s8"))

    assert "7,90" not in rendered.text
    assert LeftOut(move="state", reason="unknown_fact") in rendered.left_out


def test_comparing_says_only_what_code_can_compute() -> None:
    text = Turn().searched(ARROZ, "Arroz Mary 5 kg").says(move("compare", "", "f1.0", "f1.2"))

    assert "US$ 4,30 de diferencia" in text
    assert "Por kilo sale mejor Arroz Mary 5 kg" in text
    assert "US$ 1,10" in text
    assert ("compare", "nothing_to_compare") in reasons(with_order(), move("compare", "", "s1", "s2"))
    # And where nothing else is said, something is
    assert Turn().says(move("compare", "", "s1", "s2"))


def test_numbers_stand_in_no_text_but_through_slots() -> None:
    prefix = ("reply.social", "reply.state", "reply.ask", "reply.offer", "reply.unknown", "reply.topic", "reply.cannot")
    for language in LANGUAGES:
        texts = {key: words for key, words in catalogue(language).items() if key.startswith(prefix)}
        assert {key: words for key, words in texts.items() if any(map(str.isnumeric, words))} == {}


def test_every_word_that_a_model_may_choose_has_a_text() -> None:
    for move_name, words in VOCABULARY.items():
        prefix = "topic" if move_name == "unknown" else move_name
        assert [word for word in words if not variants(f"reply.{prefix}.{word}", "es")] == []


def test_every_offer_of_the_catalogue_is_a_tool() -> None:
    offers = {key.split(".")[2] for key in catalogue("es") if key.startswith("reply.offer.")} - {"other_options"}
    assert offers <= registry.DEFINED.keys()
    assert Offer(what="list_products").what in offers


def test_an_address_of_before_is_only_proposed_where_it_is_known() -> None:
    known = Turn().call("get_customer_context", "customer_context", "", [fact(FactKind.ADDRESS, "saved", "Calle 9 con 10")])

    assert "Calle 9 con 10" in known.says(move("ask", "same_address"))
    draft = with_draft().says(move("ask", "same_address"))
    assert draft == "¿A qué dirección te lo llevamos?"
    assert with_order().reply(move("ask", "same_address")).left_out == (LeftOut(move="ask", reason="no_order"),)
