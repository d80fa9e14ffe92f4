"""Manners: the language and the colours that a person has chosen on a device, kept in a cookie that holds no secret."""

from dataclasses import dataclass
from typing import Final, Literal

from fastapi import Request

from core import messages

COOKIE: Final = "nexova_manners"
Language = Literal["es", "en", "pt"]
Scheme = Literal["auto", "light", "dark"]

LANGUAGES: Final[dict[Language, str]] = {"es": "Español", "en": "English", "pt": "Português"}
"""What the console is offered in, each by its own name."""


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
    kept, _, scheme = request.cookies.get(COOKIE, "").partition(".")
    wanted = kept if kept in LANGUAGES else messages.choose_language(request.headers.get("accept-language"))
    language = next(one for one in LANGUAGES if one == wanted)
    return Manners(language, "light" if scheme == "light" else "dark" if scheme == "dark" else "auto")
