"""Quantities in words and figures: `2 kg y medio`, `docena y media`, `un cuarto de kilo`, `x3`, `half a dozen`."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from agent.lexical.normalise import Token, tokenise
from agent.lexical.vocabulary import Vocabulary, vocabulary

_VULGAR = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75"), "⅓": Decimal(1) / 3, "⅔": Decimal(2) / 3}
_FRACTION = re.compile(r"[1-9]/[2-9]|[½¼¾⅓⅔]")
LARGEST = Decimal(100_000)
"""More than this is no quantity of anything a shop sells in chat."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, and the tokens that say it."""

    value: Decimal
    unit: str | None
    container: str | None
    start: int
    end: int
    is_marked: bool = False
    """Written as `x3` or `3x`: certainly a count."""
    is_pack: bool = False
    """Written as `x3`, as the contents of a pack are."""
    dozen: Decimal | None = None
    """What it is counted by: `dos docenas`."""
    is_written: bool = True
    """Said by a number or number word, not only by an article or a unit."""


def literal(text: str) -> Decimal | None:
    """The value of a numeral: `1.5`, `0,750`, `1/2`, `½`, `50.000` (groups of three are thousands)."""
    if text in _VULGAR:
        return _VULGAR[text]
    if "/" in text:
        above, _, below = text.partition("/")
        return Decimal(above) / Decimal(below) if above.isdigit() and below.isdigit() and int(below) else None
    groups = text.replace(",", ".").split(".")
    if not all(group.isdecimal() for group in groups):
        return None
    try:
        if len(groups) == 1:
            return Decimal(text)
        if all(len(group) == 3 for group in groups[1:]) and groups[0].lstrip("0"):
            return Decimal("".join(groups))
        if len(groups) > 2 and len(groups[-1]) <= 2:
            return Decimal("".join(groups[:-1]) + "." + groups[-1])
        return Decimal(groups[0] + "." + "".join(groups[1:]))
    except InvalidOperation:
        return None


class _Reader:
    """Reads one quantity from a place in the tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.words: Vocabulary = vocabulary()

    def text(self, index: int) -> str:
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def number(self, index: int) -> tuple[Decimal, int] | None:
        """A cardinal in figures or words and the place after it."""
        token = self.tokens[index] if index < len(self.tokens) else None
        if token is None:
            return None
        if token.kind == "number":
            value = literal(token.text)
            following = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
            if value is not None and following and following.kind == "number" and "/" in following.text and value == int(value):
                fraction = literal(following.text)
                if fraction is not None and fraction < 1:
                    return value + fraction, index + 2
            return (value, index + 1) if value is not None else None
        return self.spelled(index)

    def spelled(self, index: int) -> tuple[Decimal, int] | None:
        """A cardinal in words: `treinta y dos`, `doscientos cincuenta`, `dos mil`."""
        numbers = self.words.numbers
        if self.text(index) not in numbers:
            return None
        total = numbers[self.text(index)]
        last, index = total, index + 1
        while True:
            word = self.text(index)
            skip = 1 if word in self.words.joiners and last >= 20 and last % 10 == 0 else 0
            value = numbers.get(self.text(index + skip))
            if value is None:
                return total, index
            if value == 1000 and total < 1000 and not skip:
                total, last, index = total * 1000, value, index + 1
            elif (skip and value < 10 <= last <= 90) or (not skip and value < last and value < 100 <= last):
                total, last, index = total + value, value, index + skip + 1
            else:
                return total, index

    def fraction_after(self, index: int) -> tuple[Decimal, int]:
        """`y medio`, `y media`, `y cuarto`, `and a half`: the part and the place after it."""
        if self.text(index) in self.words.joiners:
            for length in (2, 1):
                phrase = " ".join(self.text(i) for i in range(index + 1, index + 1 + length))
                # `2 kilos y medio kilo de cebolla` are two amounts.
                behind = self.text(index + 1 + length)
                is_counted = behind in self.words.units or self.words.multiples.get(behind, Decimal(0)) > 1
                is_other = self.text(index - 1) in self.words.units and is_counted
                if phrase in self.words.multiples and self.words.multiples[phrase] < 1 and not is_other:
                    return self.words.multiples[phrase], index + 1 + length
        figure = index + 1 if self.text(index) in self.words.joiners else index
        if index and self.text(index - 1) in self.words.units and _FRACTION.fullmatch(self.text(figure)):
            # `2 kg 1/2`, `2 kg y ½`
            return literal(self.text(figure)) or Decimal(0), figure + 1
        return Decimal(0), index

    def multiple(self, index: int) -> tuple[Decimal, int] | None:
        """`medio`, `docena`, `un par de`, `half a dozen`: the value and the place after it."""
        for length in (4, 3, 2, 1):
            if index + length > len(self.tokens):
                continue
            phrase = " ".join(self.text(i) for i in range(index, index + length))
            if phrase in self.words.multiples:
                return self.words.multiples[phrase], index + length
        return None

    def unit(self, index: int) -> tuple[str | None, str | None, int]:
        """The measure or container here, if any, and the place after it."""
        word = self.text(index)
        if word in self.words.units and len(word) == 1 and index and self.tokens[index - 1].kind != "number":
            # `una L` is a size; a litre is written so only behind a figure.
            return None, None, index
        if word in self.words.units:
            after = index + 1
            return self.words.units[word], None, after + (self.text(after) == ".")
        if word in self.words.containers:
            return None, word, index + 1
        return None, None, index

    def read(self, index: int) -> Quantity | None:
        """The quantity that starts exactly here."""
        if self.text(index) == "x" and index + 1 < len(self.tokens) and self.tokens[index + 1].kind == "number":
            value = literal(self.text(index + 1))
            return None if value is None else Quantity(value, None, None, index, index + 2, is_marked=True, is_pack=True)
        number = self.number(index)
        if number is None and self.text(index) in self.words.unit_articles and self.text(index + 1) in self.words.containers:
            return Quantity(Decimal(1), None, self.text(index + 1), index, index + 2)
        after = number[1] if number else index
        multiple = self.multiple(after)
        if multiple is not None:
            count = number[0] if number else Decimal(1)
            if multiple[0] >= 1:
                return self._dozens(index, count, multiple)
            if count <= 1 or self.text(multiple[1] - 1) in self.words.plural_parts:
                return self._part(index, count, multiple)
        if number is not None:
            return self._counted(index, number)
        return self._bare_unit(index)

    def _dozens(self, start: int, count: Decimal, multiple: tuple[Decimal, int]) -> Quantity:
        """`docena y media`, `3 docenas`, `un par`, `un par de kilos`."""
        # A pair or a pack may be one of what is on sale.
        held = next((word for word in self.words.packs if self._ends_with(word, multiple[1])), self.text(multiple[1] - 1))
        added, after = self.fraction_after(multiple[1])
        unit, container, end = self.unit(after + 1) if self.text(after) in self.words.prepositions else (None, None, after)
        if unit is None and container is None and held in self.words.pairs.keys() | self.words.packs.keys():
            return Quantity((count + added) * multiple[0], None, held, start, after)
        value, stop = (count + added) * multiple[0], end if unit or container else after
        return Quantity(value, unit, container, start, stop, dozen=None if unit or container else multiple[0])

    def _ends_with(self, words: str, end: int) -> bool:
        return words == " ".join(self.text(index) for index in range(end - len(words.split()), end))

    def _part(self, start: int, count: Decimal, multiple: tuple[Decimal, int]) -> Quantity:
        """`medio kilo`, `un cuarto de kilo`, `media docena`, `tres cuartos`."""
        value, after = count * multiple[0], multiple[1]
        larger = self.multiple(after)
        if larger is not None and larger[0] > 1:
            return self._dozens(start, value, larger)
        half, after = self.fraction_after(after)
        linked = after + 1 if self.text(after) in self.words.prepositions else after
        unit, container, end = self.unit(linked)
        if half:
            # `cuarto y medio`: a quarter and half of it, of a kilo where no other unit is said.
            value, unit = value * (1 + half), unit or "kg"
        return Quantity(value, unit, container, start, end if unit or container else after)

    def _counted(self, start: int, number: tuple[Decimal, int]) -> Quantity:
        """`3`, `3x`, `2 kg y medio`, `uno y medio kilos`, `4 latas`."""
        value, after = number
        following = self.tokens[after + 1] if after + 1 < len(self.tokens) else None
        if self.text(after) == "x" and (following is None or following.kind != "number"):
            return Quantity(value, None, None, start, after + 1, is_marked=True)
        before, after = self.fraction_after(after)
        multiple = self.multiple(after) if before else None
        if multiple is not None and multiple[0] > 1:
            # `una y media docena`
            return self._dozens(start, value + before, multiple)
        unit, container, after = self.unit(after)
        behind, after = self.fraction_after(after) if unit or container else (Decimal(0), after)
        return Quantity(self._measured(value + before + behind, unit, start), unit, container, start, after)

    def _bare_unit(self, start: int) -> Quantity | None:
        """`kilo y medio`, `kilo de`: a unit without a number is one of it."""
        unit, _, after = self.unit(start)
        if unit is None or len(self.text(start)) < 2:
            return None
        added, after = self.fraction_after(after)
        return Quantity(1 + added, unit, None, start, after, is_written=bool(added))

    def _measured(self, value: Decimal, unit: str | None, start: int) -> Decimal:
        """`1.500 kg` is a kilo and a half, not one and a half tons."""
        written = self.text(start)
        if unit in ("kg", "l") and value >= 1000 and written.count(".") + written.count(",") == 1:
            return value / 1000
        return value


def in_figures(text: str) -> str:
    """Folded text with spelled numbers and units in figures: `la de dos litros` becomes `la de 2 l`."""
    tokens = tokenise(text)
    for quantity in reversed(find_quantities(tokens)):
        if quantity.is_written:
            written = f"{quantity.value.normalize():f} {quantity.unit or ''}".strip()
            text = text[: tokens[quantity.start].start] + written + text[tokens[quantity.end - 1].end :]
    return text


_IN_BRACKETS = re.compile(r"\(([^()\n]{1,20})\)")


def said_once(text: str) -> str:
    """Folded text without figures that only say again what was just said: `dos (2) harinas`, `2 harinas (dos)`."""
    for match in reversed(list(_IN_BRACKETS.finditer(text))):
        # Only the same item counts: `rótula (2), amortiguador (2)` are two of both.
        inside, before = _values(match[1]), _values(re.split(r"[,;()\n]", text[: match.start()])[-1])
        if len(inside) == 1 and before and inside[0] == before[-1]:
            text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    return text


def _values(text: str) -> list[Decimal]:
    return [quantity.value for quantity in find_quantities(tokenise(text))]


def find_quantities(tokens: list[Token]) -> list[Quantity]:
    """All quantities in the tokens, from left to right, none overlapping another."""
    reader = _Reader(tokens)
    found: list[Quantity] = []
    index = 0
    while index < len(tokens):
        quantity = reader.read(index)
        if quantity is not None and quantity.end > index and quantity.value <= LARGEST:
            found.append(quantity)
            index = quantity.end
        else:
            index += 1
    return found
