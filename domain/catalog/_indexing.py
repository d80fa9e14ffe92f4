"""Filing the words under which products are found, in the transaction that writes the products."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from core.work import Work
from domain.catalog import _postings
from domain.catalog._views import variant_name
from domain.catalog.index import Filing, filing
from domain.catalog.models import Product, ProductVariant
from domain.catalog.search import Candidate


async def index_products(
    work: Work,
    products: Iterable[Product],
    variants: Iterable[ProductVariant],
    synonyms: dict[str, tuple[str, ...]],
) -> None:
    """File anew the words under which these variants are found; `synonyms` are by product code."""
    by_id = {product.id: product for product in products}
    candidates = {}
    for variant in variants:
        product = by_id[variant.product_id]
        names = (*synonyms.get(product.code, ()), *((variant.barcode,) if variant.barcode else ()))
        name = variant_name(product.name, variant.label)
        candidates[variant.id] = Candidate(variant.sku, name, product.brand or "", names)
    await _postings.forget_words(work, candidates)
    await index_new(work, candidates)


async def index_new(work: Work, candidates: Mapping[UUID, Candidate]) -> None:
    """File the words under which variants are found that were not on file before."""
    postings: dict[UUID, frozenset[str]] = {}
    words, literal = set[str](), set[str]()
    for variant_id, candidate in candidates.items():
        filed = filing(candidate)
        postings[variant_id] = filed.words | filed.literal
        words |= filed.words
        literal |= filed.literal
    # One list has the same words again and again: each is filed once.
    await _postings.file_words(work, Filing(frozenset(words), frozenset(literal)).keys, postings)
