"""The templates that the simulated provider has approved: some that a shop can send, and some that it cannot from its inbox.

A template of another name is taken too, as the sandbox stands for whatever account a shop has.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

_TEXTS: Final = (
    ("retomar_conversacion", "UTILITY", "Hola {{1}}, quedó pendiente tu consulta en {{2}}. Escríbenos y la retomamos."),
    ("pedido_listo", "UTILITY", "Hola {{1}}, tu pedido {{2}} está listo. ¿Quieres que lo enviemos hoy?"),
    ("ofertas_semana", "MARKETING", "{{1}}, esta semana: {{2}}. Si no quieres más ofertas, responde BAJA."),
)
_BODIES: Final = {name: text for name, _, text in _TEXTS}
_PLACE: Final = re.compile(r"\{\{(\d+)\}\}")


def _template(number: int, name: str, category: str, status: str, structure: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(111 + number),
        "businessAccountId": 222,
        "name": name,
        "language": "es",
        "status": status,
        "category": category,
        "structure": structure,
        "quality": "UNKNOWN",
        "createdAt": "2026-01-01T00:00:00.000+0000",
        "lastUpdatedAt": "2026-01-01T00:00:00.000+0000",
    }


def listed() -> list[dict[str, Any]]:
    """The templates of any sender, as the provider tells them."""
    texts: list[tuple[str, str, str, dict[str, Any]]] = [
        (name, category, "APPROVED", {"body": {"text": text}, "type": "TEXT"}) for name, category, text in _TEXTS
    ]
    pictured = {"header": {"format": "IMAGE"}, "body": {"text": "Mira lo nuevo, {{1}}"}, "type": "MEDIA"}
    waiting = {"body": {"text": "Feliz día, {{1}}"}, "type": "TEXT"}
    code = {"body": {"addSecurityRecommendation": True}, "buttons": [{"type": "COPY_CODE"}], "type": "TEXT"}
    others: list[tuple[str, str, str, dict[str, Any]]] = [
        ("novedades_con_foto", "MARKETING", "APPROVED", pictured),
        ("saludo", "MARKETING", "PENDING", waiting),
        ("codigo_de_acceso", "AUTHENTICATION", "APPROVED", code),
    ]
    return [_template(number, *each) for number, each in enumerate([*texts, *others])]


def filled(name: str, values: Sequence[str]) -> str | None:
    """What a customer reads of a template whose text is known."""
    text = _BODIES.get(name)
    if text is None:
        return None
    return _PLACE.sub(lambda found: values[int(found[1]) - 1] if int(found[1]) <= len(values) else found[0], text)
