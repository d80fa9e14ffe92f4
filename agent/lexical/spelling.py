"""Slips of the finger: a letter stretched, lost, doubled, swapped or beside the one that was meant, and what is mended.

`clean` mends what is a slip wherever it stands. What is one only where the shop sells nothing of that name is mended by
`repaired`: the words that steer an order.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from agent.brief import Brief, BriefMessage
from agent.lexical.products import Catalogue
from agent.lexical.vocabulary import Vocabulary, vocabulary
from core.language.folding import fold
from core.language.words import LANGUAGES, words_of
from domain.conversations.content import Text
from domain.conversations.states import State

LONGEST_TEXT = 2_000
"""Characters that are read; nobody orders in more, and the time of a turn stays bounded."""

_ROWS = ("qwertyuiop", "asdfghjklñ", "zxcvbnm")
_SHORTEST_MISHIT = 5
"""In shorter words one other letter makes another word."""
_LONG_RUN = re.compile(r"([^\W\d])\1{2,}")
_SHORTEST_GUESS = 6
"""Shorter words are never guessed wherever they stand: one letter makes another word of them."""
_LETTERS = re.compile(r"[^\W\d_]+")
_LONGEST_REPAIRED = 300
"""Longer texts are lists or stories, in which a guess does more harm than good."""
_DETAILS = ("address", "recipient", "notes", "paid", "reference")
"""Where one of these patterns is found, names and places stand in the text: they are left as they are."""


@lru_cache
def _neighbours() -> frozenset[tuple[str, str]]:
    """Pairs of keys that touch each other: in one row, or a row below between two."""
    beside = {pair for row in _ROWS for pair in pairwise(row)}
    for upper, lower in pairwise(_ROWS):
        beside |= set(zip(upper, lower, strict=False)) | set(zip(upper[1:], lower, strict=False))
    return frozenset(beside | {(second, first) for first, second in beside})


def is_slip(typed: str, meant: str, *, shortest_cut: int = 5) -> bool:
    """Whether a folded word is another with one slip behind its first letter.

    `shortest_cut` is the length from which on a word may have lost a letter.
    """
    if typed[0] != meant[0]:
        return False
    if len(typed) == len(meant) + 1:
        return any(typed[at] == typed[at - 1] and typed[:at] + typed[at + 1 :] == meant for at in range(1, len(typed)))
    if len(typed) == len(meant) - 1:
        return len(meant) >= shortest_cut and any(meant[:at] + meant[at + 1 :] == typed for at in range(1, len(meant)))
    if len(typed) != len(meant):
        return False
    wrong = [at for at in range(len(typed)) if typed[at] != meant[at]]
    if len(wrong) == 1:
        return len(typed) >= _SHORTEST_MISHIT and (typed[wrong[0]], meant[wrong[0]]) in _neighbours()
    if len(wrong) != 2 or wrong[1] != wrong[0] + 1:
        return False
    return typed[wrong[0]] == meant[wrong[1]] and typed[wrong[1]] == meant[wrong[0]]


@lru_cache
def _known() -> frozenset[str]:
    """Words that mean something as they stand."""
    words, numbers = vocabulary(), words_of(LANGUAGES)
    patterns = [*words.patterns.values(), *words.methods.values()]
    written = {word for pattern in patterns for word in re.findall("[a-zñ]{4,}", pattern.pattern)}
    written |= words.ordinals.keys() | words.spellings.keys() | numbers.numbers.keys() | numbers.parts.keys()
    written |= numbers.dozens.keys() | numbers.units.keys()
    lists = (words.containers, words.fillers, words.assent, words.ordinary, words.size_words, words.articles, words.keywords)
    return frozenset(written.union(*lists))


def clean(text: str) -> str:
    """The customer's text with stretched letters squeezed and known misspellings repaired."""
    text = unicodedata.normalize("NFC", text[:LONGEST_TEXT]).replace("\u200b", "").replace("\ufe0f", "")
    text = _LONG_RUN.sub(r"\1", text)
    return re.sub(r"(?<![\w.'’])[^\W\d_]{1,2}(?![\w.])|[^\W\d_]{3,}", _respell, text)


def _respell(match: re.Match[str]) -> str:
    word, known = fold(match.group()), vocabulary().spellings
    squeezed = re.sub(r"(.)\1+", r"\1", word)
    meant = known.get(word) or known.get(squeezed) or _guess(word)
    return match.group() if meant == word else meant


@lru_cache(maxsize=8192)
def _guess(word: str) -> str:
    if len(word) < _SHORTEST_GUESS or word in _known():
        return word
    close = [known for known in vocabulary().guessable if is_slip(word, known)]
    return close[0] if len(close) == 1 else word


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
    is_short = isinstance(message.content, Text) and len(text) <= _LONGEST_REPAIRED
    if not is_short or any(words.matches(name, fold(text)) for name in _DETAILS):
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
