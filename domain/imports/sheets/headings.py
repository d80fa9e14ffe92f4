"""What a heading means: its folded words, in a list of what columns are called (`words.yaml`), after what a shop has taught."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz, process

from core.language.folding import fold

LONGEST_HEADING = 60
_ALIKE = 80


class Field(StrEnum):
    """What a column may hold."""

    CODE = "code"
    BARCODE = "barcode"
    NAME = "name"
    DESCRIPTION = "description"
    CATEGORY = "category"
    BRAND = "brand"
    MODEL = "model"
    SUPPLIER = "supplier"
    UNIT = "unit"
    PRICE = "price"
    WHOLESALE_PRICE = "wholesale_price"
    COST = "cost"
    COUNTED = "counted"
    QUANTITY = "quantity"
    DATE = "date"
    DOCUMENT = "document"
    TOTAL = "total"
    CUSTOMER = "customer"
    STORE = "store"
    MIN_STOCK = "min_stock"
    MAX_STOCK = "max_stock"


class FileType(StrEnum):
    """What the rows of a file are."""

    PRODUCTS = "products"
    INVENTORY = "inventory"
    SALES = "sales"
    PURCHASES = "purchases"


NUMBERS = frozenset(
    {
        Field.PRICE, Field.WHOLESALE_PRICE, Field.COST, Field.COUNTED, Field.QUANTITY, Field.TOTAL,
        Field.MIN_STOCK, Field.MAX_STOCK,
    }
)  # fmt: skip
CODES = frozenset({Field.CODE, Field.BARCODE, Field.DOCUMENT})

TAKEN: Mapping[FileType, tuple[Field, ...]] = {
    FileType.PRODUCTS: (
        Field.CODE, Field.NAME, Field.PRICE, Field.WHOLESALE_PRICE, Field.COST, Field.BARCODE, Field.DESCRIPTION,
        Field.CATEGORY, Field.BRAND, Field.MODEL, Field.UNIT, Field.SUPPLIER,
    ),
    FileType.INVENTORY: (Field.CODE, Field.BARCODE, Field.COUNTED, Field.STORE, Field.DATE, Field.MIN_STOCK, Field.MAX_STOCK),
    FileType.SALES: (
        Field.DATE, Field.CODE, Field.BARCODE, Field.QUANTITY, Field.PRICE, Field.TOTAL, Field.DOCUMENT, Field.STORE,
    ),
    FileType.PURCHASES: (
        Field.DATE, Field.CODE, Field.BARCODE, Field.QUANTITY, Field.COST, Field.TOTAL, Field.DOCUMENT, Field.SUPPLIER,
        Field.STORE,
    ),
}  # fmt: skip
"""The columns that each kind of file uses, the ones that headings are given to first first."""

NEEDED: Mapping[FileType, tuple[tuple[Field, ...], ...]] = {
    FileType.PRODUCTS: ((Field.CODE,), (Field.NAME, Field.PRICE)),
    FileType.INVENTORY: ((Field.CODE, Field.BARCODE), (Field.COUNTED,)),
    FileType.SALES: ((Field.DATE,), (Field.CODE, Field.BARCODE), (Field.QUANTITY,)),
    FileType.PURCHASES: ((Field.CODE, Field.BARCODE), (Field.QUANTITY,)),
}
"""Of each group one column must be there."""


@dataclass(frozen=True)
class _Words:
    fields: Mapping[str, tuple[Field, ...]]
    totals: frozenset[str]
    kinds: Mapping[FileType, frozenset[str]]
    fillers: frozenset[str]
    marks: frozenset[str]


@lru_cache
def _words() -> _Words:
    given: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text("utf-8"))
    fields: dict[str, tuple[Field, ...]] = {}
    for name, phrases in given["fields"].items():
        for phrase in phrases:
            fields[phrase] = (*fields.get(phrase, ()), Field(name))
    return _Words(
        fields,
        frozenset(given["totals"]),
        {FileType(kind): frozenset(phrases) for kind, phrases in given["kinds"].items()},
        frozenset(given["fillers"]),
        frozenset(given["marks"]),
    )


@lru_cache(maxsize=4096)
def key_of(heading: str) -> str:
    """The form in which a heading is looked up and learnt: folded words without fillers, currencies and taxes."""
    spaced = re.sub(r"(?<=[a-záéíóúñ])(?=[A-Z])", " ", heading[:200])
    words = re.findall(r"[a-z0-9°]+", fold(re.sub(r"[_\W]+", " ", spaced.replace("º", "°").replace("N°", "n° "))))
    # Letters with points between them are one word: `P.V.P.`
    words = re.sub(r"\b([a-z]) (?=[a-z]\b)", r"\1", " ".join(words)).split()
    kept = [word for word in words if word not in _words().fillers]
    while len(kept) > 1 and (kept[-1] in _words().marks or " ".join(kept[-2:]) in _words().marks):
        kept = kept[:-1] if kept[-1] in _words().marks else kept[:-2]
    return " ".join(kept)


def meanings(heading: str) -> tuple[Field, ...]:
    """The fields that a heading may name, the likeliest first."""
    key = key_of(heading)
    known = _words().fields
    return known.get(key) or known.get(key.removesuffix("s")) or known.get(f"{key}s") or ()


def is_known(heading: str, learnt: Mapping[str, Field | None]) -> bool:
    """Whether a heading is one that means something, or that the shop has said means nothing."""
    return len(heading) <= LONGEST_HEADING and (key_of(heading) in learnt or bool(meanings(heading)))


def suggestion(wanted: Sequence[Field], headings: Sequence[str]) -> str | None:
    """The heading that looks most like a name of the field that is missing."""
    phrases = [phrase for phrase, fields in _words().fields.items() if set(fields) & set(wanted)]
    best: tuple[float, str] | None = None
    for heading in headings:
        found = process.extractOne(key_of(heading), phrases, scorer=fuzz.ratio, score_cutoff=_ALIKE)
        if found is not None and (best is None or found[1] > best[0]):
            best = (found[1], heading)
    return best[1] if best else None


def assign(
    headings: Sequence[str], type: FileType, learnt: Mapping[str, Field | None], chosen: Mapping[str, Field | None]
) -> dict[int, Field]:
    """Which column holds what, for one kind of file: what was chosen for it first, then what was learnt, then the words."""
    taken: dict[int, Field] = {}
    settled: set[int] = set()
    for column, heading in enumerate(headings):
        for known in (chosen, learnt):
            if heading and key_of(heading) in known:
                field = known[key_of(heading)]
                if field is not None and field in TAKEN[type] and field not in taken.values():
                    taken[column] = field
                settled.add(column)
                break
    # A heading with one meaning comes before those that could be several things.
    wished = [(column, tuple(f for f in meanings(h) if f in TAKEN[type])) for column, h in enumerate(headings) if h]
    for column, fields in sorted(wished, key=lambda wish: _preference(wish[1], type, headings[wish[0]])):
        free = [field for field in fields if field not in taken.values()]
        if column not in settled and free:
            taken[column] = free[0]
    return taken


def _preference(fields: Sequence[Field], type: FileType, heading: str) -> tuple[int, int]:
    """Headings with fewer meanings first; of equals the one that stands earlier in the list of names."""
    phrases = [phrase for phrase, known in _words().fields.items() if fields and fields[0] in known]
    key = key_of(heading)
    return len(fields) or 99, phrases.index(key) if key in phrases else len(phrases)


def is_total(text: str) -> bool:
    """Whether a cell begins a row that sums up others: `Total`, `Subtotal Bebidas:`, `SUMA`."""
    words = key_of(text).split()
    return any(" ".join(words[:length]) in _words().totals for length in (1, 2))


def is_only_total(text: str) -> bool:
    """Whether a cell says nothing but that its row sums up others."""
    return key_of(text) in _words().totals


def kinds_named(text: str) -> set[FileType]:
    """The kinds of file that a name or a title speaks of."""
    key = f" {key_of(text)} "
    return {kind for kind, phrases in _words().kinds.items() if any(f" {phrase} " in key for phrase in phrases)}
