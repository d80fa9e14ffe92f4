"""The catalogue: what is sold, in which units and stores, and finding it by what people type."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from core.db import storable
from core.errors import CursorRefused
from core.work import Work
from domain.accounts import service as accounts
from domain.catalog import _postings, repository
from domain.catalog._views import product_view, sale_rule, variant_name, variant_view
from domain.catalog.errors import ProductNotFound, StoreNotFound
from domain.catalog.index import keys_of_typed, synonym_key, typed_words
from domain.catalog.models import Category
from domain.catalog.permissions import CatalogPermission
from domain.catalog.repository import VariantRow
from domain.catalog.schemas import (
    CategoryView,
    ProductHit,
    ProductView,
    SaleRule,
    StoreView,
    UnitView,
    VariantPage,
    VariantView,
)
from domain.catalog.search import PLAUSIBLE, Candidate, Hit, decide, merge, rank, similarity
from domain.catalog.words import Word, read, word

MOST_ITEMS = 100
_CANDIDATES = 120
_KNOWN_WORDS = 500
_KNOWN_OF_MESSAGE = 6_000
_EACH_WORD = 60
_NEAR_A_MESSAGE = 1_500
_LONGEST_PHRASE = 200
_LONGEST_SYNONYM = 4

SAME_WORD = 0.95
"""From this similarity on two words name the same kind of thing."""


async def get_variant(work: Work, sku: str) -> VariantView:
    """The variant with this SKU, sold or not; raises ProductNotFound."""
    work.require(CatalogPermission.READ)
    found = await find(work, sku)
    if found is None:
        raise ProductNotFound(sku=sku)
    return found


async def find(work: Work, sku: str) -> VariantView | None:
    """The variant with this SKU, sold or not."""
    work.require(CatalogPermission.READ)
    row = await repository.variant_by_sku(work, sku)
    return variant_view(row, await accounts.currency(work)) if row else None


async def variants(work: Work, variant_ids: Iterable[UUID]) -> Mapping[UUID, VariantView]:
    """The variants with these ids as they are sold now; unknown ids are left out."""
    work.require(CatalogPermission.READ)
    currency = await accounts.currency(work)
    return {row.variant_id: variant_view(row, currency) for row in await repository.variants(work, variant_ids)}


async def variants_by_sku(work: Work, skus: Iterable[str]) -> Mapping[str, VariantView]:
    """The variants with exactly these SKUs, sold or not; unknown ones are left out."""
    work.require(CatalogPermission.READ)
    currency = await accounts.currency(work)
    return {row.sku: variant_view(row, currency) for row in await repository.variants_by_sku(work, skus)}


async def sale_rules(work: Work, variant_ids: Iterable[UUID]) -> Mapping[UUID, SaleRule]:
    """In which quantities the variants are sold and counted."""
    work.require(CatalogPermission.READ)
    return {row.variant_id: sale_rule(row) for row in await repository.variants(work, variant_ids)}


async def get_product(work: Work, code: str) -> ProductView:
    """A product with its variants and synonyms; raises ProductNotFound."""
    work.require(CatalogPermission.READ)
    row = await repository.product_by_code(work, code)
    if row is None:
        raise ProductNotFound(sku=code)
    return await product_view(work, row, await accounts.currency(work))


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the catalogue knows of a typed phrase, before anything is ranked."""

    phrase: str
    sku: str | None
    """The SKU that the phrase is, of something sold or not."""
    categories: tuple[str, ...]
    """The categories without a parent that all its words fit, by path, if they were asked for."""
    expansions: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...]


async def recognise(work: Work, phrase: str, *, with_categories: bool = False) -> Recognised:
    """What a typed phrase may be: an SKU, a category, words that stand for others, words of products."""
    work.require(CatalogPermission.READ)
    code, phrase = storable(phrase.strip()), phrase[:_LONGEST_PHRASE]
    known = await _postings.known(
        work,
        skus=repository.cases(code),
        phrases=set(_spans(phrase).values()),
        keys=_places(typed_words(phrase)),
        limit=_KNOWN_WORDS,
        with_categories=with_categories,
    )
    sku = code if code in known.skus else min(known.skus, default=None)
    typed = read(phrase).words
    named = tuple(name for name in known.categories if typed and _fits(typed, name))
    return Recognised(phrase, sku, named, known.expansions, known.words)


def _fits(typed: Sequence[Word], name: str) -> bool:
    known = read(name).words
    return all(any(similarity(one, other) >= SAME_WORD for other in known) for one in typed)


async def search(work: Work, phrase: str | Recognised, limit: int = 10) -> list[ProductHit]:
    """What is on sale that fits a phrase, best first; `domain.catalog.search.decide` says whether that settles it."""
    work.require(CatalogPermission.READ)
    known = await recognise(work, phrase) if isinstance(phrase, str) else phrase
    by_sku, hits = await _ranked(work, known)
    currency = await accounts.currency(work)
    return [_hit(by_sku[hit.sku], hit, currency) for hit in hits[: max(1, min(limit, MOST_ITEMS))]]


async def ranked_products(work: Work, phrase: str) -> list[UUID]:
    """The products that fit a phrase, on sale or not, best first; staff look for what customers cannot buy, too."""
    work.require(CatalogPermission.READ)
    known = await recognise(work, phrase)
    by_sku, hits = await _ranked(work, known, on_sale=False)
    exact = await repository.variant_by_sku(work, known.sku) if known.sku is not None else None
    first = [exact.product_id] if exact is not None else []
    return list(dict.fromkeys([*first, *(by_sku[hit.sku].product_id for hit in hits)]))[:MOST_ITEMS]


async def _ranked(work: Work, known: Recognised, *, on_sale: bool = True) -> tuple[dict[str, VariantRow], Sequence[Hit]]:
    readings = _readings(known)
    rows = await _candidates(work, readings, known, on_sale=on_sale)
    candidates = [_as_candidate(row, names) for row, names in rows]
    hits = merge(rank(reading, candidates) for reading in readings) if candidates else []
    return {row.sku: row for row, _ in rows}, list(hits)


def _hit(row: VariantRow, hit: Hit, currency: str) -> ProductHit:
    view = variant_view(row, currency)
    return ProductHit(**dict(view), score=hit.score, unmatched=hit.unmatched)


def _spans(phrase: str) -> dict[tuple[int, int], str]:
    """Which neighbouring words of a phrase may stand for others: from and to which word, and their key."""
    words = [typed.text for typed in read(phrase).words]
    return {
        (start, end): synonym_key(" ".join(words[start:end]))
        for start in range(len(words))
        for end in range(start + 1, min(len(words), start + _LONGEST_SYNONYM) + 1)
    }


def _readings(known: Recognised) -> list[str]:
    """The phrase, and what it says when words that stand for other words are put in their place."""
    words = [typed.text for typed in read(known.phrase).words]
    readings = [known.phrase]
    for key, expansion in known.expansions:
        for (start, end), span_key in _spans(known.phrase).items():
            if span_key == key:
                readings.append(" ".join([*words[:start], expansion, *words[end:]]))
    return list(dict.fromkeys(readings))


async def _candidates(
    work: Work, readings: Sequence[str], recognised: Recognised, *, on_sale: bool
) -> Sequence[tuple[VariantRow, tuple[str, ...]]]:
    """The variants that share words with one of the readings, with their other names: as many as ranking can look at."""
    found: dict[UUID, tuple[VariantRow, tuple[str, ...]]] = {}
    for reading in readings:
        typed = typed_words(reading)
        places = _places(typed)
        if reading == recognised.phrase:
            words = recognised.words
        else:
            words = (await _postings.known(work, keys=places, limit=_KNOWN_WORDS)).words
        weighted = _weigh(typed, {(place, text) for key, text in words for place in places[key]})
        if weighted:
            for row, names in await _postings.variants_with_words(work, weighted, _CANDIDATES, on_sale=on_sale):
                found[row.variant_id] = (row, names)
    return list(found.values())


def _places(typed: Sequence[Word]) -> dict[str, list[int]]:
    """The keys under which the words of a phrase are looked up, with the places of those words."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(typed):
        for key in keys_of_typed(one):
            places.setdefault(key, []).append(place)
    return places


def _weigh(typed: Sequence[Word], pairs: Iterable[tuple[int, str]]) -> list[tuple[str, int, float]]:
    """Which known words each typed word may mean, with how surely."""
    scored = ((text, place, similarity(typed[place], word(text))) for place, text in pairs)
    return [(text, place, score) for text, place, score in scored if score >= PLAUSIBLE]


def _as_candidate(row: VariantRow, names: tuple[str, ...]) -> Candidate:
    barcode = (row.barcode,) if row.barcode else ()
    return Candidate(row.sku, variant_name(row.product_name, row.label), row.brand or "", (*names, *barcode))


@dataclass(frozen=True, slots=True)
class Related:
    """What is on sale that any word of a message may mean: variants with their other names, and words that stand for others."""

    variants: tuple[tuple[VariantView, tuple[str, ...]], ...]
    expansions: Mapping[str, tuple[str, ...]]


async def related(work: Work, message: str) -> Related:
    """All that the words of a whole message may mean, in one look-up however many lines it has."""
    work.require(CatalogPermission.READ)
    spans = _spans(message)
    typed = typed_words(message)
    known = await _known_words(work, typed, set(spans.values()))
    said = [typed_word.text for typed_word in read(message).words]
    expansions: dict[str, tuple[str, ...]] = {}
    for key, meant in known.expansions:
        for start, end in (span for span, span_key in spans.items() if span_key == key):
            phrase = " ".join(said[start:end])
            expansions[phrase] = (*expansions.get(phrase, ()), meant)
    words = list(known.words)
    if meant_words := [one for meant in dict.fromkeys(meant for _, meant in known.expansions) for one in typed_words(meant)]:
        typed = [*typed, *meant_words]
        words = [*words, *(await _known_words(work, meant_words, set())).words]
    places = _places(typed)
    weighted = _weigh(typed, {(place, text) for key, text in words for place in places.get(key, ())})
    rows = await _postings.variants_near_words(work, weighted, _EACH_WORD, _NEAR_A_MESSAGE) if weighted else []
    currency = await accounts.currency(work)
    return Related(tuple((variant_view(row, currency), names) for row, names in rows), expansions)


async def _known_words(work: Work, typed: Sequence[Word], phrases: set[str]) -> _postings.Known:
    return await _postings.known(work, keys=_places(typed), limit=_KNOWN_OF_MESSAGE, phrases=phrases)


async def list_products(work: Work, category: str | None = None, limit: int = 20, cursor: str | None = None) -> VariantPage:
    """What is on sale by name: all of it, or a category (its name or path) with all below it.

    A category that does not exist gives an empty page.
    """
    work.require(CatalogPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    within = None if category is None else await _category_ids(work, category)
    if within == []:
        return VariantPage(items=(), next_cursor=None)
    rows = await repository.list_variants(work, within, _decode(cursor), limit + 1)
    currency = await accounts.currency(work)
    more = len(rows) > limit
    return VariantPage(
        items=tuple(variant_view(row, currency) for row in rows[:limit]),
        next_cursor=_encode(rows[limit - 1]) if more else None,
    )


def _encode(row: VariantRow) -> str:
    place = [row.product_name, row.position, str(row.variant_id)]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _decode(cursor: str | None) -> tuple[str, int, UUID] | None:
    if cursor is None:
        return None
    try:
        name, position, variant_id = json.loads(base64.urlsafe_b64decode(cursor))
        return str(name), int(position), UUID(variant_id)
    except (ValueError, TypeError) as error:
        raise CursorRefused from error


async def _category_ids(work: Work, wanted: str) -> list[UUID]:
    """The category meant by a name or path, and all below it."""
    rows = await repository.categories(work)
    paths = [row.path for row in rows if row.path == wanted]
    if not paths:
        named = rank(wanted, [Candidate(row.path, row.name) for row in rows])
        paths = [hit.sku for hit in decide(named).hits]
    return [row.id for row in rows if row.path.startswith(tuple(paths))] if paths else []


async def categories(work: Work) -> tuple[CategoryView, ...]:
    """The tree of active categories, ordered by path; `products` counts what lies in each one and below."""
    work.require(CatalogPermission.READ)
    rows = await repository.categories(work)
    counts = await repository.products_per_category(work)
    return _children(rows, counts, None)


def _children(rows: Sequence[Category], counts: Mapping[UUID, int], parent_id: UUID | None) -> tuple[CategoryView, ...]:
    views = []
    for row in (row for row in rows if row.parent_id == parent_id):
        children = _children(rows, counts, row.id)
        total = counts.get(row.id, 0) + sum(child.products for child in children)
        views.append(
            CategoryView(
                id=row.id,
                name=row.name,
                path=row.path,
                level=row.level,
                parent_id=row.parent_id,
                description=row.description,
                version=row.version,
                products=total,
                children=children,
            )
        )
    return tuple(views)


async def units(work: Work) -> list[UnitView]:
    """The units of sale by code."""
    work.require(CatalogPermission.READ)
    return [UnitView.model_validate(row) for row in await repository.units(work)]


async def all_stores(work: Work) -> list[StoreView]:
    """All stores by name, those that are closed too."""
    work.require(CatalogPermission.READ)
    return [StoreView.model_validate(row) for row in await repository.all_stores(work)]


async def stores(work: Work) -> list[StoreView]:
    """The active stores by name."""
    work.require(CatalogPermission.READ)
    return [StoreView.model_validate(row) for row in await repository.stores(work)]


async def get_store(work: Work, code: str) -> StoreView:
    """The store with this code; raises StoreNotFound."""
    work.require(CatalogPermission.READ)
    row = await repository.find_store(work, code=code)
    if row is None:
        raise StoreNotFound(store=code)
    return StoreView.model_validate(row)


async def get_store_by_id(work: Work, store_id: UUID) -> StoreView:
    """The store with this id; raises StoreNotFound."""
    work.require(CatalogPermission.READ)
    row = await repository.find_store(work, store_id=store_id)
    if row is None:
        raise StoreNotFound
    return StoreView.model_validate(row)


async def find_stores(work: Work, phrase: str) -> list[StoreView]:
    """The active stores that a phrase may mean, by name, city, zone or code: one if it is clear."""
    work.require(CatalogPermission.READ)
    found = await stores(work)
    names = [
        Candidate(store.code, store.name, aliases=tuple(x for x in (store.city, store.zone, store.address) if x))
        for store in found
    ]
    meant = {hit.sku for hit in decide(rank(phrase, names)).hits}
    return [store for store in found if store.code in meant]
