"""What kind of file a table belongs to: by its columns, and where they allow several, by what names and titles say."""

from collections.abc import Sequence

from domain.imports.sheets.choices import Choices
from domain.imports.sheets.headings import NEEDED, Field, FileType, assign, key_of, kinds_named, meanings

_TRADE = frozenset({FileType.SALES, FileType.PURCHASES})


def kind_of(
    headings: Sequence[str], titles: Sequence[str], sheet: str, said: set[FileType], choices: Choices
) -> tuple[FileType | None, set[FileType]]:
    """The kind of a table if it is sure, and the kinds that its columns allow. `said` is what the file's name says."""
    allowed = _allowed(headings, choices)
    if len(allowed) < 2:
        return next(iter(allowed), None), allowed
    narrowed = _by_columns(headings, allowed, choices)
    if len(narrowed) == 1:
        return next(iter(narrowed)), narrowed
    for voice in (kinds_named(sheet), kinds_named(" ".join(titles)), said, _trade_words(headings)):
        agreed = narrowed & voice
        if len(agreed) == 1:
            return next(iter(agreed)), narrowed
    return None, narrowed


def _allowed(headings: Sequence[str], choices: Choices) -> set[FileType]:
    found = set()
    for kind in FileType:
        held = set(assign(headings, kind, choices.learnt, choices.columns).values())
        if all(held & set(group) for group in NEEDED[kind]):
            found.add(kind)
    return found


def _by_columns(headings: Sequence[str], allowed: set[FileType], choices: Choices) -> set[FileType]:
    """What the columns themselves rule out: days make a trade, unless they are days of a count."""
    chosen = {**choices.learnt, **choices.columns}
    first = {chosen.get(key_of(h)) or (meanings(h) or (None,))[0] for h in headings if h}
    counts, trades = Field.COUNTED in first, bool(first & {Field.DATE}) and Field.QUANTITY in _any(headings)
    if counts:
        amounts = first & {Field.PRICE, Field.COST, Field.WHOLESALE_PRICE}
        return allowed & ({FileType.INVENTORY, FileType.PRODUCTS} if amounts else {FileType.INVENTORY})
    if trades:
        narrowed = allowed & _TRADE
        if first & {Field.SUPPLIER, Field.COST} and not first & {Field.CUSTOMER}:
            return narrowed & {FileType.PURCHASES} or narrowed
        if first & {Field.CUSTOMER} and not first & {Field.SUPPLIER}:
            return narrowed & {FileType.SALES} or narrowed
        return narrowed
    if Field.QUANTITY not in _any(headings):
        return allowed & {FileType.PRODUCTS} or allowed
    return allowed


def _any(headings: Sequence[str]) -> set[Field]:
    return {field for heading in headings if heading for field in meanings(heading)}


def _trade_words(headings: Sequence[str]) -> set[FileType]:
    return {kind for heading in headings for kind in kinds_named(heading)} & _TRADE
