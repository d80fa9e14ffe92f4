"""Stage 3, numbers: every way in which tokens may say how much, and every way in which they may say a price."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from agent.lexical.reader.tokens import Token
from core.language.words import MEASURES, Words, literal

YEAR = re.compile(r"(?:19[5-9]|20[0-3])\d")
LARGEST = Decimal(100_000)
"""More than this is no quantity of anything that a shop sells in chat."""
_MONEY_FROM = Decimal(1000)
"""From here on a bare number is rather a price."""
SMALLEST_SHOE, LARGEST_SHOE = 34, 48
"""Nobody orders so many pairs by a number behind the name; so large are the feet of grown-ups."""
ANOTHER = frozenset({"otro", "otra", "another", "outro", "outra"})
SAME = frozenset({"mismo", "misma", "mesmo", "mesma", "same"})
_IN = frozenset({"en", "in", "em", "pero", "but"})
_NO_OTHER = frozenset({"vez", "dia", "cosa", "lado", "time", "day", "thing", "coisa"})
_MARKS = frozenset({"x", "*", "×"})
_BEFORE_PRICE = frozenset({"a", "@", "=", "total", ":", "son", "por", "-", "precio", "sale", "salen", "→", "subtotal", "en"})


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much: `value` of `unit` (kg, g, l, ml, m, lb, oz, money; None for a count).

    `high` is the other end of a choice (`2 o 3`), `held` how many pieces one container holds (`2 cajas de 12`).
    """

    value: Decimal
    unit: str | None = None
    container: str = ""
    high: Decimal | None = None
    held: Decimal | None = None
    dozen: Decimal | None = None
    is_article: bool = False
    is_marked: bool = False
    is_more: bool = False
    """One more: `otra remera`."""
    is_off: bool = False
    """Said with a price and a sum that do not agree."""
    is_plain: bool = False
    """A bare figure or number word, to which nothing else was said."""
    is_joined: bool = False
    """With a part behind its unit, which may also begin another: `2 kilos y medio`."""
    price: Decimal | None = None
    """The price of one that was written beside it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads quantities from the tokens of one message, in its languages."""

    tokens: Sequence[Token]
    words: Words
    containers: frozenset[str]

    def text(self, index: int) -> str:
        """The token's text, or nothing beyond the end."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def number(self, index: int) -> tuple[Decimal, int] | None:
        """A number in figures or words, and the place behind it: `1 1/2`, `50 mil`, `treinta y dos`."""
        token = self.tokens[index] if 0 <= index < len(self.tokens) else None
        if token is None:
            return None
        if token.kind != "number":
            return self.words.cardinal([one.text for one in self.tokens[index : index + 8]], 0) and self._spelled(index)
        value = literal(token.text)
        if value is None:
            return None
        behind = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        if behind is not None and behind.kind == "number" and value == value.to_integral_value():
            part = literal(behind.text)
            if part is not None and part < 1 and _is_fraction(behind.text):
                return value + part, index + 2
        if behind is not None and self.words.numbers.get(behind.text) == 1000:
            return value * 1000, index + 2
        return value, self._said_again(value, index + 1)

    def _said_again(self, value: Decimal, at: int) -> int:
        """The place behind `(3)` where it only says a number again: `tres (3) harinas`, `3 (tres) harinas`."""
        if self.text(at) != "(" or at + 1 >= len(self.tokens):
            return at
        token = self.tokens[at + 1]
        again = (literal(token.text), at + 2) if token.kind == "number" else self._spelled(at + 1)
        return again[1] + 1 if again is not None and again[0] == value and self.text(again[1]) == ")" else at

    def _spelled(self, index: int) -> tuple[Decimal, int] | None:
        found = self.words.cardinal([one.text for one in self.tokens[index : index + 8]], 0)
        return None if found is None else (found[0], self._said_again(found[0], index + found[1]))

    def phrase(self, table: dict[str, Decimal], index: int) -> tuple[Decimal, int] | None:
        """The longest entry of a table of words that stands here, and the place behind it."""
        for length in (4, 3, 2, 1):
            said = " ".join(self.text(at) for at in range(index, index + length))
            if said in table and index + length <= len(self.tokens):
                return table[said], index + length
        return None

    def part_behind(self, index: int, is_measured: bool = True) -> tuple[Decimal, int]:
        """`y medio`, `y 1/2`, `and a half` behind an amount; behind a measure not where it begins another: `y medio kilo`."""
        if self.text(index) in self.words.joiners:
            part = self.phrase(self.words.parts, index + 1)
            if part is not None and not (is_measured and self._counts(part[1])):
                return part
            if _is_fraction(self.text(index + 1)):
                return literal(self.text(index + 1)) or Decimal(0), index + 2
        return Decimal(0), index

    def _counts(self, at: int) -> bool:
        return self.text(at) in self.words.units or self.text(at) in self.words.dozens

    def at(self, index: int) -> Iterator[tuple[int, Quantity]]:
        """All quantities that begin here, with the place behind each."""
        token = self.tokens[index]
        if token.text in _MARKS and token.kind == "mark" and (said := self.number(index + 1)) is not None:
            if said[0] < _MONEY_FROM:
                yield said[1], Quantity(said[0], is_marked=True)
            return
        if token.text == "(" and (said := self.number(index + 1)) is not None and self.text(said[1]) == ")":
            yield said[1] + 1, Quantity(said[0], is_marked=True)
            return
        if token.text in self.words.money and (said := self.price(index)) is not None and self.text(said[1]) in ("de", "of"):
            # `$200 de pollo`
            yield said[1], Quantity(said[0], "money")
        yield from self._amounts(index)

    def _amounts(self, index: int) -> Iterator[tuple[int, Quantity]]:
        number = self.number(index)
        is_same = self.text(index) in SAME and self.text(index + 1) in _IN and self.text(index - 1) != "lo"
        if is_same or (self.text(index) in ANOTHER and self.text(index + 1) not in _NO_OTHER):
            yield index + 1, Quantity(Decimal(1), is_article=True, is_plain=True, is_more=True)
        after = number[1] if number is not None else index
        count = number[0] if number is not None else Decimal(1)
        dozen = self.phrase(self.words.dozens, after)
        if dozen is not None:
            yield self._dozens(count, dozen)
        part = self.phrase(self.words.parts, after)
        if part is not None and (count <= 1 or self.text(part[1] - 1) in self.words.plural_parts):
            yield from self._parts(count * part[0], part[1])
        if number is not None and (number[0] <= LARGEST or self.text(number[1]) in self.words.money):
            yield from self._counted(index, number)
        elif number is None and len(self.text(index)) > 1 and self.text(index) in self.words.units:
            # `kilo y medio`, `kilo de`: a unit without a number is one of it.
            added, end = self.part_behind(index + 1)
            if not index or self.tokens[index - 1].kind != "number":
                yield end, Quantity(1 + added, self.words.units[self.text(index)])

    def _dozens(self, count: Decimal, dozen: tuple[Decimal, int]) -> tuple[int, Quantity]:
        added, end = self.part_behind(dozen[1])
        held = next((said for said in self.words.packs | self.words.pairs if self._ends_with(said, dozen[1])), "")
        whole = Quantity((count + added) * dozen[0], dozen=dozen[0], container=held)
        if self.text(end) in ("de", "of") and self.text(end + 1) in self.words.units:
            return end + 2, Quantity(whole.value, self.words.units[self.text(end + 1)])
        return end, whole

    def _ends_with(self, said: str, end: int) -> bool:
        return said == " ".join(self.text(at) for at in range(end - len(said.split()), end))

    def _parts(self, value: Decimal, end: int) -> Iterator[tuple[int, Quantity]]:
        """`medio kilo`, `un cuarto de kilo`, `media docena`, `cuarto y medio`, and the bare part: half a kilo is meant."""
        larger = self.phrase(self.words.dozens, end)
        if larger is not None:
            stop, dozens = self._dozens(value, larger)
            yield stop, dozens
            return
        half, end = self.part_behind(end)
        value = value * (1 + half) if half else value
        linked = end + (self.text(end) in ("de", "of", "a"))
        if self.text(linked) in self.words.units:
            yield linked + 1, Quantity(value, self.words.units[self.text(linked)])
        elif self.text(linked) in self.containers:
            yield linked + 1, Quantity(value, container=self.text(linked))
        else:
            yield end, Quantity(value, is_plain=True)

    def _counted(self, start: int, number: tuple[Decimal, int]) -> Iterator[tuple[int, Quantity]]:
        value, after = number
        is_article = after == start + 1 and self.text(start) in self.words.articles
        if self.text(after) in self.words.alternatives | {"-", "/"} and (other := self.number(after + 1)) and value < other[0]:
            end, high = self._unit(other[1], other[0])
            yield end, replace(high, value=value, high=other[0])
            return
        if self.text(after) in _MARKS:
            yield from self._times(value, after)
        added, after = self.part_behind(after, is_measured=False)
        end, amount = self._unit(after, value + added)
        if amount.unit is not None:
            yield from self._measured(start, end, amount)
            return
        if amount.container:
            yield from self._held(end, amount)
        dozen = self.phrase(self.words.dozens, after) if added else None
        if dozen is not None:
            yield self._dozens(value + added, dozen)
        if value < _MONEY_FROM:
            yield after, Quantity(value + added, is_article=is_article, is_plain=True)
        elif self.text(after) not in self.words.money and not self._is_year(start):
            yield after, Quantity(value, unit="money?")

    def _is_year(self, at: int) -> bool:
        """`balatas para aveo 2014`: a year behind a word, which nothing is counted or paid in."""
        text = self.text(at)
        return YEAR.fullmatch(text) is not None and at > 0 and self.tokens[at - 1].kind == "word"

    def _times(self, count: Decimal, at: int) -> Iterator[tuple[int, Quantity]]:
        """`3x`, and `2 x 25.000 = 50.000`; where the sum is wrong, that is to be asked."""
        price = self.price(at + 1)
        if price is None or price[0] < _MONEY_FROM:
            if price is None or count < _MONEY_FROM:
                yield at + 1, Quantity(count, is_marked=True)
            if price is not None and self.text(price[1]) != "=":
                return
        if price is None:
            return
        unit, end = price
        if self.text(end) == "=" and (total := self.price(end + 1)) is not None:
            is_right = abs(unit * count - total[0]) <= count
            yield total[1], Quantity(count, is_marked=True, price=unit, is_off=not is_right)
        elif unit >= _MONEY_FROM:
            yield end, Quantity(count, is_marked=True, price=unit)

    def _unit(self, at: int, value: Decimal) -> tuple[int, Quantity]:
        word = self.text(at)
        linked = self.text(at) in ("de", "of") and self.text(at + 1) in self.words.money
        if word in self.words.money or linked:
            return at + 1 + linked, Quantity(value, "money")
        if word in self.words.units and (len(word) > 1 or self.tokens[at - 1].kind == "number"):
            return at + 1 + (self.text(at + 1) == "." and len(word) < 4), Quantity(value, self.words.units[word])
        if word in self.containers:
            return at + 1, Quantity(value, container=word)
        return at, Quantity(value, is_plain=True)

    def _measured(self, start: int, end: int, amount: Quantity) -> Iterator[tuple[int, Quantity]]:
        """A measure, alone and with what is added to it: `2 kg y medio`, `3 kg 250 g`, `dos kilos doscientos`."""
        written = self.text(start)
        if amount.unit in ("kg", "l") and amount.value >= 1000 and written.count(".") + written.count(",") == 1:
            # `1.500 kg` is a kilo and a half, not one and a half tons.
            amount = replace(amount, value=amount.value / 1000)
        added, behind = self.part_behind(end)
        if not added and _is_fraction(self.text(end)):
            added, behind = literal(self.text(end)) or Decimal(0), end + 1
        if added and amount.value == amount.value.to_integral_value():
            # `2 kilos y medio de bistec`; but `azúcar 2 kilos y medio de queso`, and never `1,2 kg y media`.
            yield behind, replace(amount, value=amount.value + added, is_joined=True)
        yield end, amount
        if added:
            return
        if (more := self._second(end, amount)) is not None:
            yield more
        if amount.unit == "money" and self.text(end) in ("de", "en", "of"):
            yield end + 1, amount

    def _second(self, at: int, first: Quantity) -> tuple[int, Quantity] | None:
        joined = at + (self.text(at) in self.words.joiners)
        second = self.number(joined)
        if first.unit not in ("kg", "l", "lb") or second is None:
            return None
        dimension, factor = MEASURES[first.unit]
        unit = self.words.units.get(self.text(second[1]))
        if unit is not None and unit != first.unit and MEASURES[unit][0] == dimension and MEASURES[unit][1] < factor:
            value = first.value + second[0] * MEASURES[unit][1] / factor
            return second[1] + 1, replace(first, value=value)
        if (
            unit is None
            and first.unit in ("kg", "l")
            and 100 <= second[0] < 1000
            and self.text(second[1]) in ("", "de", ",", "\n")
        ):
            return second[1], replace(first, value=first.value + second[0] / 1000)
        return None

    def _held(self, end: int, amount: Quantity) -> Iterator[tuple[int, Quantity]]:
        """`4 latas`, and `2 cajas de 12`."""
        yield end, amount
        held = self.number(end + 1) if self.text(end) in ("de", "x", "of", "con") else None
        if held is not None and held[0] > 1 and self.text(held[1]) not in self.words.units:
            yield held[1], replace(amount, held=held[0])

    def price(self, index: int) -> tuple[Decimal, int] | None:
        """A price in figures, with or without its currency: `25.000`, `Bs. 25.000`, `$ 5000 c/u`, `25 mil bs`."""
        at = index
        is_money = False
        while self.text(at) in self.words.money or (is_money and self.text(at) == "."):
            at, is_money = at + 1, True
        if at >= len(self.tokens) or self.tokens[at].kind != "number" or (said := self.number(at)) is None:
            return None
        end = said[1]
        if self.text(end) in self.words.money:
            end += 1 + (self.text(end + 1) == "." and self.text(end) == "bs")
        while self.text(end) in self.words.each:
            end += 1 + (self.text(end) == "cada" and self.text(end + 1) in ("uno", "una"))
        return said[0], end

    def prices(self, index: int) -> Iterator[tuple[int, Decimal]]:
        """Stretches that only tell a price: with a currency, behind `a`, `@`, `=`, `total`, or as large as only prices are."""
        opened = index
        if self.text(opened) in ("(",):
            opened += 1
        led = opened
        while self.text(led) in _BEFORE_PRICE:
            led += 1
        said = self.price(led)
        if said is None:
            return
        value, end = said
        has_sign = any(self.text(at) in self.words.money | self.words.each for at in range(led, end))
        is_led = led > opened and self.text(opened) not in ("-", ":", "por", "en", "a", "son")
        is_led = is_led or self.text(led - 1) in ("@", "=", "total")
        if not (has_sign or is_led or value >= _MONEY_FROM) or (not has_sign and self.text(end) in self.words.units):
            return
        if self.text(end) == "=" and (total := self.price(end + 1)) is not None:
            end = total[1]
        yield end + (opened > index and self.text(end) == ")"), value


def _is_fraction(text: str) -> bool:
    return "/" in text or text in ("½", "¼", "¾", "⅓", "⅔")
