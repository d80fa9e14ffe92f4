"""Whether the customer's words are assent and nothing else; the one check on which a confirmation may rest."""

import re

from agent.lexical.spelling import clean
from agent.lexical.vocabulary import vocabulary
from core.language.folding import fold

_LONGEST_ASSENT = 80
"""Assent is short; what is longer says something more."""

_SKIN = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f\u200d]")
_MARKS = re.compile(r"[\s.!,;¡()~*_\"-]+")


def _is_assent(text: str) -> bool:
    """Assent words, at least one of them, and only courtesy around them."""
    folded = fold(clean(_SKIN.sub("", text))).strip()
    if not folded or len(folded) > _LONGEST_ASSENT or "?" in folded or "¿" in folded:
        return False
    words = vocabulary()
    pieces = _split_symbols(_MARKS.sub(" ", folded).strip()).split()
    index, agreed = 0, False
    while index < len(pieces):
        for length in range(min(4, len(pieces) - index), 0, -1):
            phrase = " ".join(pieces[index : index + length])
            squeezed = re.sub(r"(.)\1+", r"\1", phrase)
            if phrase in words.assent or squeezed in words.assent:
                agreed, index = True, index + length
                break
            if phrase in words.assent_padding:
                index += length
                break
        else:
            return False
    return agreed


def _split_symbols(text: str) -> str:
    """Emoji stand for words of their own, also when they are glued to one."""
    return re.sub(r"([^\w\s'])", r" \1 ", text)


def _is_courtesy(text: str) -> bool:
    pieces = _split_symbols(_MARKS.sub(" ", fold(clean(_SKIN.sub("", text)))).strip()).split()
    words = vocabulary()
    return bool(pieces) and " ".join(pieces) in words.assent_padding


def is_pure_assent(texts: list[str], language: str) -> bool:
    """Whether all that the customer wrote is a yes: "sí", "dale, confirmo", "ok perfecto 👍".

    Not assent: a question, a correction, a "sí" with anything else beside it, or courtesy without a yes. Languages are
    mixed in chat, so the words of all of them count, whatever `language` the workspace has.
    """
    said = [text for text in texts if text and text.strip()]
    if not said or not all(_is_assent(text) or _is_courtesy(text) for text in said):
        return False
    return any(_is_assent(text) for text in said)
