"""The templates that the simulated provider has approved: some that a shop can send, and some that it cannot from its inbox.

A template of another name is taken too, as the sandbox stands for whatever account a shop has.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from core import messages

_LANGUAGE: Final = "es"
_TEXTS: Final = {"retomar_conversacion": "UTILITY", "pedido_listo": "UTILITY", "ofertas_semana": "MARKETING"}
"""The templates of plain text by their names; what they say stands in the catalogue."""

_PLACE: Final = re.compile(r"\{\{(\d+)\}\}")


def _template(number: int, name: str, category: str, status: str, structure: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(111 + number),
        "businessAccountId": 222,
        "name": name,
        "language": _LANGUAGE,
        "status": status,
        "category": category,
        "structure": structure,
        "quality": "UNKNOWN",
        "createdAt": "2026-01-01T00:00:00.000+0000",
        "lastUpdatedAt": "2026-01-01T00:00:00.000+0000",
    }


def _text(name: str) -> str:
    return messages.text(f"sandbox.approved.{name}", _LANGUAGE)


def listed() -> list[dict[str, Any]]:
    """The templates of any sender, as the provider tells them."""
    texts: list[tuple[str, str, str, dict[str, Any]]] = [
        (name, category, "APPROVED", {"body": {"text": _text(name)}, "type": "TEXT"}) for name, category in _TEXTS.items()
    ]
    pictured = {"header": {"format": "IMAGE"}, "body": {"text": _text("novedades_con_foto")}, "type": "MEDIA"}
    waiting = {"body": {"text": _text("saludo")}, "type": "TEXT"}
    code = {"body": {"addSecurityRecommendation": True}, "buttons": [{"type": "COPY_CODE"}], "type": "TEXT"}
    others: list[tuple[str, str, str, dict[str, Any]]] = [
        ("novedades_con_foto", "MARKETING", "APPROVED", pictured),
        ("saludo", "MARKETING", "PENDING", waiting),
        ("codigo_de_acceso", "AUTHENTICATION", "APPROVED", code),
    ]
    return [_template(number, *each) for number, each in enumerate([*texts, *others])]


def filled(name: str, values: Sequence[str]) -> str | None:
    """What a customer reads of a template whose text is known."""
    if name not in _TEXTS:
        return None
    return _PLACE.sub(lambda found: values[int(found[1]) - 1] if int(found[1]) <= len(values) else found[0], _text(name))
