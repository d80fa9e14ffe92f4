"""Redaction: personal data leave a captured conversation, and the same thing is always replaced by the same stand-in."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any

import phonenumbers

from domain.customers.phones import e164

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LONG_NUMBER = re.compile(r"(?<![\w-])\+?\d[\d .-]{5,}\d(?![\w-])")
_LEAST_DIGITS = 7
"""Fewer digits are quantities, prices and short references, which the conversation is about."""

_SUBSCRIBER_DIGITS = 7
"""The part of a telephone number that names its owner; what stands before it is country and area."""

# Names that are nothing else: a "Blanca" or an "Espejo" might be taken for what a shop sells.
_FIRST = ("Alex", "Berta", "Ciro", "Dora", "Elio", "Fani", "Gael", "Hilda", "Ivo", "Jana")
_LAST = ("Arce", "Benítez", "Campos", "Duarte", "Escobar", "Fuentes", "Garza", "Hurtado", "Iriarte", "Jiménez")
_STREETS = ("Calle Uno", "Avenida Dos", "Paseo Tres", "Callejón Cuatro", "Bulevar Cinco")


class Redactor:
    """Replaces what points to a person. What it must know (names, addresses) is told to it; numbers it finds itself.

    `salt` makes the stand-ins of two captures differ, so that they cannot be put together. `country` is the shop's, by
    which numbers are known as telephones.
    """

    def __init__(
        self,
        salt: str,
        *,
        names: Iterable[str] = (),
        addresses: Iterable[str] = (),
        kept: Iterable[str] = (),
        country: str | None = None,
    ) -> None:
        self._salt = salt
        self._country = country
        public = [word.strip(".,;:()") for word in kept]
        self._kept = {re.sub(r"\D", "", word) for word in public}
        self._kept_mails = {word.casefold() for word in public if "@" in word}
        self._known: dict[str, str] = {}
        for name in names:
            self._learn(name, self._name(name))
            for part in name.split():
                if len(part) > 2:
                    self._learn(part, self._name(name).split()[0])
        for address in addresses:
            self._learn(address, self._address(address))
        words = sorted(self._known, key=len, reverse=True)
        pattern = "|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words)
        self._pattern = re.compile(pattern, re.IGNORECASE) if words else None

    def _learn(self, word: str, stand_in: str) -> None:
        if word.strip():
            self._known.setdefault(word.strip().casefold(), stand_in)

    def _number(self, *parts: str) -> int:
        return int.from_bytes(hashlib.sha256("\x1f".join([self._salt, *parts]).encode()).digest()[:8], "big")

    def _name(self, name: str) -> str:
        number = self._number("name", name.casefold())
        return f"{_FIRST[number % len(_FIRST)]} {_LAST[number // 97 % len(_LAST)]}"

    def _address(self, address: str) -> str:
        number = self._number("address", address.casefold())
        return f"{_STREETS[number % len(_STREETS)]}, casa {number // 31 % 90 + 10}"

    def _mail(self, written: str) -> str:
        if written.casefold() in self._kept_mails:
            return written
        return f"correo{self._number('mail', written.casefold()) % 1000}@example.test"

    def digits(self, written: str) -> str:
        """A number of the same length and shape; a telephone stays one, as the shop would ask again for another thing."""
        bare = re.sub(r"\D", "", written)
        if bare in self._kept or len(bare) < _LEAST_DIGITS:
            return written
        telephone = self._telephone(written)
        kept = len(bare) - _SUBSCRIBER_DIGITS if telephone else 0
        stream = iter(f"{self._number('digits', telephone or bare):024d}"[::-1] * (len(bare) // 20 + 1))
        replaced = iter(bare[:kept] + "".join(next(stream) for _ in bare[kept:]))
        return "".join(next(replaced) if char.isdigit() else char for char in written)

    def _telephone(self, written: str) -> str | None:
        """The number in its one form if it is a telephone: written with a plus, or one of the shop's country."""
        number = e164(written, self._country)
        home = f"+{phonenumbers.country_code_for_region(self._country or '')}"
        return number if number is not None and (written.startswith("+") or number.startswith(home)) else None

    def text(self, words: str) -> str:
        """The text without what points to a person."""
        if self._pattern is not None:
            words = self._pattern.sub(lambda found: self._known[found[0].casefold()], words)
        words = _EMAIL.sub(lambda found: self._mail(found[0]), words)
        return _LONG_NUMBER.sub(lambda found: self.digits(found[0]), words)

    def deep(self, value: Any) -> Any:
        """A JSON value with every text in it redacted; keys stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.deep(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.deep(item) for item in value]
        return value
