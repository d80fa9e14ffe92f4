"""Collecting the facts of a call, and the slots that stand for them in what is said."""

from datetime import date, datetime
from decimal import Decimal

from core import messages
from domain.accounts.schemas import WorkspaceView
from tools.outcome import Fact, FactKind, Measured

CENT = Decimal("0.01")
COUNTED = frozenset({"PZA", "UND", "UN", "U"})
"""Units of things that are counted; a person does not say them."""


class Facts:
    """The facts of one call. Each method adds one (or finds it again) and gives its slot, such as `{0}`."""

    def __init__(self, workspace: WorkspaceView, language: str, now: datetime) -> None:
        """Begin with none; they are written as people of the shop's country write them."""
        self._workspace = workspace
        self._language = language
        self._now = now
        self.items: list[Fact] = []

    def add(
        self,
        kind: FactKind,
        subject: str,
        value: str,
        text: str | None = None,
        *,
        currency: str | None = None,
        unit: str | None = None,
        measured: Measured | None = None,
    ) -> str:
        """A fact whose text is given, or is its value; a figure says of what and of when it is."""
        if kind is FactKind.FIGURE and measured is None:  # what was stored before they did can still be read
            raise ValueError("a figure says of what and of when it is")
        shown = value if text is None else text
        fact = Fact(kind=kind, subject=subject, value=value, currency=currency, unit=unit, measured=measured, text=shown)
        if fact not in self.items:
            self.items.append(fact)
        return slot(self.items.index(fact))

    def read(self, words: str) -> str:
        """The words with their slots filled, for what is read in a later turn, when the slots are gone."""
        for index, fact in enumerate(self.items):
            words = words.replace(slot(index), fact.text)
        return words

    def name(self, name: str) -> str:
        """The name of a product, which may hold digits."""
        return self.add(FactKind.PRODUCT, name, name)

    def money(self, kind: FactKind, subject: str, amount: Decimal, currency: str | None = None, unit: str | None = None) -> str:
        """An amount of money, as people of the country write it; the price of one `unit`, if it is that."""
        currency = currency or self._workspace.currency
        shown = messages.money(amount, currency, self._workspace.country, self._language)
        return self.add(kind, subject, format(amount.quantize(CENT), "f"), shown, currency=currency, unit=unit)

    def quantity(self, subject: str, value: Decimal, unit: str, kind: FactKind = FactKind.QUANTITY) -> str:
        """A quantity with its unit."""
        shown = messages.quantity(value, unit, self._workspace.country, self._language)
        return self.add(kind, subject, plain(value), shown, unit=measured_in(unit))

    def amount(self, name: str, value: Decimal, unit: str) -> str:
        """So much of a product: `2 × Malta`, `0,5 kg de Queso`."""
        quantity = self.quantity(name, value, unit)
        key = "counted" if unit.upper() in COUNTED else "measured"
        return messages.text(f"tool.{key}", self._language, quantity=quantity, product=self.name(name))

    def count(self, subject: str, value: int) -> str:
        """How many there are of something."""
        return self.add(FactKind.COUNT, subject, str(value))

    def day(self, on: date) -> str:
        """A day of the calendar."""
        return self.add(FactKind.PERIOD, "day", on.isoformat(), messages.day(on, self._workspace.country, self._language))

    def moment(self, subject: str, at: datetime) -> str:
        """When something was, in the workspace's own time."""
        shown = messages.moment(at, self._workspace.timezone, self._workspace.country, self._language)
        return self.add(FactKind.MOMENT, subject, at.isoformat(), shown)

    def label(self, name: str) -> str:
        """What somebody has named a thing, which may hold digits."""
        return self.add(FactKind.LABEL, name, name)

    def order_number(self, number: int | None) -> str:
        """The number of an order."""
        return self.add(FactKind.ORDER_NUMBER, str(number), str(number))

    def until(self, subject: str, at: datetime) -> str:
        """A point in time up to which something holds."""
        day, _, clock = messages.moment(at, self._workspace.timezone, self._workspace.country, self._language).rpartition(" ")
        zone = self._workspace.zone
        key = "until_today" if at.astimezone(zone).date() == self._now.astimezone(zone).date() else "until_day"
        shown = messages.text(f"tool.{key}", self._language, day=day, clock=clock)
        return self.add(FactKind.UNTIL, subject, at.isoformat(), shown)


def measured_in(unit: str) -> str | None:
    """The unit as people say it, or None for pieces, which nobody names."""
    return None if unit.upper() in COUNTED else unit.lower()


def slot(index: int) -> str:
    """What stands in a text for the fact with this index."""
    return f"{{{index}}}"


def plain(value: Decimal) -> str:
    """A decimal without an exponent and without zeros at its end."""
    return format(value.normalize(), "f")
