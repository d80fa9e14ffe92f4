"""The gate rule by rule: slots, echoes, subjects, and what no model may write."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.receipts import Accepted, Refused, check, complete, fill, slots
from tests.properties import examples
from tools.outcome import Claim, Fact

FLOUR, OIL = "Harina P.A.N. Blanca 1 kg", "Aceite Mazeite 1 L"


def price(subject: str, text: str) -> Fact:
    """A price fact."""
    return Fact(kind="price", subject=subject, value="1", currency="USD", text=text)


FACTS = {
    "f1.0": price(FLOUR, "US$ 1,20"),
    "f2.0": price(OIL, "US$ 3,50"),
    "f1.1": Fact(kind="stock", subject=FLOUR, value="14", text="14"),
    "s1": Fact(kind="total", subject="draft", value="10", currency="USD", text="US$ 10,00"),
}


def codes(
    reply: str,
    *,
    facts: dict[str, Fact] | None = None,
    claims: list[tuple[Claim, str]] | None = None,
    customer: list[str] | None = None,
    language: str = "es",
    vouched: list[str] | None = None,
) -> set[str]:
    """Why a reply is refused; empty if it is not."""
    verdict = check(reply, FACTS if facts is None else facts, claims or [], customer or [], language, vouched=vouched or [])
    return {reason.code for reason in verdict.reasons} if isinstance(verdict, Refused) else set()


def text_of(reply: str) -> str:
    """The text of a reply that must pass."""
    verdict = check(reply, FACTS, [], [], "es")
    assert isinstance(verdict, Accepted), verdict
    return verdict.text


def test_slots_are_filled_with_the_texts_of_their_facts() -> None:
    assert text_of("La harina cuesta {f1.0} y el aceite {f2.0}.") == "La harina cuesta US$ 1,20 y el aceite US$ 3,50."


def test_a_value_whose_product_is_not_named_carries_its_name() -> None:
    assert text_of("El precio es {f1.0}.") == f"El precio es US$ 1,20 ({FLOUR})."


def test_a_product_named_in_the_sentence_before_is_not_said_again() -> None:
    assert text_of("Sí, tenemos la harina. Cuesta {f1.0}.") == "Sí, tenemos la harina. Cuesta US$ 1,20."


def test_completing_at_finish_gives_the_text_that_was_judged() -> None:
    assert complete("El precio es {f1.0}.", FACTS, "es") == text_of("El precio es {f1.0}.")


def test_filling_a_text_of_the_catalogue_judges_nothing_and_keeps_unknown_slots() -> None:
    assert fill("Ya pagaste {s1} y {f9.9}", FACTS) == "Ya pagaste US$ 10,00 y {f9.9}"


def test_the_slots_of_a_reply_are_those_of_facts_only() -> None:
    assert slots("{f1.0} y {echo:5} y {s1}") == {"f1.0", "s1"}


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("La harina cuesta {f7.0}.", "unknown_slot"),
        ("La harina cuesta {.", "bad_slot"),
        ("La harina cuesta {f2.0}.", "wrong_subject"),
        ("El total es {f1.0}.", "wrong_kind"),
        ("Son {s1} bolívares.", "wrong_currency"),
        ("Cuesta menos de {f1.0} la harina.", "slot_context"),
        ("La harina cuesta {f1.0}{f1.1}.", "slot_context"),
        ("Cuesta 5.", "invented_number"),
        ("Cuesta ٥.", "invented_number"),
        ("Cuesta Ⅴ.", "invented_number"),
        ("Cuesta cinco.", "number_in_words"),
        ("Cuesta sinco.", "number_in_words"),
        ("Cuesta treintaicinco.", "number_in_words"),
        ("It costs five.", "number_in_words"),
        ("c i n c o", "disguised_text"),
        ("Нay", "foreign_script"),
        ("Hola\u202e", "disguised_text"),
        ("Hay arroz.", "availability_without_receipt"),
        ("Ya registré tu pago.", "claim_without_receipt"),
        ("Mañana te llega.", "promise_without_receipt"),
        ("El envío es gratis.", "free_without_receipt"),
        ("Paga en tienda.com", "contact_without_receipt"),
        ("  ", "empty"),
    ],
)
def test_each_kind_of_lie_is_refused_for_what_it_is(reply: str, code: str) -> None:
    assert code in codes(reply)


@pytest.mark.parametrize(
    "said", ["tengo 50.000", "tengo 50,000", "tengo 50mil", "tengo 50 mil", "tengo cincuenta mil", "50 000 bs"]
)
@pytest.mark.parametrize("echo", ["50.000", "50,000", "50000", "50mil"])
def test_the_customers_own_number_passes_however_it_is_written(said: str, echo: str) -> None:
    assert codes(f"Me dices que tienes {{echo:{echo}}}.", customer=[said]) == set()


@pytest.mark.parametrize(
    ("said", "echo"), [("1.234,50", "1,234.50"), ("1,234.50", "1.234,50"), ("media docena", "6"), ("un par", "2")]
)
def test_both_ways_of_writing_decimals_and_numbers_in_words_are_read(said: str, echo: str) -> None:
    assert codes(f"¿Quieres {{echo:{echo}}}?", customer=[said]) == set()


def test_a_number_the_customer_never_wrote_is_no_echo() -> None:
    assert codes("¿Quieres {echo:7}?", customer=["quiero 5"]) == {"not_an_echo"}


def test_a_customers_number_cannot_become_a_price() -> None:
    assert "echo_as_fact" in codes("Sí, la harina cuesta {echo:1}.", customer=["¿la harina cuesta 1?"])


def test_a_bare_yes_to_a_question_of_stock_needs_a_receipt() -> None:
    assert codes("Sí, claro 😊", facts={}, customer=["¿tienen arroz?"]) == {"bare_assent"}
    assert codes("Sí, claro 😊", facts={}, customer=["¿me puedes ayudar?"]) == set()
    assert codes("Sí, claro 😊", facts={}, claims=[(Claim.AVAILABLE, "Arroz Mary 1 kg")], customer=["¿tienen arroz?"]) == set()


def test_a_claim_covers_its_own_product_and_no_other() -> None:
    claims = [(Claim.ITEM_ADDED, FLOUR)]

    assert codes("Agregué la harina.", claims=claims) == set()
    assert "wrong_subject" in codes("Agregué el aceite.", claims=claims)
    assert "wrong_subject" in codes("Agregué la harina y la mayonesa.", claims=claims)


def test_a_way_to_pay_that_is_noted_is_no_address_and_no_payment() -> None:
    noted = [(Claim.METHOD_CHOSEN, "efectivo")]
    assert codes("Ya lo anoté.", claims=noted) == set()
    assert codes("Ya anoté tu dirección de entrega.", claims=noted) == {"claim_without_receipt"}
    assert codes("Ya registré tu pago.", claims=noted) == {"claim_without_receipt"}
    assert codes("I noted your delivery address.", claims=noted, language="en") == {"claim_without_receipt"}


def test_what_is_available_is_not_also_sold_out() -> None:
    claims = [(Claim.AVAILABLE, FLOUR), (Claim.UNAVAILABLE, OIL)]

    assert codes("Hay harina.", facts={}, claims=claims) == set()
    assert codes("No hay aceite.", facts={}, claims=claims) == set()
    assert codes("Hay aceite.", facts={}, claims=claims) != set()
    assert codes("No hay harina.", facts={}, claims=claims) != set()


def test_a_stock_fact_says_that_there_is_some() -> None:
    assert codes("Sí hay harina, quedan {f1.1}.") == set()
    assert codes("No hay harina.") != set()


def test_nothing_is_free_unless_a_fact_makes_it_so() -> None:
    fee = {"f1.0": Fact(kind="fee", subject="draft", value="0", currency="USD", text="US$ 0,00")}

    assert codes("El envío es gratis.", facts={}) == {"free_without_receipt"}
    assert codes("El envío es gratis.", facts=fee) == set()


def test_what_a_tool_said_needs_no_further_receipt() -> None:
    sold_out = "Esos productos están agotados por ahora."

    assert codes(sold_out, facts={}) != set()
    assert codes(sold_out, facts={}, vouched=[sold_out]) == set()
    assert codes(f"{sold_out} ¿Quieres algo más?", facts={}, vouched=[sold_out]) == set()
    assert codes(f"{sold_out} Ya registré tu pago.", facts={}, vouched=[sold_out]) == {"claim_without_receipt"}
    assert codes("Son 5 dólares.", facts={}, vouched=["Son 5 dólares."]) == {"invented_number"}


def test_the_model_is_told_what_to_do_instead() -> None:
    verdict = check("Ya registré tu pago.", {}, [], [], "es")

    assert isinstance(verdict, Refused)
    assert "register_payment" in verdict.for_model()
    assert "registré tu pago" in verdict.for_model()


VOCABULARY = (
    "la harina cuesta tu pedido hola gracias quieres agregar si no el total es y , . ? ¿ {f1.0} {s1} {f1.1} {echo:5} "
    "cinco dos 5 ５ ٥ ⅷ ½ ² ① 🔟 5️⃣ 五 hay listo *dos* un kilo mil"
)
WORDS = st.sampled_from(VOCABULARY.split())
ANY_TEXT = st.lists(WORDS | st.text(max_size=6), max_size=14).map(" ".join)


@examples(300)
@given(ANY_TEXT, st.sampled_from(["es", "en"]))
def test_no_number_of_any_script_leaves_outside_a_slot(reply: str, language: str) -> None:
    bare = {
        key: Fact(kind=fact.kind, subject="Harina", value=fact.value, currency=fact.currency, text="valor")
        for key, fact in FACTS.items()
    }

    verdict = check(reply, bare, [], [], language)

    if isinstance(verdict, Accepted):
        assert all(unicodedata.numeric(character, None) is None for character in verdict.text)


@examples(150)
@given(ANY_TEXT)
def test_a_verdict_never_changes(reply: str) -> None:
    first = check(reply, FACTS, [(Claim.ITEM_ADDED, FLOUR)], ["quiero 5"], "es")

    assert check(reply, FACTS, [(Claim.ITEM_ADDED, FLOUR)], ["quiero 5"], "es") == first


@examples(150)
@given(st.text(max_size=200))
def test_no_text_breaks_the_gate(reply: str) -> None:
    assert isinstance(check(reply, FACTS, [], [reply], "es"), Accepted | Refused)
