"""Whether a statement is about the product that its receipt is about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent.receipts.claims import Receipts
from agent.receipts.lexicon import Lexicon, NounWords
from agent.receipts.products import flat
from agent.receipts.reading import Reading
from agent.receipts.verdict import Reason

_NEXT_VERB = re.compile(
    r"(?:quedo|esta|es|va|fue|ya|son|lo|la|los|las|te|le|se|tiene|debe|puede|is|was|will|has|needs|must|can)\b"
)
_SLOT = "[\ue000-\ue7ff]"


@dataclass(frozen=True, slots=True)
class _Shapes:
    """How a product is named after a verb in one language."""

    object: re.Pattern[str]
    bare_object: re.Pattern[str]
    next_object: re.Pattern[str]
    subject: re.Pattern[str]
    bare_subject: re.Pattern[str]


@lru_cache
def _shapes(words: NounWords) -> _Shapes:
    determiner = rf"(?:(?:{words.determiners})\b|{_SLOT})"
    filler, noun = rf"(?:(?:{words.fillers})\b\s*)*", r"(?P<noun>[a-z]{3,})"
    return _Shapes(
        object=re.compile(rf"\s*{filler}(?:{determiner}\s*)+{filler}{noun}"),
        bare_object=re.compile(rf"\s*{filler}(?:{determiner}\s*)*{filler}{noun}"),
        next_object=re.compile(rf"(?:\b(?:{words.joints})\b|,)\s*{filler}(?:{determiner}\s*)+{filler}{noun}"),
        subject=re.compile(rf"\W*(?:(?:{words.affirmations})\b)?\W*(?:{determiner})\s+{noun}"),
        bare_subject=re.compile(
            rf"\W*(?:(?:{words.affirmations})\b)?\W*{noun}(?:\s+(?:{words.affirmations}|{words.fillers}))*\s*"
        ),
    )


def is_unknown_product(word: str, lexicon: Lexicon, receipts: Receipts) -> bool:
    """Whether a noun names neither a product of the turn nor anything that every shop speaks of."""
    ordinary = word in lexicon.function_words or word in lexicon.generic_heads or word in lexicon.objects
    return not ordinary and not receipts.products.knows(word)


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
    stretch, shapes = reading.plain[start:end], _shapes(lexicon.words.nouns)
    nouns = [found["noun"] for found in [shapes.object.match(stretch)] if found]
    nouns += [found["noun"] for found in shapes.next_object.finditer(stretch)]
    for noun in nouns:
        if is_unknown_product(noun, lexicon, receipts):
            yield other_subject(reading.excerpt(clause.head, end), [noun])
            return


def joined_nouns(reading: Reading, lexicon: Lexicon, start: int) -> Iterator[tuple[str, int]]:
    """The nouns that are joined to the object of a verb, up to the next verb, with their positions."""
    end = _statement_end(reading, lexicon, start, reading.clause_at(start - 1).sentence[1])
    for found in _shapes(lexicon.words.nouns).next_object.finditer(reading.plain[start:end]):
        follows = reading.plain[start + found.end() :][:12].strip()
        if not re.match(
            r"(?:quedo|esta|es|va|fue|ya|son|lo|la|los|las|te|le|se|tiene|debe|puede|is|was|will|has|needs|must|can)\b", follows
        ):
            yield found["noun"], start + found.start("noun")


def unknown_after(reading: Reading, lexicon: Lexicon, receipts: Receipts, start: int, end: int) -> str | None:
    """The unknown product that directly follows a position, as in `tenemos aceite`."""
    found = _shapes(lexicon.words.nouns).bare_object.match(reading.plain[start:end])
    noun = found["noun"] if found else None
    return noun if noun is not None and is_unknown_product(noun, lexicon, receipts) else None


def unknown_next(reading: Reading, lexicon: Lexicon, receipts: Receipts, start: int, end: int) -> str | None:
    """An unknown product that an enumeration joins to the first one: `tenemos harina, aceite y arroz`."""
    joints = lexicon.words.nouns.joints
    listed = re.match(
        rf"[^,.;:!?\n]*(?:,\s*[a-z]{{3,}}[^,.;:!?\n]*?)*?\s*\b(?:{joints})\s+[a-z]{{3,}}", reading.plain[start:end]
    )
    if listed is None:
        return None
    for found in re.finditer(rf"(?:\b(?:{joints})\b|,)\s*(?P<noun>[a-z]{{3,}})", listed[0]):
        if is_unknown_product(found["noun"], lexicon, receipts):
            return found["noun"]
    return None


def unknown_before(reading: Reading, lexicon: Lexicon, receipts: Receipts, start: int, end: int) -> str | None:
    """The unknown product that a stretch begins with, as in `el aceite está disponible`."""
    shapes = _shapes(lexicon.words.nouns)
    found = shapes.subject.match(reading.plain[start:end]) or shapes.bare_subject.fullmatch(reading.plain[start:end])
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
