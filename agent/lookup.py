"""The catalogue as the lexical model looks things up in it: reads of its own, outside any turn's transaction."""

from agent.lexical.products import Lookup, Offer
from core.access import Principal
from core.work import open_work
from domain.catalog import service as catalog

MOST_HITS = 10


def catalogue_lookup(principal: Principal) -> Lookup:
    """A look-up with the rights of a principal: the products that words may mean, best first."""

    async def look_up(phrase: str) -> list[Offer]:
        async with open_work(principal) as work:
            hits = await catalog.search(work, phrase, limit=MOST_HITS)
        return [Offer(hit.sku, hit.name, hit.score, hit.unmatched, is_counted=hit.precision == 0) for hit in hits]

    return look_up
