"""The language of a customer is heard from their words, and only changed when it is plain."""

import pytest

from agent.spoken import spoken


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("oi, vocês entregam em casa?", "pt"),
        ("bom dia, quero dois quilos de arroz por favor", "pt"),
        ("Quanto custa a farinha? Tem alguma mais barata?", "pt"),
        ("boa tarde, tudo bem?", "pt"),
        ("hi, do you have rice?", "en"),
        ("how much is the flour", "en"),
        ("I want 2 kg of rice please", "en"),
        ("hola, quiero 2 harinas", "es"),
        ("quiero una harina pan, la busco en la tienda a nombre de Ana Pérez", "es"),
        ("buenas, cuánto cuesta el arroz?", "es"),
    ],
)
def test_a_whole_sentence_tells_its_language(text: str, language: str) -> None:
    assert {spoken([text], default) for default in ("es", "en", "pt")} == {language}


@pytest.mark.parametrize(
    "text", ["2 harina pan", "ok", "hello", "oi", "Calle 5 con Bolívar", "👍", "", "Hershey's Milk 100g", "no"]
)
def test_a_word_alone_changes_nothing(text: str) -> None:
    assert [spoken([text], default) for default in ("es", "en", "pt")] == ["es", "en", "pt"]


def test_the_newest_words_in_which_a_language_is_heard_decide() -> None:
    assert spoken(["ok", "do you have rice?", "hola, tienen arroz?"], "es") == "en"
    assert spoken(["hola, tienen arroz?", "do you have rice?"], "en") == "es"
