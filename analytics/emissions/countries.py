"""Countries as people write them: codes of two or three letters, and names in English, Spanish and Portuguese."""

from functools import lru_cache

from babel import Locale
from babel.core import get_global

_USED = {"UK": "GB", "EL": "GR"}
"""Codes in everyday use beside ISO 3166."""


@lru_cache
def _names() -> dict[str, str]:
    known = {old: new[0] for old, new in get_global("territory_aliases").items() if len(old) == 3 and len(new) == 1}
    for language in ("en", "es", "pt"):
        known |= {name.casefold(): code for code, name in Locale(language).territories.items() if len(code) == 2}
    return {name.casefold(): code for name, code in known.items()}


def country_code(text: str) -> str | None:
    """The ISO 3166 code of two letters, or None if there is no such country."""
    word = text.strip()
    if len(word) == 2:
        code = _USED.get(word.upper(), word.upper())
        return code if code in Locale("en").territories else None
    return _names().get(word.casefold())
