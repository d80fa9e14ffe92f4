"""Makes what came over the wire fit for Postgres: no NUL, no lone surrogates, no infinities, no bottomless nesting."""

import math
from typing import Any

from core.db import storable

MAX_DEPTH = 20
MAX_TEXT = 20_000


def clean_text(value: str) -> str:
    """The text with each character that Postgres refuses replaced by the replacement character."""
    cleaned: str = storable(value)
    return cleaned


def is_clean(value: str) -> bool:
    """Whether Postgres takes the text as it is."""
    return clean_text(value) == value


def clean(value: Any, notes: set[str], depth: int = 0) -> Any:
    """A JSON value that Postgres accepts; what had to be changed is added to `notes`."""
    if isinstance(value, str):
        cleaned = clean_text(value)
        if cleaned != value:
            notes.add("refused_characters_replaced")
        if len(cleaned) > MAX_TEXT:
            notes.add("text_truncated")
        return cleaned[:MAX_TEXT]
    if isinstance(value, float) and not math.isfinite(value):
        notes.add("number_dropped")
        return None
    if isinstance(value, list | dict) and depth >= MAX_DEPTH:
        notes.add("nesting_cut")
        return None
    if isinstance(value, list):
        return [clean(item, notes, depth + 1) for item in value]
    if isinstance(value, dict):
        return {clean(key, notes, depth + 1): clean(item, notes, depth + 1) for key, item in value.items()}
    return value
