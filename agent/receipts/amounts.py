"""Numbers as customers write them: `1.234,50`, `1,234.50`, `50mil`, `dos mil`, `media docena`."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from agent.receipts.lexicon import Lexicon
from agent.receipts.reading import fold

_WRITTEN = re.compile(r"\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?|\d+")
_TOKEN = re.compile(r"\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?|[a-z]+")
_ECHO = re.compile(r"\d[\d.,' ]*(?: ?(?:mil|k))?\Z")


def written(number: str) -> frozenset[Decimal]:
    """Every value that a written number can have: `1.500` is fifteen hundred or one and a half."""
    digits = re.sub(r"[ ']", "", number)
    forms = {digits}
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", digits):
        forms.add(digits.replace(".", "").replace(",", "."))
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        forms.add(digits.replace(",", ""))
    if re.fullmatch(r"\d+,\d+", digits):
        forms.add(digits.replace(",", "."))
    values: set[Decimal] = set()
    for form in forms:
        try:
            values.add(Decimal(form).normalize())
        except InvalidOperation:
            continue
    return frozenset(values)


def echoed(literal: str, lexicons: tuple[Lexicon, ...] = ()) -> frozenset[Decimal]:
    """The values of the number inside an `{echo:…}` slot, in digits or in words; empty if it is anything else."""
    folded = fold(literal).strip()
    if not _ECHO.match(folded):
        return frozenset().union(*(_in_words(folded, lexicon) for lexicon in lexicons))
    scale = 1000 if re.search(r"(?:mil|k)\Z", folded) else 1
    return frozenset((value * scale).normalize() for value in written(re.sub(r" ?(?:mil|k)\Z", "", folded)))


def _in_words(text: str, lexicon: Lexicon) -> frozenset[Decimal]:
    words = lexicon.words.numbers
    known = words.values.keys() | words.scales.keys() | set(words.halves) | {"y", "and", "de"}
    is_number = 0 < len(text.split()) <= 6 and all(word in known for word in text.split())
    return frozenset(value.normalize() for value in _read(text, lexicon)) if is_number else frozenset()


def said(texts: Iterable[str], lexicons: tuple[Lexicon, ...]) -> frozenset[Decimal]:
    """Every number that the customer wrote, in digits or in words."""
    found: set[Decimal] = set()
    for text in texts:
        folded = fold(text)
        for lexicon in lexicons:
            found |= _read(folded, lexicon)
    return frozenset(value.normalize() for value in found)


def _read(text: str, lexicon: Lexicon) -> set[Decimal]:
    words = lexicon.words.numbers
    found: set[Decimal] = set()
    run: list[Decimal] = []
    half = False
    for token in [*_TOKEN.findall(text), ""]:
        if token[:1].isdigit():
            found |= written(token) | _close(run)
            found |= {value for digits in _WRITTEN.findall(token) for value in written(digits)}
            run = [max(written(token), default=Decimal(0))]
        elif token in words.scales:
            scale = Decimal(words.scales[token])
            base = Decimal("0.5") if half else (_total(run) if run else Decimal(1))
            found |= {scale * base, scale}
            run = [scale * base]
        elif token in words.values:
            run.append(Decimal(words.values[token]))
        elif token not in {"y", "and", "de", "of", "a"}:
            found |= _close(run)
            run = []
        half = token in words.halves
        if half:
            found |= {Decimal("0.5"), _total(run) + Decimal("0.5")}
    return found


def _total(run: list[Decimal]) -> Decimal:
    return sum(run, Decimal(0))


def _close(run: list[Decimal]) -> set[Decimal]:
    return {_total(run), *run} if run else set()
