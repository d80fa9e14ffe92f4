"""The catalogue as the lexical model looks things up in it: reads of its own, outside any turn's transaction."""

from agent.lexical.products import Lookup, Offer
from agent.lexical.vocabulary import vocabulary
from core.access import Principal
from core.work import open_work
from domain.catalog import service as catalog
from domain.catalog.schemas import ProductHit

MOST_HITS = 10


def catalogue_lookup(principal: Principal) -> Lookup:
    """A look-up for one turn, with the rights of a principal: the products that words may mean, best first.

    What was looked up once in the turn is remembered: each step of the model asks anew for the same words.
    """
    known: dict[str, list[Offer]] = {}

    async def look_up(phrase: str) -> list[Offer]:
        if phrase not in known:
            async with open_work(principal) as work:
                hits = await catalog.search(work, phrase, limit=MOST_HITS)
            known[phrase] = [_offer(hit) for hit in hits]
        return list(known[phrase])

    return look_up


def _offer(hit: ProductHit) -> Offer:
    unit = hit.unit.casefold()
    return Offer(
        hit.sku,
        hit.name,
        hit.score,
        hit.unmatched,
        is_counted=hit.precision == 0,
        is_paired=unit in vocabulary().pairs,
        is_set=unit in vocabulary().sets,
    )
