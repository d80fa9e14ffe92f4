"""Cuts a message into pieces within WhatsApp's limits: nothing is lost, and each piece reads well on its own."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from channels.base import Part, Unsendable
from channels.infobip.cleaning import clean_text
from channels.infobip.formatting import to_whatsapp
from core import messages
from domain.connections.schemas import TRAITS as MEDIUMS
from domain.connections.schemas import Medium

TRAITS: Final = MEDIUMS[Medium.WHATSAPP]
CAPTION_LIMIT: Final = 3000
URL_LIMIT, FILENAME_LIMIT = 2048, 240

_BREAKS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…;:])\s+"), re.compile(r"\s+"))
_MARKS = re.compile(r"[*_~`]")


def parts(kind: str, text: str | None, payload: Mapping[str, Any]) -> list[Part]:
    """The pieces in which a message goes out, in order; raises Unsendable for what WhatsApp has no form for."""
    written = to_whatsapp(clean_text(text or ""))
    match kind:
        case "text":
            return _texts(written, TRAITS.text)
        case "buttons":
            return _buttons(written, payload)
        case "list":
            return _lists(written, payload)
        case "image" | "document":
            return _file(kind, written, payload)
        case "template":
            if not payload.get("name"):
                raise Unsendable("a template needs its name")
            return [Part("template", written or None, dict(payload))]
    raise Unsendable(f"WhatsApp has no message of kind {kind!r}")


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


def _texts(text: str, limit: int) -> list[Part]:
    return [Part("text", piece, {}) for piece in split_text(text, limit)]


def _with_body(text: str) -> tuple[list[Part], str]:
    """Texts that go ahead, and the last piece, which is the body that buttons or a list stand under."""
    pieces = split_text(text, TRAITS.body)
    if not pieces:
        raise Unsendable("buttons and lists need a text above them")
    if len(pieces) == 1:
        return [], pieces[0]
    body = pieces[-1]
    ahead = text[: text.rfind(body)].rstrip() if text.endswith(body) else "\n".join(pieces[:-1])
    return _texts(ahead, TRAITS.text), body


def _identifier(entry: Mapping[str, Any], limit: int) -> str:
    identifier = str(entry.get("id") or "")
    if not identifier or identifier != identifier.strip() or units(identifier) > limit:
        raise Unsendable(f"an id must have 1 to {limit} characters and no outer spaces")
    return identifier


def _title(text: Any, limit: int, taken: set[str]) -> str:
    """A title within the limit, unlike the others of the same message."""
    plain = _MARKS.sub("", clean_text(str(text or ""))).strip() or "-"
    title, number = shorten(plain, limit), 2
    while title.casefold() in taken:
        suffix = f" {number}"
        title, number = shorten(plain, limit - len(suffix)) + suffix, number + 1
    taken.add(title.casefold())
    return title


def _entries(payload: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = payload.get(name) or []
    if not isinstance(found, Sequence) or not all(isinstance(entry, Mapping) for entry in found):
        raise Unsendable(f"{name} must be a list of objects")
    return list(found)


def _buttons(text: str, payload: Mapping[str, Any]) -> list[Part]:
    entries = _entries(payload, "buttons")
    if not entries:
        return _texts(text, TRAITS.text)
    if len(entries) > TRAITS.buttons.most:
        return _lists(text, {**payload, "rows": entries, "sections": None})
    ahead, body = _with_body(text)
    taken: set[str] = set()
    buttons = [
        {"id": _identifier(entry, TRAITS.buttons.id), "title": _title(entry.get("title"), TRAITS.buttons.title, taken)}
        for entry in entries
    ]
    _require_unique([button["id"] for button in buttons])
    return [*ahead, Part("buttons", body, {"buttons": buttons} | _footer(payload))]


def _require_unique(identifiers: list[str]) -> None:
    if len(set(identifiers)) != len(identifiers):
        raise Unsendable("ids must be unique within a message")


def _footer(payload: Mapping[str, Any]) -> dict[str, Any]:
    footer = clean_text(str(payload.get("footer") or "")).strip()
    return {"footer": shorten(footer, TRAITS.footer)} if footer else {}


def _lists(text: str, payload: Mapping[str, Any]) -> list[Part]:
    """One list message for every ten rows; the rows keep their section."""
    sections = _entries(payload, "sections") or [{"rows": payload.get("rows")}]
    rows = [(str(section.get("title") or ""), entry) for section in sections for entry in _entries(section, "rows")]
    if not rows:
        return _texts(text, TRAITS.text)
    ahead, body = _with_body(text)
    _require_unique([_identifier(row, TRAITS.rows.id) for _, row in rows])
    language = str(payload.get("language") or messages.LANGUAGES[0])
    button = shorten(str(payload.get("button") or messages.text("line.list_button", language)), TRAITS.rows.opener)
    found = list(ahead)
    for start in range(0, len(rows), TRAITS.rows.most):
        said = body if start == 0 else messages.text("line.list_continued", language)
        content = {"button": button, "sections": _sections(rows[start : start + TRAITS.rows.most])} | _footer(payload)
        found.append(Part("list", said, content))
    return found


def _sections(rows: list[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Rows grouped by their section; a title is required as soon as there is more than one."""
    sections: list[dict[str, Any]] = []
    names: list[str] = []
    taken: set[str] = set()
    for name, entry in rows:
        if not names or names[-1] != name:
            names.append(name)
            sections.append({"title": _section_title(name), "rows": []})
        sections[-1]["rows"].append(_row(entry, taken))
    if len(sections) == 1 and not names[0]:
        sections[0].pop("title")
    return sections


def _section_title(name: str) -> str:
    return shorten(_MARKS.sub("", clean_text(name)).strip() or "-", TRAITS.rows.section_title)


def _row(entry: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
    """A row; a title that does not fit is cut, and shown whole in the description when that is free."""
    whole = clean_text(str(entry.get("title") or ""))
    title = _title(whole, TRAITS.rows.title, taken)
    description = clean_text(str(entry.get("description") or "")).strip()
    if not description and title.endswith("…"):
        description = whole
    row: dict[str, Any] = {"id": _identifier(entry, TRAITS.rows.id), "title": title}
    return row | ({"description": shorten(description, TRAITS.rows.description)} if description else {})


def _file(kind: Literal["image", "document"], caption: str, payload: Mapping[str, Any]) -> list[Part]:
    address = str(payload.get("media_url") or "")
    if not address.startswith(("http://", "https://")) or units(address) > URL_LIMIT:
        raise Unsendable("a file needs an http address")
    captions = split_text(caption, CAPTION_LIMIT)
    content: dict[str, Any] = {"media_url": address}
    if kind == "document" and payload.get("filename"):
        content["filename"] = shorten(clean_text(str(payload["filename"])), FILENAME_LIMIT)
    first = Part(kind, captions[0] if captions else None, content)
    return [first, *(piece for rest in captions[1:] for piece in _texts(rest, TRAITS.text))]
