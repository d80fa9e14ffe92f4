"""The catalogue as the lexical model looks things up in it: reads of its own, outside any turn's transaction."""

from agent.lexical.products import Lookup
from core.access import Principal
from core.work import open_work
from domain.catalog import service as catalog
from domain.catalog.search import Hit

MOST_HITS = 10


def catalogue_lookup(principal: Principal) -> Lookup:
    """A look-up with the rights of a principal: the products that words may mean, best first."""

    async def look_up(phrase: str) -> list[Hit]:
        async with open_work(principal) as work:
            hits = await catalog.search(work, phrase, limit=MOST_HITS)
        return [Hit(sku=hit.sku, name=hit.name, score=hit.score) for hit in hits]

    return look_up
