"""The model's own texts pass the receipts gate as they stand: they state no number, no stock and no deed."""

import pytest

from agent import receipts
from core.messages import catalogue
from tools.outcome import Fact

FACTS = {
    "s1": Fact(kind="total", subject="draft", value="5", currency="VES", text="Bs 5"),
    "s2": Fact(kind="quantity", subject="Arroz", value="5", text="5"),
    "s3": Fact(kind="line_total", subject="Arroz", value="5", currency="VES", text="Bs 5"),
}
FIELDS = {
    "name": "Ana",
    "stores": "Chacao, Valencia Centro",
    "methods": "Pago móvil, Zelle",
    "total": "{s1}",
    "quantity": "{s2}",
    "product": "Arroz",
    "lines": "• {s2} × Arroz: {s3}",
}


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_text_of_its_own_passes_the_gate(language: str) -> None:
    own = {key: words for key, words in catalogue(language).items() if key.startswith("lexical.")}
    assert own
    for key, words in own.items():
        for name, value in FIELDS.items():
            words = words.replace("{" + name + "}", value)
        verdict = receipts.check(words, FACTS if "{s" in words else {}, [], ["hola"], language)
        assert isinstance(verdict, receipts.Accepted), (key, verdict)
