"""Manners: the language and the colours that a person has chosen on a device, kept in a cookie that holds no secret."""

from dataclasses import dataclass
from typing import Final, Literal

from fastapi import Request

from core import messages

COOKIE: Final = "nexova_manners"
LANGUAGES: Final = ("es", "en")
"""What the console is offered in."""

SCHEMES: Final = ("auto", "light", "dark")

Language = Literal["es", "en"]
Scheme = Literal["auto", "light", "dark"]


@dataclass(frozen=True, slots=True)
class Manners:
    """How the console speaks to somebody, and how it looks."""

    language: Language = "es"
    scheme: Scheme = "auto"

    @property
    def cookie(self) -> str:
        """The same as the value of a cookie."""
        return f"{self.language}.{self.scheme}"


def of(request: Request) -> Manners:
    """What the device has kept, or else what the browser asks for."""
    language, _, scheme = request.cookies.get(COOKIE, "").partition(".")
    if language not in LANGUAGES:
        language = messages.choose_language(request.headers.get("accept-language"))
    return Manners("en" if language == "en" else "es", "light" if scheme == "light" else "dark" if scheme == "dark" else "auto")
