"""Cautious repair of slips in the words that steer an order, where the shop sells nothing of the name that was typed."""

import re
from functools import lru_cache

from agent.brief import Brief, BriefMessage
from agent.lexical.normalise import clean
from agent.lexical.products import Catalogue
from agent.lexical.slips import is_slip
from agent.lexical.vocabulary import Vocabulary, vocabulary
from core.language.folding import fold
from core.language.words import LANGUAGES, words_of
from domain.conversations.content import Text
from domain.conversations.states import State

_LETTERS = re.compile(r"[^\W\d_]+")
_LONGEST_REPAIRED = 300
"""Longer texts are lists or stories, in which a guess does more harm than good."""
_DETAILS = ("address", "recipient", "notes", "paid", "reference")
"""Where one of these patterns is found, names and places stand in the text: they are left as they are."""


@lru_cache
def _known() -> frozenset[str]:
    """Words that mean something as they stand."""
    words = vocabulary()
    patterns = [*words.patterns.values(), *words.methods.values()]
    written = {word for pattern in patterns for word in re.findall("[a-zñ]{4,}", pattern.pattern)}
    lists = (words.containers, words.fillers, words.ordinals, words.assent)
    numbers = words_of(LANGUAGES)
    written |= numbers.numbers.keys() | numbers.parts.keys() | numbers.dozens.keys() | numbers.units.keys()
    return frozenset(written.union(*lists, words.ordinary, words.size_words, words.articles, words.spellings, words.keywords))


@lru_cache(maxsize=4096)
def meant_keyword(typed: str, before: str = "") -> str | None:
    """The one word of the grammar that a folded word is a slip of, if it is no word itself."""
    if len(typed) < 4 or typed in _known() or fold(clean(typed)) != typed:
        return None
    words = vocabulary()
    meant = [keyword for keyword in words.keywords if is_slip(typed, keyword)]
    if len(meant) > 1 and before in words.numbers:
        # `un cuarro` is no four.
        meant = [keyword for keyword in meant if keyword not in words.numbers]
    return meant[0] if len(meant) == 1 else None


async def repaired(brief: Brief, catalogue: Catalogue) -> Brief:
    """The brief with such slips mended in its texts; a word of the catalogue always stays what it is."""
    if brief.state == State.NEEDS_DETAILS:
        # Names, stores and addresses are being asked for; they look like anything.
        return brief
    words = vocabulary()
    messages = [await _repaired_message(message, catalogue, words) for message in brief.messages]
    return brief if messages == brief.messages else brief.model_copy(update={"messages": messages})


async def _repaired_message(message: BriefMessage, catalogue: Catalogue, words: Vocabulary) -> BriefMessage:
    text = message.text
    if (
        not isinstance(message.content, Text)
        or len(text) > _LONGEST_REPAIRED
        or any(words.matches(name, fold(text)) for name in _DETAILS)
    ):
        return message
    found = list(_LETTERS.finditer(text))
    befores = ["", *(fold(match.group()) for match in found)]
    for match, before in reversed(list(zip(found, befores, strict=False))):
        # A capital within a text begins a name.
        is_name = match.group()[0].isupper() and match.start() > 0
        meant = None if is_name else meant_keyword(fold(match.group()), before)
        if meant is not None and not await _is_sold(fold(match.group()), catalogue):
            text = text[: match.start()] + meant + text[match.end() :]
    return message if text == message.text else message.saying(text)


async def _is_sold(word: str, catalogue: Catalogue) -> bool:
    """Whether a product on sale is called so."""
    names = {said for hit in await catalogue.hits(word) for said in _LETTERS.findall(fold(hit.name))}
    return bool({word, word.removesuffix("s"), f"{word}s"} & names)
