"""Redaction: nothing that points to a person stays in a capture."""

from hypothesis import given
from hypothesis import strategies as st

from domain.customers.phones import e164
from evals.redaction import Redactor

REDACTOR = Redactor(
    "salt", names=["María Pérez"], addresses=["Calle Sucre 45, Chacao"], kept=["0414-5550101", "pagos@tienda.example."]
)


def test_names_addresses_numbers_and_mails_are_replaced_wherever_they_stand() -> None:
    words = "soy MARÍA, María Pérez, vivo en calle sucre 45, chacao; mi tlf +58 414 123 4567 y maria@correo.com"
    found = REDACTOR.text(words)
    assert not any(part in found.casefold() for part in ("maría", "pérez", "sucre", "414 123 4567", "maria@"))
    assert found.startswith("soy ")


def test_the_same_thing_gets_the_same_stand_in_in_one_capture_and_another_in_the_next() -> None:
    other = Redactor("pepper", names=["María Pérez"])
    assert REDACTOR.text("ref 00998877665544") == REDACTOR.text("ref 00998877665544")
    assert REDACTOR.text("ref 00998877665544") != other.text("ref 00998877665544")


def test_quantities_prices_and_what_the_shop_publishes_stay() -> None:
    words = "quiero 12 harinas a 1.250,00 y pago al 0414-5550101 o a pagos@tienda.example"
    assert REDACTOR.text(words) == words


def test_a_telephone_stays_a_telephone_of_its_country_and_another_however_it_is_written() -> None:
    redactor = Redactor("salt", country="MX")
    stand_ins = [redactor.digits(written) for written in ("+52 55 1971 5499", "525519715499", "55 1971 5499")]
    assert {e164(found, "MX") is not None for found in stand_ins} == {True}
    assert all("1971" not in found and "5499" not in found for found in stand_ins)
    assert stand_ins[0].replace(" ", "") == "+" + stand_ins[1].replace(" ", "")


def test_deep_values_are_redacted_and_their_keys_are_not() -> None:
    assert REDACTOR.deep({"María": ["María", 5, {"a": "nada"}]})["María"][1:] == [5, {"a": "nada"}]


@given(st.integers(1_000_000, 10**14))
def test_a_stand_in_has_the_shape_of_its_number(number: int) -> None:
    written = f"+{number}"
    found = REDACTOR.digits(written)
    assert len(found) == len(written)
    assert found[0] == "+"
    assert found[1:].isdigit()
