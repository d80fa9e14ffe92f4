"""What stands in a topic and its payload, as a reading that the door takes. Sparkplug is another language, and not read."""

import json
from dataclasses import dataclass
from typing import Final

ROOT: Final = "nexova"
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Addressed:
    """A reading, and the workspace that its topic names."""

    workspace: str
    item: object


def read(topic: str, payload: bytes, now_ms: int) -> Addressed | None:
    """`nexova/{workspace}/{machine}/{sensor}` with a number or `{"at", "value", "unit"?}`; `{"at", "values"}`.

    A plain number is of now. None for a topic of another form; a payload that makes no sense is an item to be quarantined.
    """
    parts = topic.split("/")
    if parts[0] != ROOT or len(parts) not in (3, 4) or not all(parts):
        return None
    workspace, machine, *sensor = parts[1:]
    named = {"machine": machine} | ({"sensor": sensor[0]} if sensor else {})
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        said = payload[:_LONGEST].decode(errors="replace")
    if isinstance(said, dict):
        return Addressed(workspace, {**said, **named})
    if isinstance(said, int | float) and sensor:
        return Addressed(workspace, {**named, "at": now_ms, "value": said})
    return Addressed(workspace, {**named, "said": said})
