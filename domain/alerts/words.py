"""What an alert says: its text with the figures of its evidence, written by whoever tells it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from core import messages
from domain.alerts.schemas import AlertView

_QUANTITIES: Final = ("on_hand", "available", "min_stock", "coming", "expected", "came", "missing")
_AMOUNTS: Final = ("worth", "price", "unit_cost", "amount")
_COUNTS: Final = ("days", "order")

Write = Callable[[str, Decimal, str], str]
"""How a figure is written: its kind (`quantity`, `money` or `count`), its value, and its unit or currency."""


def said(alert: AlertView, product: str, store: str, currency: str, language: str, write: Write) -> str:
    """The sentence of an alert, with the names of its product and store."""
    evidence = alert.evidence
    fields = {
        name: write(kind, Decimal(str(evidence[name])), unit)
        for kind, names, unit in (
            ("quantity", _QUANTITIES, str(evidence.get("unit", "UN"))),
            ("money", _AMOUNTS, str(evidence.get("currency", currency))),
            ("count", _COUNTS, "UN"),
        )
        for name in names
        if evidence.get(name) is not None
    }
    return messages.filled(messages.text(f"alert.{alert.kind}", language), {"product": product, "store": store, **fields})
