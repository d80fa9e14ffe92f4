"""The customer's terms in those of the shop: what another language calls a thing."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from agent.lexical.acts import Act
from agent.lexical.products import Catalogue
from agent.lexical.vocabulary import vocabulary
from domain.catalog.words import Size, Word, read, word

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


async def as_counted(act: Act, name: str, catalogue: Catalogue) -> Act:
    """`un par de medias` is one of what comes in pairs, `un six` one of what is sold so; else it is the pieces in it."""
    container, quantity = act.details.get("container", ""), act.quantity
    known = vocabulary()
    if quantity is None or not name or container not in known.pairs.keys() | known.packs.keys():
        return act
    hits = await catalogue.hits(name)
    said = [*read(name).words, *(read(hits[0].name).words if hits else ())]
    if container in known.packs:
        held = known.packs[container]
        is_one = bool(hits) and (Size("u", held) in read(hits[0].name).sizes or _has(said, container.split()))
    else:
        held = Decimal(2)
        is_one = _has(said, known.pairs[container]) or (bool(hits) and hits[0].is_paired)
    details = {key: value for key, value in act.details.items() if key != "container"}
    return replace(act, quantity=quantity / held if is_one else quantity, details=details)


def _has(words: Sequence[Word], nouns: Sequence[str]) -> bool:
    return any(said.forms & word(noun).forms for said in words for noun in nouns)
