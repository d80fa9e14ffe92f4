"""Turns the Markdown that models like to write into what WhatsApp shows, and leaves WhatsApp's own marks alone."""

import re
from collections.abc import Callable

_FENCE = re.compile(r"```[^\n`]*\n(.*?)```", re.DOTALL)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
_RULE = re.compile(r"^ {0,3}(?:-{3,}|_{3,}|\*{3,})[ \t]*$\n?", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[*+][ \t]+", re.MULTILINE)
_TABLE_RULE = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{3,}:?[ \t]*\|)+[ \t]*:?-*:?[ \t]*\|?[ \t]*$\n?", re.MULTILINE)
_TABLE_ROW = re.compile(r"^[ \t]*\|(.+)\|[ \t]*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\(([^()\s]+)\)")
_BOLD_ITALIC = re.compile(r"\*\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*\*")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_BOLD_UNDERLINED = re.compile(r"(?<![\w/])__(?=\S)([^_\n]+?)(?<=\S)__(?!\w)")
_STRIKE = re.compile(r"~~(?=\S)(.+?)(?<=\S)~~")
_BLANK = re.compile(r"\n{3,}")


def to_whatsapp(text: str) -> str:
    """The text with Markdown's bold, headings, links, bullets and tables as WhatsApp writes them; code stays."""
    pieces: list[str] = []
    start = 0
    for fence in _FENCE.finditer(text):
        pieces.append(_prose(text[start : fence.start()]))
        pieces.append(f"```{fence.group(1).rstrip()}```")
        start = fence.end()
    pieces.append(_prose(text[start:]))
    return _BLANK.sub("\n\n", "".join(pieces)).strip()


def _prose(text: str) -> str:
    changes: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
        (_RULE, ""),
        (_TABLE_RULE, ""),
        (_TABLE_ROW, _row),
        (_HEADING, _heading),
        (_BULLET, r"\1- "),
        (_LINK, _link),
        (_BOLD_ITALIC, r"*_\1_*"),
        (_BOLD, r"*\1*"),
        (_BOLD_UNDERLINED, r"*\1*"),
        (_STRIKE, r"~\1~"),
    )
    for pattern, replacement in changes:
        text = pattern.sub(replacement, text)
    return text


def _row(match: re.Match[str]) -> str:
    return " · ".join(cell.strip() for cell in match.group(1).split("|"))


def _heading(match: re.Match[str]) -> str:
    title = match.group(1).replace("*", "").replace("__", "").strip()
    return f"*{title}*" if title else ""


def _link(match: re.Match[str]) -> str:
    label, address = match.group(1).strip(), match.group(2)
    return address if not label or label == address else f"{label}: {address}"
