"""A message of a thread whose meaning is known never puts in, changes or takes out anything else, and loses nothing unasked."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.lexical.demo import CLOTHES, GROCERIES
from tests.lexical.dialogue_acts import ACTS, Act, Scene
from tests.lexical.dialogues import Dialogue, open_point, play
from tests.properties import examples


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
@examples(8, suppress=(HealthCheck.too_slow,))
@given(st.data())
async def test_an_act_does_what_it_says_or_is_asked_about(act: Act, data: st.DataObject) -> None:
    judged = await play(act(Scene(lambda choices: data.draw(st.sampled_from(list(choices))))))
    assert not judged.faults, f"{judged.dialogue}\n   cart={judged.house.cart}\n   open={judged.house.points}"


PLAYED = [
    # shop, language, the order, what is asked (kind, products, quantity), what was said, the order after it
    (CLOTHES, "pt", {"CAR-001-42": 1, "CAR-001-44": 1}, [], "tira o cargo 42 por favor", {"CAR-001-44": 1}),
    (CLOTHES, "es", {"POL-001": 1, "CIN-001": 1}, [], "la pollera pasala a M mejor", {"POL-001-M": 1, "CIN-001": 1}),
    (CLOTHES, "es", {"BUZ-001-L": 1}, [], "sabes q mejor la L cambiamela por xl, esta grandote jaja", {"BUZ-001-XL": 1}),
    (CLOTHES, "es", {"BUZ-002-M": 1}, [], "no espere mejor L, que a mi esposo le gusta ancho", {"BUZ-002-L": 1}),
    (
        *(CLOTHES, "es", {"BER-001": 1, "BER-001-40": 1, "GOR-001": 1}, []),
        *("uy para, de la bermuda 40 que sean dos, y la gorra sacamela", {"BER-001": 1, "BER-001-40": 2}),
    ),
    (
        *(CLOTHES, "pt", {}, [("confirm", "CIN-001", 1), ("confirm", "MOC-002", 1)]),
        *("vou levar só o cinto, a mochila fica pra proxima", {"CIN-001": 1}),
    ),
    (
        *(GROCERIES, "en", {"BEB-005": 18, "QUE-003": 2}, [("confirm", "BEB-001", 24), ("confirm", "GAL-002", 4)]),
        *("regular, the 2 liter, just two. yes to the club social", {"BEB-005": 18, "QUE-003": 2, "BEB-001": 2, "GAL-002": 4}),
    ),
    # What `y` adds to an "of each" is none of it, and the size of one thing chooses none of another.
    (
        *(CLOTHES, "es", {}, [("choose_quantity", "SAN-001-37", None), ("choose_quantity", "ANT-001", None)]),
        *("un par de cada una y los lentes unos", {"SAN-001-37": 1}),
    ),
    (
        *(CLOTHES, "es", {"BUZ-001-M": 1, "BUZ-001-L": 1}, [("choose_product", "BUZ-001-M BUZ-001-L BUZ-001-XL", 2)]),
        *("con esas dos con capucha esta bien. y los pants, el de frisa, talla m", {"BUZ-001-M": 1, "BUZ-001-L": 1}),
    ),
    # Whether the one that there is shall be in another size, is asked.
    (CLOTHES, "es", {"POL-001": 1, "CIN-001": 1}, [], "pásame la pollera a M", {"POL-001": 1, "CIN-001": 1}),
    # Behind a no as many as were proposed are not agreed to.
    (CLOTHES, "es", {}, [("confirm", "BUF-001", 1), ("confirm", "MOC-002", 1)], "no, las dos", {}),
    (CLOTHES, "es", {"CHO-001-M": 1, "CHO-001-XL": 1}, [], "mejor que las dos chombas sean m", {"CHO-001-M": 2}),
    (CLOTHES, "es", {"CHO-001-M": 1, "CHO-001-XL": 1}, [], "mejor que las dos chombas sean L", {"CHO-001-L": 2}),
    (
        *(CLOTHES, "en", {"CMP-001-M": 1, "GOR-002": 2}, []),
        *("can you do the jacket in large instead", {"CMP-001-L": 1, "GOR-002": 2}),
    ),
    # Of these it is asked whether that is the whole.
    (
        GROCERIES,
        "pt",
        {"FRU-005": 0.5},
        [("choose_quantity", "FRU-005", None)],
        "abacate meio quilo, o que já tá",
        {"FRU-005": 0.5},
    ),
    (
        *(CLOTHES, "en", {"BUF-001": 1, "GOR-002": 1}, []),
        *("gorro de lana, take it out. and bufanda two in total", {"BUF-001": 1}),
    ),
]


@pytest.mark.parametrize(("slug", "language", "held", "asked", "said", "right"), PLAYED, ids=[case[4] for case in PLAYED])
async def test_what_people_said_in_a_thread_does_that_and_nothing_else(
    slug: str,
    language: str,
    held: Mapping[str, float],
    asked: list[tuple[str, str, float | None]],
    said: str,
    right: Mapping[str, float],
) -> None:
    before, after = ({sku: Decimal(str(quantity)) for sku, quantity in cart.items()} for cart in (held, right))
    points = [
        open_point(slug, kind, skus.split(), None if quantity is None else Decimal(str(quantity)))
        for kind, skus, quantity in asked
    ]
    judged = await play(Dialogue("played", slug, language, before, points, said, after))
    assert not judged.faults
    assert judged.house.cart == after, judged.house.points
