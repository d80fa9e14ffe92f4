"""Every text that a person reads, from one catalogue: `prompts/locale/<language>/<area>.po`, Spanish first."""

import gettext
import io
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

from core.errors import DomainError

LOCALE_FOLDER = Path(__file__).parent.parent / "prompts" / "locale"
LANGUAGES = ("es", "en", "pt")


_USUAL_SYMBOLS = {"Bs.S": "Bs. ", "USD": "US$ ", "VES": "Bs. ", "BRL": "R$ ", "EUR": "€ "}
"""What people write for a symbol of the locale data: a bare code, or one that is out of use since a currency was renamed."""


_FIELD = re.compile(r"\{([\w.]+)\}")


class MessageMissing(LookupError):
    """The catalogue has no such text: a programming error, found by the catalogue test."""


def choose_language(wanted: str | None) -> str:
    """The catalogue's language for a tag such as `es-VE` or an Accept-Language header; Spanish when in doubt."""
    for part in (wanted or "").lower().replace("_", "-").split(","):
        language = part.split(";")[0].strip().split("-")[0]
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


@lru_cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of a language by key (singular forms)."""
    texts: dict[str, str] = {}
    for path in sorted((LOCALE_FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            texts.update({str(m.id): str(m.string) for m in read_po(file) if m.id and isinstance(m.id, str)})
    return texts


@lru_cache
def _translations(language: str) -> gettext.GNUTranslations:
    merged: gettext.GNUTranslations | None = None
    for path in sorted((LOCALE_FOLDER / language).glob("*.po")):
        with path.open("rb") as source:
            compiled = io.BytesIO()
            write_mo(compiled, read_po(source, locale=language))
        compiled.seek(0)
        translations = gettext.GNUTranslations(compiled)
        if merged is not None:
            translations.add_fallback(merged)
        merged = translations
    if merged is None:
        raise MessageMissing(f"no catalogue for {language!r}")
    return merged


def text(key: str, language: str, /, *, count: int | None = None, **fields: object) -> str:
    """The text under a key, with its `{fields}` filled; `count` chooses the plural form of `key` / `key.many`.

    A field that is not given stays as it stands, so slots such as `{0}` survive.
    """
    translations = _translations(choose_language(language))
    if count is None:
        found = translations.gettext(key)
    else:
        found = translations.ngettext(key, f"{key}.many", count)
        fields = {"count": count, **fields}
    if found in (key, f"{key}.many"):
        raise MessageMissing(key)
    return filled(found, fields)


@lru_cache(maxsize=4096)
def variants(key: str, language: str) -> tuple[str, ...]:
    """The ways to say one thing: the texts under `key`, `key.2`, `key.3`, …, with their fields open."""
    texts = catalogue(choose_language(language))
    found = [texts[key]] if key in texts else []
    while found and (other := texts.get(f"{key}.{len(found) + 1}")) is not None:
        found.append(other)
    return tuple(found)


def filled(template: str, fields: Mapping[str, object]) -> str:
    """A text of the catalogue with its `{fields}` filled; a field that is not given stays as it stands.

    A value is never looked into: what somebody calls a product may look like a field.
    """
    return _FIELD.sub(lambda found: str(fields[found[1]]) if found[1] in fields else found[0], template)


def refusal(error: DomainError, language: str) -> str:
    """What a person is told about an expected error: the text `error.<code>`."""
    return filled(text(f"error.{error.code}", language), error.fields)


def _locale(language: str, country: str | None) -> Locale:
    try:
        return Locale.parse(f"{choose_language(language)}_{country}" if country else choose_language(language))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(choose_language(language))


def money(amount: Decimal, currency: str, country: str | None, language: str = "es", *, is_exact: bool = False) -> str:
    """An amount as people of the country write it, for example `$12.000,00` or `Bs. 25.000,00`; if exact, with all decimals."""
    locale = _locale(language, country)
    shown = format_currency(amount, currency, locale=locale, decimal_quantization=not is_exact).replace("\xa0", " ")
    for official, usual in _USUAL_SYMBOLS.items():
        shown = shown.replace(official, usual)
    return " ".join(shown.split())


def quantity(value: Decimal, unit: str, country: str | None, language: str = "es") -> str:
    """A quantity with its unit; the unit of countable things is not said."""
    number = format_decimal(value.normalize(), locale=_locale(language, country), decimal_quantization=False)
    return number if unit.upper() in {"PZA", "UND", "UN", "U"} else f"{number} {unit.lower()}"


def day(on: date, country: str | None, language: str = "es") -> str:
    """A day of the calendar, short."""
    return str(format_date(on, "d MMM y", locale=_locale(language, country)))


def day_as(on: date, form: str, language: str = "es") -> str:
    """A day of the calendar in a form of the locale data, such as `d MMM`."""
    return str(format_date(on, form, locale=_locale(language, None)))


def moment(at: datetime, timezone: str, country: str | None, language: str = "es") -> str:
    """A date and time in the workspace's time zone, short."""
    return str(format_datetime(at, "d MMM HH:mm", tzinfo=ZoneInfo(timezone), locale=_locale(language, country)))
