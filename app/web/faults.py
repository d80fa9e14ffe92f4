"""Faults of a request in words: one text for each kind that pydantic finds."""

from typing import Any

from pydantic_core import ErrorDetails

from core import messages


def said(detail: ErrorDetails, language: str) -> str:
    """What is wrong with a field, for people."""
    context: dict[str, Any] = detail.get("ctx") or {}
    try:
        return messages.text(f"fault.{detail['type']}", language, **context)
    except messages.MessageMissing:
        return messages.text("fault.other", language)
