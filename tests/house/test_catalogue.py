"""The message catalogue: whatever a person may read exists in every language, with the same slots."""

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from core.messages import LANGUAGES, LOCALE_FOLDER

_SLOT = re.compile(r"\{\w*\}")


def texts(path: Path) -> dict[str, tuple[str, ...]]:
    """Every text of a file by its key, with its plural forms."""
    with path.open("rb") as file:
        entries = [message for message in read_po(file) if message.id]
    return {_parts(message.id)[0]: _parts(message.string) for message in entries}


def _parts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple | list) else (str(value),)


def slots(wordings: tuple[str, ...]) -> list[set[str]]:
    return [set(_SLOT.findall(words)) for words in wordings]


AREAS = sorted(path.name for path in (LOCALE_FOLDER / LANGUAGES[0]).glob("*.po"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_stands_in_one_area(language: str) -> None:
    # Two texts under one key, and the area that is read last wins without a word
    keys = [key for area in AREAS for key in texts(LOCALE_FOLDER / language / area)]

    assert [key for key, times in Counter(keys).items() if times > 1] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
@pytest.mark.parametrize("area", AREAS)
def test_every_language_says_the_same_with_the_same_slots(area: str, language: str) -> None:
    first, other = texts(LOCALE_FOLDER / LANGUAGES[0] / area), texts(LOCALE_FOLDER / language / area)

    assert other.keys() == first.keys()
    assert {key: slots(words) for key, words in other.items()} == {key: slots(words) for key, words in first.items()}


def test_no_language_has_an_area_that_the_others_lack() -> None:
    assert {
        folder.name: sorted(path.name for path in folder.glob("*.po")) for folder in LOCALE_FOLDER.iterdir()
    } == dict.fromkeys(LANGUAGES, AREAS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    empty = [key for area in AREAS for key, words in texts(LOCALE_FOLDER / language / area).items() if not all(words)]

    assert empty == []
