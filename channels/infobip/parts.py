"""Cuts a message into pieces within WhatsApp's limits: nothing is lost, and each piece reads well on its own."""

import re
from itertools import groupby
from typing import Final, assert_never

from channels.base import Unsendable
from channels.formatting import to_whatsapp
from channels.infobip.cleaning import clean_text
from core import messages
from domain.connections.medium import TRAITS as MEDIUMS
from domain.connections.medium import Medium
from domain.conversations.content import (
    Answer,
    Button,
    Buttons,
    Cart,
    Choices,
    ContactCard,
    Content,
    Edited,
    File,
    Place,
    Reaction,
    Removed,
    Row,
    Section,
    Template,
    Text,
    Unsupported,
)

TRAITS: Final = MEDIUMS[Medium.WHATSAPP]
CAPTION_LIMIT: Final = 3000
URL_LIMIT, FILENAME_LIMIT = 2048, 240

_BREAKS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…;:])\s+"), re.compile(r"\s+"))
_MARKS = re.compile(r"[*_~`]")


def parts(content: Content) -> list[Content]:
    """The pieces in which a message goes out, in order; raises Unsendable for what WhatsApp has no form for."""
    match content:
        case Text():
            return _texts(_written(content.text), TRAITS.text)
        case Buttons():
            return _buttons(content)
        case Choices():
            return _lists(content)
        case File():
            return _file(content)
        case Template():
            if not content.name:
                raise Unsendable("a template needs its name")
            return [content]
        case Cart() | Place() | ContactCard() | Answer() | Reaction() | Edited() | Removed() | Unsupported():
            raise Unsendable(f"WhatsApp has no message of kind {content.kind!r}")
        case _:
            assert_never(content)


def _written(text: str | None) -> str:
    return to_whatsapp(clean_text(text or ""))


def units(text: str) -> int:
    """The length in UTF-16 units: an emoji counts as two, which is never less than what the provider counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten(text: str, limit: int) -> str:
    """The text on one line, cut to a limit with an ellipsis."""
    line = " ".join(text.split())
    if units(line) <= limit:
        return line
    while units(line) > limit - 1:
        line = line[:-1]
    return line.rstrip() + "…"


def split_text(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` units, cut at paragraphs, else lines, else sentences, else words, else anywhere."""
    pieces: list[str] = []
    rest = text.strip()
    while units(rest) > limit:
        cut = _cut(rest, limit)
        piece = rest[:cut].rstrip()
        if piece:
            pieces.append(piece)
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces


def _cut(text: str, limit: int) -> int:
    """Where to cut: the last good break in the second half of what fits; a break too early would make crumbs."""
    end = min(len(text), limit)
    while units(text[:end]) > limit:
        end -= max(1, (units(text[:end]) - limit) // 2)
    for pattern in _BREAKS:
        found = [match.start() for match in pattern.finditer(text, 0, end) if match.start() >= end // 2]
        if found:
            return found[-1]
    return end


def _texts(text: str, limit: int) -> list[Content]:
    return [Text(text=piece) for piece in split_text(text, limit)]


def _with_body(text: str) -> tuple[list[Content], str]:
    """Texts that go ahead, and the last piece, which is the body that buttons or a list stand under."""
    pieces = split_text(text, TRAITS.body)
    if not pieces:
        raise Unsendable("buttons and lists need a text above them")
    if len(pieces) == 1:
        return [], pieces[0]
    body = pieces[-1]
    ahead = text[: text.rfind(body)].rstrip() if text.endswith(body) else "\n".join(pieces[:-1])
    return _texts(ahead, TRAITS.text), body


def _checked(identifiers: list[str], limit: int) -> None:
    """Raise Unsendable unless each id fits and no two of a message are the same."""
    for identifier in identifiers:
        if not identifier or identifier != identifier.strip() or units(identifier) > limit:
            raise Unsendable(f"an id must have 1 to {limit} characters and no outer spaces")
    if len(set(identifiers)) != len(identifiers):
        raise Unsendable("ids must be unique within a message")


def _title(text: str, limit: int, taken: set[str]) -> str:
    """A title within the limit, unlike the others of the same message."""
    plain = _MARKS.sub("", clean_text(text)).strip() or "-"
    title, number = shorten(plain, limit), 2
    while title.casefold() in taken:
        suffix = f" {number}"
        title, number = shorten(plain, limit - len(suffix)) + suffix, number + 1
    taken.add(title.casefold())
    return title


def _footer(text: str | None) -> str | None:
    footer = clean_text(text or "").strip()
    return shorten(footer, TRAITS.footer) if footer else None


def _buttons(content: Buttons) -> list[Content]:
    text = _written(content.text)
    if not content.buttons:
        return _texts(text, TRAITS.text)
    if len(content.buttons) > TRAITS.buttons.most:
        rows = tuple(Row(id=button.id, title=button.title) for button in content.buttons)
        return _lists(Choices(text=content.text, sections=(Section(rows=rows),), footer=content.footer))
    ahead, body = _with_body(text)
    _checked([button.id for button in content.buttons], TRAITS.buttons.id)
    taken: set[str] = set()
    buttons = tuple(Button(id=button.id, title=_title(button.title, TRAITS.buttons.title, taken)) for button in content.buttons)
    return [*ahead, Buttons(text=body, buttons=buttons, footer=_footer(content.footer))]


def _lists(content: Choices) -> list[Content]:
    """One list message for every ten rows; the rows keep their section."""
    text = _written(content.text)
    rows = [(section.title or "", row) for section in content.sections for row in section.rows]
    if not rows:
        return _texts(text, TRAITS.text)
    ahead, body = _with_body(text)
    _checked([row.id for _, row in rows], TRAITS.rows.id)
    language = content.language or messages.LANGUAGES[0]
    opener = shorten(content.opener or messages.text("line.list_button", language), TRAITS.rows.opener)
    found = list(ahead)
    for start in range(0, len(rows), TRAITS.rows.most):
        said = body if start == 0 else messages.text("line.list_continued", language)
        sections = _sections(rows[start : start + TRAITS.rows.most])
        found.append(Choices(text=said, opener=opener, sections=sections, footer=_footer(content.footer)))
    return found


def _sections(rows: list[tuple[str, Row]]) -> tuple[Section, ...]:
    """Rows grouped by their section; a title is required as soon as there is more than one."""
    taken: set[str] = set()
    groups = [(name, tuple(_row(row, taken) for _, row in group)) for name, group in groupby(rows, key=lambda named: named[0])]
    if len(groups) == 1 and not groups[0][0]:
        return (Section(rows=groups[0][1]),)
    return tuple(Section(title=_section_title(name), rows=group) for name, group in groups)


def _section_title(name: str) -> str:
    return shorten(_MARKS.sub("", clean_text(name)).strip() or "-", TRAITS.rows.section_title)


def _row(row: Row, taken: set[str]) -> Row:
    """A row; a title that does not fit is cut, and shown whole in the description when that is free."""
    whole = clean_text(row.title)
    title = _title(whole, TRAITS.rows.title, taken)
    description = clean_text(row.description or "").strip()
    if not description and title.endswith("…"):
        description = whole
    return Row(id=row.id, title=title, description=shorten(description, TRAITS.rows.description) if description else None)


def _file(content: File) -> list[Content]:
    if content.media not in ("image", "document"):
        raise Unsendable(f"WhatsApp is sent no {content.media}")
    if not content.url.startswith(("http://", "https://")) or units(content.url) > URL_LIMIT:
        raise Unsendable("a file needs an http address")
    captions = split_text(_written(content.caption), CAPTION_LIMIT)
    filename = None
    if content.media == "document" and content.filename:
        filename = shorten(clean_text(content.filename), FILENAME_LIMIT)
    first = File(media=content.media, url=content.url, filename=filename, caption=captions[0] if captions else None)
    return [first, *(piece for rest in captions[1:] for piece in _texts(rest, TRAITS.text))]
