"""Is a statement about the product that its receipt is about?"""

import re
from collections.abc import Iterator

from agent.receipts.claims import Receipts
from agent.receipts.lexicon import Lexicon
from agent.receipts.products import flat
from agent.receipts.reading import Reading
from agent.receipts.verdict import Reason

_DETERMINER = r"(?:el|la|los|las|un|una|unos|unas|tu|tus|este|esta|esos|esas|the|a|an|your|some|[\ue000-\ue7ff])"
_ADVERB = r"(?:tambien|ya|entonces|ahora|te|also|just|for you|to you)"
_FILLER = (
    r"(?:unidad(?:es)?|kilos?|paquetes?|cajas?|bolsas?|latas?|botellas?|mas|otr[oa]s?|x|units?|of|de|del|more|packs?|kg|bags?)"
)
_OBJECT = re.compile(rf"\s*(?:{_ADVERB}\s+)*(?:{_DETERMINER}\s*)+(?:{_FILLER}\s+)*(?P<noun>[a-z]{{3,}})")
_BARE_OBJECT = re.compile(rf"\s*(?:{_ADVERB}\s+)*(?:{_DETERMINER}\s*)*(?:{_FILLER}\s+)*(?P<noun>[a-z]{{3,}})")
_NEXT_OBJECT = re.compile(
    rf"(?:\by\b|,|\be\b|\bmas\b|\band\b|\bplus\b)\s*(?:{_DETERMINER}\s*)+(?:{_FILLER}\s+)*(?P<noun>[a-z]{{3,}})"
)
_GRAMMAR = frozenset(
    [
        "para",
        "por",
        "con",
        "que",
        "cual",
        "como",
        "donde",
        "cuando",
        "mas",
        "muy",
        "bien",
        "todo",
        "toda",
        "todos",
        "todas",
        "algo",
        "nada",
        "alli",
        "aqui",
        "ahi",
        "este",
        "esta",
        "lo",
        "la",
        "los",
        "las",
        "for",
        "to",
        "with",
        "that",
        "what",
        "how",
        "when",
        "now",
        "all",
        "any",
        "some",
        "here",
        "there",
        "your",
        "you",
        "our",
        "also",
        "too",
        "and",
        "but",
        "from",
        "this",
        "these",
        "more",
        "still",
        "pedido",
        "orden",
        "carrito",
        "order",
        "cart",
        "tu",
        "su",
        "sus",
        "nuestro",
        "nuestra",
        "nuestros",
        "nuestras",
        "gusto",
        "mucho",
        "ese",
        "esa",
        "esos",
        "esas",
        "eso",
        "esto",
        "actualmente",
        "ahora",
        "hoy",
        "ya",
        "tambien",
        "aun",
        "todavia",
        "solo",
        "bastante",
        "suficiente",
        "mucha",
        "muchas",
        "muchos",
        "varias",
        "varios",
        "disponible",
        "disponibles",
        "stock",
        "existencia",
        "existencias",
        "inventario",
        "it",
        "them",
        "available",
        "left",
        "plenty",
        "currently",
        "today",
    ]
)


def is_unknown_product(word: str, lexicon: Lexicon, receipts: Receipts) -> bool:
    """Whether a noun names neither a product of the turn nor anything that every shop speaks of."""
    return not (word in _GRAMMAR or word in lexicon.generic_heads or word in lexicon.objects or receipts.products.knows(word))


def wrong_product(
    reading: Reading, lexicon: Lexicon, receipts: Receipts, start: int, allowed: frozenset[str]
) -> Iterator[Reason]:
    """Refuse a deed told of another product than the one it was done to."""
    if not allowed:
        return
    clause = reading.clause_at(start - 1)
    end = _statement_end(reading, lexicon, start, clause.sentence[1])
    for named in receipts.products.named(reading, start, end):
        if not named & allowed:
            yield other_subject(reading.excerpt(clause.head, end), sorted(flat([named])))
            return
    stretch = reading.plain[start:end]
    nouns = [found["noun"] for found in [_OBJECT.match(stretch)] if found]
    nouns += [found["noun"] for found in _NEXT_OBJECT.finditer(stretch)]
    for noun in nouns:
        if is_unknown_product(noun, lexicon, receipts):
            yield other_subject(reading.excerpt(clause.head, end), [noun])
            return


def unknown_after(reading: Reading, lexicon: Lexicon, receipts: Receipts, start: int, end: int) -> str | None:
    """The unknown product that directly follows a position, as in `tenemos aceite`."""
    found = _BARE_OBJECT.match(reading.plain[start:end])
    noun = found["noun"] if found else None
    return noun if noun is not None and is_unknown_product(noun, lexicon, receipts) else None


def unknown_before(reading: Reading, lexicon: Lexicon, receipts: Receipts, start: int, end: int) -> str | None:
    """The unknown product that a stretch begins with, as in `el aceite está disponible`."""
    found = re.match(rf"\W*(?:si|yes|y|and)?\W*(?:{_DETERMINER})\s+(?P<noun>[a-z]{{3,}})", reading.plain[start:end])
    noun = found["noun"] if found else None
    return noun if noun is not None and is_unknown_product(noun, lexicon, receipts) else None


def _statement_end(reading: Reading, lexicon: Lexicon, start: int, limit: int) -> int:
    """Where the next verb of the sentence begins, or the sentence ends."""
    for found in re.finditer(r"[a-z]+", reading.plain[start:limit]):
        spoken = reading.spoken[start + found.start() : start + found.end()]
        form = lexicon.forms.get(spoken)
        if form is not None and form.tense in {"past", "present", "future"} and spoken not in lexicon.words.done.nouns:
            return start + found.start()
    return limit


def other_subject(excerpt: str, subjects: list[str]) -> Reason:
    """The refusal of a statement about a product that its receipt does not speak of."""
    return Reason(
        "wrong_subject",
        excerpt,
        f"The tool results do not say this of {', '.join(subjects[:3])}. Say it only of the product they speak of, "
        "name that product in the same sentence, or look the other one up first.",
    )
