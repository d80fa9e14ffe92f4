"""Counts what a piece of work asks of Postgres: statements, commits and round trips, in the order in which they go out."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy import Connection, Engine, event

_WRITTEN = re.compile(r"\b(INSERT) INTO (\w+)|(?<!FOR )(?<!KEY )(?<!DO )\b(UPDATE) (\w+)|\b(DELETE) FROM (\w+)")
_READ = re.compile(r"(?<!epoch )\b(?:FROM|JOIN)\s+(\w+)\b(?!\()")
_CONTROL = frozenset({"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"})


@dataclass
class Counted:
    """What was asked since the counting began; `texts` are the round trips, each as it was sent."""

    texts: list[str] = field(default_factory=list)

    @property
    def commits(self) -> int:
        """How many transactions were committed."""
        return self.names.count("COMMIT")

    @property
    def statements(self) -> int:
        """How many statements were run, without those that begin and end transactions."""
        return sum(name.partition(" ")[0] not in _CONTROL for name in self.names)

    @property
    def names(self) -> list[str]:
        """The round trips in short: what each writes, or else what it reads, and whether it locks."""
        return [_name(text) for text in self.texts]


def _name(text: str) -> str:
    words = text.split(None, 1)
    if (first := words[0].rstrip(";").upper()) in _CONTROL:
        return first
    if "set_config('role'" in text:
        return "enter"
    locks = ["LOCK"] if re.search(r"\bFOR (NO KEY )?UPDATE", text) else []
    written = [" ".join(filter(None, found.groups())) for found in _WRITTEN.finditer(text)]
    read = [] if written else [f"{'' if locks else 'SELECT '}{', '.join(dict.fromkeys(_READ.findall(text)))}"]
    return " ".join([*locks, ", ".join(dict.fromkeys(written)), *read]).replace("  ", " ").strip()


@contextmanager
def counting() -> Iterator[Counted]:
    """Count on the engines of this process.

    A statement that a connection prepares for the first time takes one more round trip, which is not counted.
    """
    counted = Counted()
    fetch = asyncpg.Connection.fetch

    async def fetched(connection: "asyncpg.Connection[Any]", query: str, *arguments: Any, **how: Any) -> Any:
        counted.texts.append(query)
        return await fetch(connection, query, *arguments, **how)

    def executed(_connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        counted.texts.append(statement)

    def began(_connection: Connection) -> None:
        counted.texts.append("BEGIN")

    def committed(_connection: Connection) -> None:
        counted.texts.append("COMMIT")

    def rolled_back(_connection: Connection) -> None:
        counted.texts.append("ROLLBACK")

    heard: dict[str, Callable[..., None]] = {
        "before_cursor_execute": executed,
        "begin": began,
        "commit": committed,
        "rollback": rolled_back,
    }
    for name, hear in heard.items():
        event.listen(Engine, name, hear)
    # What `core.prepared` asks is run by the driver, of which SQLAlchemy hears nothing.
    asyncpg.Connection.fetch = fetched
    try:
        yield counted
    finally:
        asyncpg.Connection.fetch = fetch
        for name, hear in heard.items():
            event.remove(Engine, name, hear)
