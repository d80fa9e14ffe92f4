"""The judge of asides: when a customer makes small talk, and which free words carry nothing of the shop.

The first lock is what the customer wrote, known before the model is asked; the words of the aside are the second. Both
would rather drop a harmless aside than let one pass that answers a question: what is dropped costs nothing.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import yaml

_WORDS = Path(__file__).parent / "words" / "asides.yaml"
_PLAIN = re.compile(r"[\w\s.,;:!¡'’\"()…–—-]+")
"""Letters and the marks of sentences; what they are written of is looked at after."""

_SPACED = re.compile(r"(?:\b\w\b[\s.,_-]*){3,}|\w\.\w")
"""Letters one by one, and addresses."""

_PROMISED = re.compile(r"\b\w{2,}(?:[aei]mos|ré|rá|rán|rás|rei|rão)\b")
"""The first person of several, and the future of Spanish and Portuguese: `mandamos`, `llegará`, `enviarei`."""


@lru_cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """What small talk is recognised by, what the shop's affairs are, and what makes a wish of a customer's words."""
    lists: dict[str, dict[str, str]] = yaml.safe_load(_WORDS.read_text("utf-8"))
    talk, begins, words, asked = ("|".join(_all(lists[name])) for name in ("small_talk", "begins", "words", "asked"))
    patterns = (talk, rf"(?:{begins})|(?:{words})\b", rf"(?:{asked})\b")
    of_talk, of_shop, of_wishes = (re.compile(rf"\b(?:{pattern})") for pattern in patterns)
    return of_talk, of_shop, of_wishes


def _all(lists: dict[str, str]) -> list[str]:
    return sorted({re.escape(word) for words in lists.values() for word in words.split()})


def _folded(text: str) -> str:
    """Lower case without accents and emoji; `ñ` becomes `n`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def is_small_talk(texts: Iterable[str]) -> bool:
    """Whether the customer's words of this turn talk of something besides the shop, and ask nothing of it."""
    talk, affairs, asked = _patterns()
    folded = [_folded(text) for text in texts]
    if any(affairs.search(text) or asked.search(text) or any(map(str.isnumeric, text)) for text in folded):
        return False
    return any(talk.search(text) for text in folded)


def may_carry_something(words: str) -> bool:
    """Whether an aside may tell more than a feeling: a number, a deed, a promise, anything of the shop's affairs."""
    spoken = "".join(letter for letter in words if unicodedata.category(letter) not in ("So", "Sk", "Mn", "Cf"))
    checks = set(words) & set("✓✔✅☑👍🆗💲")
    if checks or not _PLAIN.fullmatch(spoken) or any(map(str.isnumeric, spoken)) or "_" in spoken:
        return True
    if any(letter.isalpha() and not unicodedata.name(letter, "").startswith("LATIN") for letter in spoken):
        return True
    folded = _folded(spoken)
    return bool(_SPACED.search(folded) or _PROMISED.search(spoken.casefold()) or _patterns()[1].search(folded))
