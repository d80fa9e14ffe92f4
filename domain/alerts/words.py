"""What an alert says: its text with the figures of its evidence, written by whoever tells it."""

from collections.abc import Callable
from typing import Final

from core import messages
from domain.alerts.schemas import AlertView

_QUANTITIES: Final = ("on_hand", "available", "min_stock", "coming", "expected", "came", "missing")
_AMOUNTS: Final = ("worth", "price", "unit_cost", "amount")
_COUNTS: Final = ("days", "order")
_NAMES: Final = ("machine", "name")

Write = Callable[[str, str, str], str]
"""How a piece of evidence is written: its kind (`quantity`, `money`, `count` or `name`), itself, and its unit or currency."""


def said(alert: AlertView, product: str, store: str, currency: str, language: str, write: Write) -> str:
    """The sentence of an alert, with the names of its product and store."""
    evidence = alert.evidence
    fields = {
        name: write(kind, str(evidence[name]), unit)
        for kind, names, unit in (
            ("quantity", _QUANTITIES, str(evidence.get("unit", "UN"))),
            ("money", _AMOUNTS, str(evidence.get("currency", currency))),
            ("count", _COUNTS, "UN"),
            ("name", _NAMES, ""),
        )
        for name in names
        if evidence.get(name) is not None
    }
    return messages.filled(messages.text(f"alert.{alert.kind}", language), {"product": product, "store": store, **fields})
