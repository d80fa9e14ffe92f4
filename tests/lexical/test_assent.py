"""The check on which a confirmation rests: a plain yes and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.lexical.assent import is_pure_assent
from agent.lexical.completeness import looks_finished


@pytest.mark.parametrize(
    "said",
    [
        ["sí"],
        ["Dale"],
        ["confirmo"],
        ["ok perfecto"],
        ["👍"],
        ["👍🏽"],
        ["siiii"],
        ["sale, va"],
        ["dale pues, confirmado 👍"],
        ["sí", "gracias"],
        ["claro que sí por favor"],
        ["Yes please"],
        ["that's right"],
    ],
)
def test_a_plain_yes_is_assent(said: list[str]) -> None:
    assert is_pure_assent(said, "es")


@pytest.mark.parametrize(
    "said",
    [
        [],
        [""],
        ["sí pero sin cebolla"],
        ["sí, ¿cuánto era?"],
        ["si", "espera mejor 4"],
        ["si, agrega una malta"],
        ["ok?"],
        ["gracias"],
        ["no"],
        ["no está bien"],
        ["si 2"],
        ["si no hay arroz no"],
        ["listo, y el envío"],
        ["todavía no"],
        ["ya pagué"],
        ["confirmo mañana"],
        ["👎"],
        ["👍 o 👎"],
    ],
)
def test_a_yes_with_anything_beside_it_is_no_assent(said: list[str]) -> None:
    assert not is_pure_assent(said, "es")


@given(st.lists(st.text(), max_size=4))
def test_any_text_can_be_judged(said: list[str]) -> None:
    assert is_pure_assent(said, "es") in (True, False)


@given(st.sampled_from(["sí", "dale", "ok", "confirmo"]), st.integers(min_value=0, max_value=10_000))
def test_a_yes_with_a_number_is_never_assent(yes: str, number: int) -> None:
    assert not is_pure_assent([f"{yes} {number}"], "es")
    assert not is_pure_assent([yes, str(number)], "es")


@pytest.mark.parametrize("said", ["tienen harina?", "dame 2 arroz", "sí", "eso es todo", "mi dirección es calle 5 casa 3"])
def test_a_whole_thought_is_answered_soon(said: str) -> None:
    assert looks_finished(said)


@pytest.mark.parametrize("said", ["", "hola", "Buenas tardes amigo", "y también", "2 arroz,", "quiero", "dame"])
def test_a_cut_thought_is_waited_for(said: str) -> None:
    assert not looks_finished(said)
