"""The customer's terms in those of the shop: what another language calls a thing."""

from agent.lexical.products import Catalogue
from agent.lexical.vocabulary import vocabulary
from domain.catalog.words import read

_LONGEST_TERM = 2


async def in_shop_terms(phrase: str, catalogue: Catalogue) -> str:
    """`eggs` as `huevos`, where nothing on sale is called eggs but something is called huevos."""
    words, index = phrase.split(), 0
    while index < len(words):
        for length in range(min(_LONGEST_TERM, len(words) - index), 0, -1):
            term = " ".join(words[index : index + length])
            names = _names(term)
            if names and not await _is_sold(term, catalogue) and (name := await _first_sold(names, catalogue)):
                words[index : index + length] = name.split()
                break
        index += 1
    return " ".join(words)


def _names(term: str) -> list[str]:
    glossary = vocabulary().glossary
    forms = (term, term.removesuffix("s"), term.removesuffix("es"))
    return next((glossary[form] for form in forms if form in glossary), [])


async def _first_sold(names: list[str], catalogue: Catalogue) -> str | None:
    for name in names:
        if await _is_sold(name, catalogue):
            return name
    return None


async def _is_sold(term: str, catalogue: Catalogue) -> bool:
    """Whether a product's name has all words of a term."""
    wanted = read(term).words
    return any(
        all(any(said.forms & known.forms for known in read(hit.name).words) for said in wanted)
        for hit in await catalogue.hits(term)
    )
