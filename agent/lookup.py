"""The catalogue as the lexical model looks things up in it: reads of its own, outside any turn's transaction."""

import re
from itertools import pairwise

from agent.lexical.products import Lookup, Offer
from agent.lexical.reader.closed import closed_words
from agent.lexical.reader.goods import Goods, Product, Shelf, comes_in_pairs, names_for
from agent.lexical.vocabulary import vocabulary
from core.access import Principal
from core.language.folding import fold
from core.work import open_work
from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView

MOST_HITS = 10
_MEASURED_IN = {"KG": "kg", "G": "g", "LT": "l", "L": "l", "ML": "ml", "M": "m", "MT": "m"}
"""Units of sale by the names that measures have in speech."""


def catalogue_lookup(principal: Principal) -> Lookup:
    """A look-up for one turn, with the rights of a principal: the products that words may mean, best first.

    What was looked up once in the turn is remembered: each step of the model asks anew for the same words.
    """
    known: dict[str, list[Offer]] = {}

    async def look_up(phrase: str) -> list[Offer]:
        if phrase not in known:
            async with open_work(principal) as work:
                hits = await catalog.search(work, phrase, limit=MOST_HITS)
            known[phrase] = [Offer(hit.sku, hit.name, hit.score, hit.unmatched) for hit in hits]
        return list(known[phrase])

    return look_up


def message_lookup(principal: Principal) -> Shelf:
    """The one look-up of a message for the order reader: all that any of its words may mean."""
    known: dict[str, Goods] = {}

    async def look_up(message: str) -> Goods:
        if message not in known:
            said = re.findall(r"[a-z'-]+", fold(message))
            terms = {*said, *(" ".join(pair) for pair in pairwise(said))}
            named = " ".join(name for term in terms for name in names_for(term, vocabulary().glossary))
            async with open_work(principal) as work:
                found = await catalog.related(work, f"{message} {named}")
            products = [_product(view, names) for view, names in found.variants]
            known[message] = Goods(products, {**vocabulary().glossary, **found.expansions}, closed_words())
        return known[message]

    return look_up


def _product(view: VariantView, names: tuple[str, ...]) -> Product:
    unit = _MEASURED_IN.get(view.unit, view.unit.casefold())
    is_pair = unit in vocabulary().pairs
    barcode = (view.barcode,) if view.barcode else ()
    return Product(
        sku=view.sku,
        name=view.name,
        unit=unit,
        grain=view.grain,
        price=view.price,
        brand=view.brand or "",
        aliases=(*names, *barcode),
        is_pair=is_pair,
        is_set=is_pair or comes_in_pairs(view.name) or unit in vocabulary().sets,
    )
