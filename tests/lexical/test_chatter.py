"""What is only told of a house is no delivery and no address, and no list of goods is a note for the courier."""

import pytest

from agent.lexical.reading import Context, order_text, read

ORDERING = Context(has_draft=True)


def heard(said: str) -> dict[str, object]:
    """What is heard of the delivery."""
    found: dict[str, object] = {}
    for act in read(said, ORDERING):
        found.update(act.delivery)
    return found


@pytest.mark.parametrize(
    "said",
    [
        "bueno el toddy dejalo que el chamo no esta comiendo dulce",
        "las papas dejalas porque no vamos a hacer sopa",
        "el pan dejalo ya no hace falta nada de eso",
        "quita el champu, ya conseguí en la casa",
        "el azúcar no, ya tenemos en la casa",
        "saca el arroz que todavía queda en mi casa",
    ],
)
def test_what_is_only_told_of_is_no_delivery(said: str) -> None:
    assert heard(said) == {}


@pytest.mark.parametrize(
    "said",
    ["mandalo a mi casa", "dejalo en la calle 5, casa 3", "para recibir en mi casa", "en mi casa", "ya, mandame eso a la casa"],
)
def test_where_it_shall_be_brought_is_heard(said: str) -> None:
    assert heard(said).get("fulfilment") == "delivery"


@pytest.mark.parametrize("opening", ["tomá nota: ", "toma nota, ", "tome nota por favor: "])
def test_a_list_that_is_to_be_taken_down_is_no_note(opening: str) -> None:
    goods = "2 arroz mary, 1 café madrid. no, el café no"
    assert "notes" not in heard(opening + goods)
    assert "arroz mary" in order_text(opening + goods, ORDERING)


def test_a_note_is_still_one() -> None:
    assert heard("nota: tocar el timbre dos veces") == {"notes": "tocar el timbre dos veces"}


@pytest.mark.parametrize(
    "said",
    [
        "no, el tomate dejalo en kilo y medio. de cebolla setecientos cincuenta gramos",
        "dejalo en kilo y medio",
        "llevalo a tres kilos y medio",
    ],
)
def test_how_much_of_a_thing_is_no_address(said: str) -> None:
    assert heard(said) == {}
    assert "kilo" in order_text(said, ORDERING)


@pytest.mark.parametrize("said", ["mandalo a la calle 8, dos kilos de papa", "llevalo a kilometro 5 via oriente"])
def test_an_address_with_a_number_stays_one(said: str) -> None:
    assert heard(said).get("fulfilment") == "delivery"
