"""The model's own texts pass the receipts gate as they stand: they state no number, no stock and no deed."""

import pytest

from agent import receipts
from core.messages import catalogue
from tools.outcome import Claim, Fact

FACTS = {
    "s1": Fact(kind="total", subject="draft", value="5", currency="VES", text="Bs 5"),
    "s2": Fact(kind="quantity", subject="Arroz", value="5", text="5"),
    "s3": Fact(kind="line_total", subject="Arroz", value="5", currency="VES", text="Bs 5"),
    "s4": Fact(kind="store", subject="Chacao", value="Chacao", text="Chacao, Avenida 5"),
    "s5": Fact(kind="fee", subject="delivery", value="5", currency="VES", text="Bs 5"),
    "s6": Fact(kind="offer", subject="delivery", value="50", currency="VES", text="Bs 50"),
    "s7": Fact(kind="hours", subject="shop", value="08:00 – 20:00", text="08:00 – 20:00"),
}
FREE = {"s5": FACTS["s5"].model_copy(update={"value": "0"})}
FIELDS = {
    "name": "Ana",
    "methods": "Pago móvil, Zelle",
    "total": "{s1}",
    "quantity": "{s2}",
    "product": "Arroz",
    "lines": "• {s2} × Arroz: {s3}",
    "order": "• {s2} × Arroz: {s3}\nTotal: {s1}",
    "store": "{s4}",
    "stores": "• {s4}",
    "fee": "{s5}",
    "amount": "{s6}",
    "hours": "{s7}",
}
CLAIMS = {"lexical.added": [(Claim.ITEM_ADDED, "Arroz")]}
"""Texts that say that something was done, with what makes it true."""


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_text_of_its_own_passes_the_gate(language: str) -> None:
    own = {key: words for key, words in catalogue(language).items() if key.startswith("lexical.")}
    assert own
    for key, words in own.items():
        for name, value in FIELDS.items():
            words = words.replace("{" + name + "}", value)
        facts = FREE if key == "lexical.delivery_free" else FACTS if "{s" in words else {}
        verdict = receipts.check(words, facts, CLAIMS.get(key, []), ["hola"], language)
        assert isinstance(verdict, receipts.Accepted), (key, verdict)
