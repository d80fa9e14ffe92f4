"""Another variant of what the order has: `talle l` of a shirt in another size, `la de 500` of a coffee."""

from agent.lexical.normalise import tokenise
from agent.lexical.products import Catalogue, Offer
from agent.lexical.vocabulary import vocabulary
from domain.catalog.search import Verdict
from domain.catalog.words import read


def is_description(phrase: str) -> bool:
    """Only a size or a number, such as `500 gramos`, `talle m`: it describes what was just named."""
    words = vocabulary()
    said = words.units.keys() | words.size_words | words.fillers
    return phrase.split()[0] in words.size_words or all(
        token.kind == "number" or token.text in said for token in tokenise(phrase)
    )


async def variant_of(sku: str, name: str, phrase: str, catalogue: Catalogue) -> Offer | None:
    """What a product becomes with other words to its noun; what they leave open stays as it is.

    None if the words fit the product as it is, or leave open which other one is meant.
    """
    noun = next((known.text for known in read(name).words), "")
    decision = await catalogue.decide(f"{noun} {phrase}")
    others = [hit for hit in decision.hits if hit.sku != sku]
    if len(others) < len(decision.hits):
        return None
    if decision.verdict is not Verdict.SEVERAL:
        return others[0] if others else None
    same = [len(set(read(hit.name).words) & set(read(name).words)) for hit in others]
    return others[same.index(max(same))] if same and same.count(max(same)) == 1 else None
