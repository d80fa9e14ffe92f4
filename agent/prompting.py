"""Prompts: jinja2 files rendered strictly, with everything that customers wrote behind a fence."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent.brief import Brief, BriefMessage
from agent.reply.moves import VOCABULARY
from domain.connections.schemas import TRAITS

PROMPTS = Path(__file__).parent.parent / "prompts"


def fenced(value: str) -> str:
    """Untrusted text that cannot close the tag it stands in."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@lru_cache
def _environment() -> Environment:
    # Prompts are read by models, not by browsers: angle brackets of customers are escaped by `fenced`.
    environment = Environment(  # noqa: S701 - for models, as said above
        loader=FileSystemLoader(PROMPTS), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["fenced"] = fenced
    return environment


def render(template: str, **values: Any) -> str:
    """Render a prompt file; a missing value is an error."""
    return _environment().get_template(template).render(**values).strip()


def body_of(message: BriefMessage) -> str:
    """A customer's message as words: its text, or what was sent instead of text."""
    if message.kind == "text":
        return message.text or ""
    details = ", ".join(f"{name}: {value}" for name, value in message.payload.items() if value not in (None, "", [], {}))
    words = f"[{message.kind}] {details}".strip()
    return f"{words}\n{message.text}" if message.text else words


def system_prompt(brief: Brief) -> str:
    """The instructions of a turn: they differ by shop, medium, language and state only, so that providers can cache them."""
    language_name = Locale.parse(brief.language).get_display_name("en")
    names = {"shop_name": brief.shop_name, "medium": TRAITS[brief.medium].name, "language_name": language_name}
    return render(
        "system.jinja2", **names, state=brief.state, moves={move: ", ".join(words) for move, words in VOCABULARY.items()}
    )


def turn_prompt(brief: Brief, done: list[str]) -> str:
    """What a turn is about: the brief, what was done before in this conversation, and the customer's words."""
    shown = brief.model_dump(mode="json", exclude={"messages", "tools", "shop_name", "medium"}, exclude_none=True)
    return render(
        "parts/turn.jinja2",
        brief_json=fenced(json.dumps(shown, ensure_ascii=False, separators=(",", ":"))),
        done=done,
        messages=[{"said": message, "body": body_of(message)} for message in brief.messages],
    )


def digest(instructions: str, tools: list[str]) -> str:
    """The hash that tells with which words and tools a turn was thought."""
    return hashlib.sha256("\n".join([instructions, *tools]).encode()).hexdigest()
