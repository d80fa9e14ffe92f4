"""What commands that read a file of figures say when it cannot be used."""

from analytics.data import BadData
from core.messages import text

UNUSABLE = 2
"""The exit code where the fault is in the file, as for a command that was called wrongly."""


def said(error: BadData) -> str:
    """What is wrong, and its code."""
    return f"{text(f'command.{error.code}', 'en').format(**error.details)} [{error.code}]"
