"""Another variant of what the order has: `talle l` of a shirt in another size, `la de 500` of a coffee."""

from agent.brief import BriefLine
from agent.lexical.normalise import tokenise
from agent.lexical.products import Catalogue
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


async def variant_of(line: BriefLine, phrase: str, catalogue: Catalogue) -> str | None:
    """The SKU that a line becomes with other words to its noun; what they leave open stays as it is in the line.

    None if the words fit the line as it is, or leave open which other one is meant.
    """
    noun = next((known.text for known in read(line.name).words), "")
    decision = await catalogue.decide(f"{noun} {phrase}")
    others = [hit for hit in decision.hits if hit.sku != line.sku]
    if len(others) < len(decision.hits):
        return None
    if decision.verdict is not Verdict.SEVERAL:
        return others[0].sku if others else None
    same = [len(set(read(hit.name).words) & set(read(line.name).words)) for hit in others]
    return others[same.index(max(same))].sku if same and same.count(max(same)) == 1 else None
