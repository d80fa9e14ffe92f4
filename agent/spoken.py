"""Which language a customer writes in, by its common words; the shop's own unless another one is plainly heard."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from core.messages import LANGUAGES
from domain.catalog.words import plain

_WORDS = Path(__file__).with_suffix(".yaml")
_WORD = re.compile(r"[a-z']+")

ENOUGH = 2
"""Words that make another language heard: a lone `hello` is a greeting in any."""


@lru_cache
def _common() -> dict[str, frozenset[str]]:
    """The words of each language that no other one has."""
    lists = {language: set(words.split()) for language, words in yaml.safe_load(_WORDS.read_text("utf-8")).items()}
    shared = {word for word, count in Counter(word for words in lists.values() for word in words).items() if count > 1}
    return {language: frozenset(lists[language] - shared) for language in LANGUAGES}


def spoken(texts: Sequence[str], default: str) -> str:
    """The language of these texts, newest first: of the newest in which one is heard, else the default."""
    said: set[str] = set()
    for text in texts:
        said.update(_WORD.findall(plain(text)))
        heard = {language: len(said & words) for language, words in _common().items()}
        best = max(LANGUAGES, key=lambda language: (heard[language], language == default))
        if heard[best] >= ENOUGH and heard[best] >= 2 * max(heard[other] for other in LANGUAGES if other != best):
            return best
    return default
