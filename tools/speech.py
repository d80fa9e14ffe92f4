"""The words of tools, from the message catalogue."""

from collections.abc import Sequence

from core.messages import text
from tools.context import ToolContext


def say(context: ToolContext, key: str, /, *, count: int | None = None, **fields: object) -> str:
    """The text `tool.<key>` in the customer's language."""
    return text(f"tool.{key}", context.language, count=count, **fields)


def listed(context: ToolContext, items: list[str]) -> str:
    """Several things in one sentence: `a, b y c`."""
    if len(items) < 2:
        return "".join(items)
    return say(context, "and", first=", ".join(items[:-1]), last=items[-1])


def flowing(parts: Sequence[str]) -> str:
    """Sentences follow one another in a paragraph; what has lines of its own or no full stop stands apart."""
    reply = ""
    for part in dict.fromkeys(part for part in parts if part):
        if not reply:
            reply = part
        elif "\n" in part or "\n" in reply.rsplit("\n\n", 1)[-1] or reply[-1].isalnum():
            reply += "\n\n" + part
        else:
            reply += " " + part
    return reply
