"""Counts what a piece of work asks of Postgres: statements and commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event


@dataclass
class Counted:
    """What was asked since the counting began."""

    statements: int = 0
    commits: int = 0
    texts: list[str] = field(default_factory=list)


@contextmanager
def counting() -> Iterator[Counted]:
    """Count on the engines of this process."""
    counted = Counted()

    def executed(_connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        counted.statements += 1
        counted.texts.append(statement)

    def committed(_connection: Connection) -> None:
        counted.commits += 1
        counted.texts.append("COMMIT")

    event.listen(Engine, "before_cursor_execute", executed)
    event.listen(Engine, "commit", committed)
    try:
        yield counted
    finally:
        event.remove(Engine, "before_cursor_execute", executed)
        event.remove(Engine, "commit", committed)
