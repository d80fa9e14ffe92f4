"""Stage 6, one or the other: what is wanted only if something else is not to be had, and things joined by `o`."""

from collections.abc import Container, Sequence

from agent.lexical.reader.goods import Goods
from agent.lexical.reader.lines import Line, Mode
from agent.lexical.reader.tokens import Token
from agent.lexical.vocabulary import vocabulary

_FARTHEST_OR = 2
_FARTHEST = 2
"""Sentences between a thing and what takes its place."""


def alternatives(lines: Sequence[Line], goods: Goods, tokens: Sequence[Token], ors: Container[str]) -> list[Line]:
    """`una Kraft si no pasa de 70 mil, si no la Mavesa`, `una pepsi o una coca`: one question, which of them it shall be.

    `ors` are the words that join the two in the language of the message.
    What a condition only names again (`si no queda Zulia`) says on what the line before it hangs, and is none of its own.
    """
    found: list[Line] = []
    about: Line | None = None
    for line in lines:
        wanted = [other for other in found if other.mention is not None and other.mode is Mode.ADD]
        # `quita la malta o la pepsi`: one of them goes, and it is asked which.
        if line.mode is Mode.REFUSE:
            wanted = [other for other in found[-1:] if other.mode is Mode.REFUSE or (other.is_definite and not other.quantity)]
        last = about if about is not None and line.is_supposed else wanted[-1] if wanted else None
        is_or = _is_or(line, tokens, ors) and last is not None and line.start - last.end <= _FARTHEST_OR
        is_supposed = line.is_supposed and line.mode in (Mode.CONDITION, Mode.CORRECT)
        chosen = next((other for other in wanted if _chooses(line, other)), None)
        if chosen is not None:
            # `¿una gorra o la mochila? dale, la mochila`
            chosen.mention, chosen.either, chosen.is_doubted = line.mention, (), True
            continue
        if line.mention is None or last is None or last.mention is None or not (is_or or is_supposed):
            found.append(line)
            about = None if not line.is_supposed else about
            continue
        if line.clause - last.clause > _FARTHEST:
            found.append(line)
            continue
        named = next((other for other in reversed(wanted) if _is_named_again(line, other)), None)
        if named is not None and line.is_supposed:
            about = named
            continue
        mention = line.mention
        if not mention.has_head or mention.count == 1:
            # `si no la mavesa`, of mayonnaises, though margarine is called so as well.
            mention = goods.completed(last.mention, mention)
        last.either = (*last.either, mention)
        if line.mode is Mode.REFUSE:
            last.mode, last.is_taken, last.quantity = line.mode, line.is_taken, last.quantity or line.quantity
        last.end = max(last.end, line.end) if line.clause == last.clause else last.end
    return found


def _is_or(line: Line, tokens: Sequence[Token], ors: Container[str]) -> bool:
    """Whether nothing but an article stands between a line and an `o`."""
    before = [token.text for token in tokens[max(0, line.start - 2) : line.start]]
    if before and before[-1] in vocabulary().articles | {"el", "la", "los", "las", "the"}:
        before.pop()
    return bool(before) and before[-1] in ors


def _chooses(line: Line, other: Line) -> bool:
    named = set(line.mention.products) if line.mention is not None else set[str]()
    return line.mode is Mode.ADD and line.quantity is None and any(named & set(mention.products) for mention in other.either)


def _is_named_again(line: Line, other: Line) -> bool:
    is_same = (
        line.mention is not None and other.mention is not None and set(line.mention.products) & set(other.mention.products)
    )
    return bool(is_same) and line.quantity is None
