"""Values of events in the shape that this release reads: what was stored in an older one is lifted, version by version."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from core.event_types import EventType

Values = dict[str, Any] | None
Shape = tuple[Values, Values]
"""The values before and after."""


def _customer_with_values(shape: Shape) -> Shape:
    """The first version named the fields that were changed, and told the values of none."""
    before, after = shape
    return before or {}, {"fields": [], **(after or {})}


LIFTS: Final[Mapping[EventType, Sequence[Callable[[Shape], Shape]]]] = {EventType.CUSTOMER_CHANGED: (_customer_with_values,)}
"""For each type that has had several shapes, what makes the second of the first, the third of the second and so on.

Whoever writes the next version beside a type's name writes here how the one before becomes it; what an older event never
told stays untold.
"""

_LAST: Final = {type.value: type for type in EventType}


def lifted(type: str, version: int, shape: Shape) -> tuple[int, Shape]:
    """The newest version of a type, and the values in its shape. A type or a version that this release does not know stays."""
    known = _LAST.get(type)
    if known is None or version >= known.version:
        return version, shape
    for lift in LIFTS[known][version - 1 :]:
        shape = lift(shape)
    return known.version, shape


def shapes_of(subject_kind: str) -> str:
    """A digest of the versions of all types of a kind of subject; it changes with each of them."""
    versions = [f"{type}:{type.version}" for type in EventType if type.subject_kind == subject_kind]
    return hashlib.sha256(" ".join(versions).encode()).hexdigest()[:16]
