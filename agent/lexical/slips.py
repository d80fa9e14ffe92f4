"""Slips of the finger: a key twice, a key left out, two swapped, or the one beside it."""

from functools import lru_cache
from itertools import pairwise

_ROWS = ("qwertyuiop", "asdfghjklñ", "zxcvbnm")
_SHORTEST_MISHIT = 5
"""In shorter words one other letter makes another word."""


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
