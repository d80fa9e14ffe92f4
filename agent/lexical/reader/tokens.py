"""Stage 1 and 2: what belongs to a pasted chat is taken out, and the rest is cut into words, numbers, marks and times."""

import re
from dataclasses import dataclass
from typing import Literal

from core.language.folding import fold
from core.language.words import Words

Kind = Literal["word", "number", "mark", "newline", "time", "phone"]
MOST_TOKENS = 1_500
"""What is read of one message; whatever stands behind it is asked for again, never dropped in silence."""

_HEADER = re.compile(
    r"(?m)^[ \t\u200e\u200f]*(?:"
    r"\[\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?\s?m\.?)?,? ?\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\] ?[^:\n]{1,40}: ?"
    r"|\[\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4},? ?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?\s?m\.?)?\] ?[^:\n]{1,40}: ?"
    r"|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4},? ?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?\s?m\.?)? ?[-–] ?[^:\n]{1,40}: ?)",
    re.IGNORECASE,
)
"""The line that each of the two phone systems puts before a message of a copied chat."""
_NUMBERED = re.compile(r"(?m)^(?P<before>[ \t]*)(?P<number>\d{1,2})(?P<mark>[).]-?|[-:](?= ))(?=[ \t]*\D)(?![.,]?\d)")
_TOKEN = re.compile(
    r"(?P<newline>\n)"
    r"|(?P<time>\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.? ?m\b\.?| ?h(?:s|rs)?\b)?"
    r"|\b\d{1,2} ?(?:am|pm|a\. ?m\.|p\. ?m\.|hs|hrs)(?!\w)"
    r"|(?<![\d/])\d{1,2}/\d{1,2}/\d{2,4}(?![\d/])"
    r"|(?<![\d/])(?:[12]\d|3[01]|[1-9])/(?:1[0-2]|[1-9])(?![\d/\w])(?<!1/[2-9])(?<![23]/[345]))"
    r"|(?P<phone>\+\d[\d ().-]{7,}\d|\b0(?:4\d\d|2\d\d)[ .-]?\d{3}[ .-]?\d{2}[ .-]?\d{2}\b)"
    r"|(?P<dotted>(?:[a-z]\.){2,}(?:[a-z](?![a-z]))?)"
    r"|(?P<fraction>[½¼¾⅓⅔]|(?<![\d/.,])[1-9]/[2-9](?![\d/\w]))"
    r"|(?P<code>[a-z]+\d[\w/]*(?:-[\w/]+)*|\d+(?![.,]\d)[a-z]+\w*(?:-\w+)*|[a-z]+-\d\w*|\d+/\d+\w*(?: ?r\d+)?)"
    r"|(?P<number>\d+(?:[.,]\d+)*)"
    r"|(?P<word>[a-z]+(?:'[a-z]+)?|c/u)"
    r"|(?P<mark>[^\s\w])"
)
_GLUED = re.compile(r"(\d+(?:[.,/]\d+)?)([a-z]+)")
_TIMES = re.compile(r"x(\d+)")
_RIMS = frozenset({"rin", "rines", "aro", "rodado"})
_SAME = re.compile("[\u20e3\ufe0f\u200b\u200d\u2060]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or mark, folded, with its place in the text as it was written."""

    text: str
    start: int
    end: int
    kind: Kind


def without_headers(text: str) -> str:
    """The text of a copied chat without who wrote when, and without the numbers of a list that counts up from one.

    Everything else keeps its place.
    """
    text = _HEADER.sub(lambda found: " " * len(found.group()), text)
    numbers = list(_NUMBERED.finditer(text))
    if len(numbers) > 1 and [int(found["number"]) for found in numbers] == list(range(1, len(numbers) + 1)):
        for found in numbers:
            text = text[: found.start("number")] + " " * (found.end() - found.start("number")) + text[found.end() :]
    return text


def tokens_of(text: str, words: Words, glued: frozenset[str]) -> list[Token]:
    """The tokens of a message; `glued` are further words that stick to a number as units do (`2paquetes`)."""
    folded = fold(without_headers(_SAME.sub(" ", text)))
    found: list[Token] = []
    for match in _TOKEN.finditer(folded):
        found.extend(_cut(match, words, glued))
    return _rims(found)


def _cut(match: re.Match[str], words: Words, glued: frozenset[str]) -> list[Token]:
    text, start, end = match.group(), match.start(), match.end()
    match match.lastgroup:
        case "code":
            return _code(text, start, end, words, glued)
        case "dotted":
            return [Token(text.replace(".", ""), start, end, "word")]
        case "fraction" | "number":
            return [Token(text, start, end, "number")]
        case "newline" | "time" | "phone" | "mark" as kind:
            return [Token(text, start, end, kind)]
        case _:
            return [Token(text, start, end, "word")]


def _code(text: str, start: int, end: int, words: Words, glued: frozenset[str]) -> list[Token]:
    """`2kg` and `x3` are two tokens; `20w-50` and `r13` stay one word, `205/55` becomes two."""
    if (times := _TIMES.fullmatch(text)) is not None:
        return [Token("x", start, start + 1, "mark"), Token(times[1], start + 1, end, "number")]
    parts = _GLUED.fullmatch(text)
    if parts is not None and (parts[2] in words.units or parts[2] in glued or parts[2] == "x"):
        middle = start + len(parts[1])
        kind: Kind = "mark" if parts[2] == "x" else "word"
        return [Token(parts[1], start, middle, "number"), Token(parts[2], middle, end, kind)]
    if "/" in text:
        pieces = re.finditer(r"[^\s/]+", text)
        return [Token(piece.group(), start + piece.start(), start + piece.end(), "word") for piece in pieces]
    return [Token(text.replace("-", ""), start, end, "word")]


def _rims(tokens: list[Token]) -> list[Token]:
    """`rin 13` is one word of a product, as its name has it: `r13`."""
    found: list[Token] = []
    for token in tokens:
        if token.kind == "number" and found and found[-1].text in _RIMS and len(token.text) == 2 and token.text.isdecimal():
            rim = found.pop()
            found.append(Token(f"r{token.text}", rim.start, token.end, "word"))
        elif token.text == "x" and token.kind == "word":
            found.append(Token("x", token.start, token.end, "mark"))
        else:
            found.append(token)
    return found
