"""A customer who asks for the same a third time, while nothing is done about it, is not being helped."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from core.language.folding import fold
from domain.conversations.kinds import Author
from domain.conversations.schemas import MessageView, OpenMessage

TIMES: Final = 3
"""How often the same is asked for before it counts."""

WITHIN: Final = timedelta(hours=1)
FEWEST_WORDS: Final = 3
"""A `yes` or a greeting is said again without a wish in it."""

ALIKE: Final = 0.7
"""Which part of the words of two texts stands in both of them, where they say the same."""


def asked_before(said: Sequence[OpenMessage], thread: Sequence[MessageView]) -> datetime | None:
    """Since when what is open has been asked for, lately and time after time, if that is so often enough to count.

    `thread` is what stands before, oldest first; what an operator has said in between begins anew.
    """
    now = _words(message.text for message in said)
    if len(now) < FEWEST_WORDS:
        return None
    still_open = {message.id for message in said}
    before = [line for line in thread if line.id not in still_open]
    rounds = [(author, list(lines)) for author, lines in groupby(before, key=lambda line: line.author)][-2 * (TIMES - 1) :]
    if [author for author, _ in rounds] != [Author.CUSTOMER, Author.AGENT] * (TIMES - 1):
        return None
    since = rounds[0][1][0].created_at
    asked = (_words(line.text for line in lines) for author, lines in rounds if author is Author.CUSTOMER)
    is_lately = min(message.received_at for message in said) - since <= WITHIN
    return since if is_lately and all(_are_alike(now, each) for each in asked) else None


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", fold(" ".join(texts))))


def _are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two texts say the same: most of their words, and every number."""
    if _numbers(one) != _numbers(other):
        return False
    return len(one & other) >= ALIKE * len(one | other) > 0


def _numbers(words: frozenset[str]) -> set[str]:
    return {word for word in words if any(letter.isdigit() for letter in word)}
