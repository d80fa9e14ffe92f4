"""The closed words of the reader, and what role each of them gives to the tokens where it stands."""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from agent.lexical.reader.tokens import Token
from agent.lexical.vocabulary import vocabulary
from domain.catalog.words import word


class Role(StrEnum):
    """What a token is in its message; every token has exactly one."""

    PRODUCT = "product"
    QUANTITY = "quantity"
    PRICE = "price"
    TIME = "time"
    PEOPLE = "people"
    WISH = "wish"
    REFUSE = "refuse"
    CORRECT = "correct"
    MORE = "more"
    SWAP = "swap"
    CHANGE = "change"
    KEEP = "keep"
    LET_GO = "let_go"
    CONDITION = "condition"
    TELL = "tell"
    EACH = "each"
    BUT = "but"
    AND = "and"
    PURPOSE = "purpose"
    REASON = "reason"
    ASK = "ask"
    ASK_PRICE = "ask_price"
    SIZE = "size"
    FILLER = "filler"
    MARK = "mark"
    UNKNOWN = "unknown"


DENIALS = frozenset(
    {"no", "ya", "sin", "ni", "nada", "ningun", "ninguna", "tampoco", "menos", "excepto", "salvo", "not"}
    | {"nao", "nem", "nenhum", "nenhuma", "sem", "exceto", "don't", "without", "except", "nothing"}
)
"""What refuses and is no verb of taking out."""


_LISTED: tuple[Role, ...] = (Role.WISH, Role.REFUSE, Role.SWAP, Role.CHANGE, Role.MORE, Role.CONDITION, Role.TELL)
_LISTED += (Role.BUT, Role.CORRECT, Role.TIME, Role.FILLER)
_PHRASES = TypeAdapter(dict[str, list[str]])


@lru_cache
def closed_phrases() -> dict[str, list[str]]:
    """The phrases of `words.yaml`, folded; those under the name of a role give it."""
    path = Path(__file__).parent / "words.yaml"
    return _PHRASES.validate_python(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


PATTERNS: tuple[tuple[str, Role, float], ...] = (
    ("order_verb", Role.WISH, 0.1),
    ("remove", Role.REFUSE, 0.1),
    ("all_but", Role.KEEP, 0.0),
    ("let_go", Role.LET_GO, -1.0),
    ("second_thought", Role.CORRECT, 0.1),
    ("set_quantity", Role.CORRECT, 0.05),
    ("not_so_much", Role.CORRECT, 0.0),
    ("lacking", Role.TELL, 0.1),
    ("each", Role.EACH, 0.1),
    ("please", Role.FILLER, 0.1),
    ("chatter", Role.FILLER, 0.2),
    ("finish", Role.FILLER, 0.2),
    ("hold", Role.FILLER, 0.2),
    ("thanks", Role.FILLER, 0.1),
    ("greet", Role.FILLER, 0.1),
    ("because", Role.REASON, 0.6),
    ("ask_price", Role.ASK_PRICE, 0.1),
    ("ask_availability", Role.ASK, 0.2),
)
"""Which patterns of the vocabulary give a stretch its role."""


@lru_cache
def _trie() -> dict[str, list[tuple[tuple[str, ...], Role]]]:
    found: dict[str, list[tuple[tuple[str, ...], Role]]] = {}
    for role in _LISTED:
        for phrase in closed_phrases()[role]:
            words = tuple(phrase.split())
            found.setdefault(words[0].rstrip("~")[:3], []).append((words, role))
    return found


def _is(word: str, said: str) -> bool:
    return said.startswith(word[:-1]) if word.endswith("~") else said == word


def phrases_at(tokens: Sequence[Token], start: int) -> Iterator[tuple[int, Role]]:
    """The phrases that begin at a place, each with the place behind it and its role."""
    for words, role in _trie().get(tokens[start].text[:3], ()):
        end = start + len(words)
        if end <= len(tokens) and all(_is(word, tokens[start + at].text) for at, word in enumerate(words)):
            yield end, role


def is_wanting(tokens: Sequence[Token], start: int) -> bool:
    """Whether a verb tells what somebody wants, and is no order: `quiero`, `hace falta`, and not `dame`."""
    return any(_is(word, tokens[start].text) for word in closed_phrases()["wanting"])


@lru_cache
def wishes_by_sound() -> frozenset[str]:
    """The commonest verbs of wishing as an ear spells them: `nesecito`, `keria`."""
    return frozenset(word(said).sound for said in closed_phrases()["wish"] if " " not in said and not said.endswith("~"))


@lru_cache
def closed_words() -> frozenset[str]:
    """Words that mean something of their own in a message; none of them is a slip of a word on sale."""
    known = vocabulary()
    written = {word for pattern in known.patterns.values() for word in re.findall("[a-z]{3,}", pattern.pattern)}
    phrases = {word for entries in _trie().values() for words, _ in entries for word in words}
    return frozenset(written | phrases | known.fillers | known.articles | known.conjunctions)
