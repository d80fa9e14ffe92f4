"""Prompts: jinja2 files rendered strictly, with everything that customers wrote behind a fence."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, assert_never

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent.brief import Brief, BriefMessage
from agent.reply.moves import VOCABULARY
from domain.connections.medium import TRAITS
from domain.conversations.content import (
    Answer,
    Buttons,
    Cart,
    Choices,
    ContactCard,
    Content,
    Edited,
    File,
    Person,
    Place,
    Reaction,
    Removed,
    Template,
    Text,
    Unsupported,
    said,
)

_Sent = Buttons | Choices | File | Template | Cart | Place | ContactCard | Answer | Reaction | Unsupported
"""What is something else than words."""

_UNSHOWN = {"messages", "tools", "shop_name", "medium", "ordered", "exact", "is_for_delivery", "was_attended"}
"""What a model is told by other parts of the prompt, and what only the renderer needs."""

PROMPTS = Path(__file__).parent.parent / "prompts"


def fenced(value: str) -> str:
    """Untrusted text that cannot close the tag it stands in."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@lru_cache
def _environment() -> Environment:
    # Prompts are read by models, not by browsers: angle brackets of customers are escaped by `fenced`.
    environment = Environment(  # noqa: S701 # nosec B701 - for models, as said above
        loader=FileSystemLoader(PROMPTS), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["fenced"] = fenced
    return environment


def render(template: str, **values: Any) -> str:
    """Render a prompt file; a missing value is an error."""
    return _environment().get_template(template).render(**values).strip()


def body_of(content: Content) -> str:
    """A message as words: its text, or what was sent instead of text."""
    match content:
        case Text():
            return content.text
        case Removed():
            return "[deleted]"
        case Edited():
            return body_of(content.now)
        case _:
            details = ", ".join(f"{name}: {value}" for name, value in _details(content).items() if value not in (None, ""))
            words = f"[{label_of(content)}] {details}".strip()
            own = said(content)
            return f"{words}\n{own}" if own else words


def label_of(content: Content) -> str:
    """What a model is told that a message is."""
    match content:
        case File():
            return content.media
        case Answer():
            return "list_reply" if content.via == "row" else "button_reply"
        case _:
            return content.kind


def _details(content: _Sent) -> Mapping[str, object]:  # noqa: C901 - one case per kind
    """What a model is told of a message besides its own words."""
    match content:
        case Answer():
            return {"id": content.id, "title": content.title, "description": content.description}
        case Cart():
            return {"items": "; ".join(f"{line.quantity.normalize():f} × {line.sku}" for line in content.items)}
        case Place():
            return content.model_dump(include={"latitude", "longitude", "name", "address", "url"})
        case ContactCard():
            return {"people": "; ".join(_card(person) for person in content.people)}
        case Reaction():
            return {"emoji": content.emoji, "action": "added" if content.emoji else "removed"}
        case Template():
            return {"name": content.name, "values": ", ".join(content.placeholders)}
        case Buttons():
            return {"buttons": " | ".join(button.title for button in content.buttons)}
        case Choices():
            return {"rows": " | ".join(row.title for row in content.rows)}
        case Unsupported():
            return {"type": content.type, "content": content.raw or None}
        case File():
            return {"filename": content.filename}
        case _:
            assert_never(content)


def _card(person: Person) -> str:
    return ", ".join(part for part in (person.name, *person.phones, *person.emails, *person.addresses) if part)


def system_prompt(brief: Brief) -> str:
    """The instructions of a turn: they differ by shop, medium, language and state only, so that providers can cache them."""
    language_name = Locale.parse(brief.language).get_display_name("en")
    names = {"shop_name": brief.shop_name, "medium": TRAITS[brief.medium].name, "language_name": language_name}
    return render(
        "system.jinja2", **names, state=brief.state, moves={move: ", ".join(words) for move, words in VOCABULARY.items()}
    )


def turn_prompt(brief: Brief, done: list[str]) -> str:
    """What a turn is about: the brief, what was done before in this conversation, and the customer's words."""
    shown = brief.model_dump(mode="json", exclude=_UNSHOWN, exclude_none=True)
    return render(
        "parts/turn.jinja2",
        brief_json=fenced(json.dumps(shown, ensure_ascii=False, separators=(",", ":"))),
        done=done,
        messages=[_told(message) for message in brief.messages],
    )


def _told(message: BriefMessage) -> dict[str, object]:
    about = message.content.about
    referral = about.referral if about is not None else None
    return {
        "said": message,
        "kind": label_of(message.content),
        "body": body_of(message.content),
        "advertisement": [words for words in (referral.headline, referral.body) if words] if referral is not None else [],
    }


def digest(instructions: str, tools: list[str]) -> str:
    """The hash that tells with which words and tools a turn was thought."""
    return hashlib.sha256("\n".join([instructions, *tools]).encode()).hexdigest()
