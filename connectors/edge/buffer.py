"""What the box keeps until the house has it: a file of SQLite in WAL mode, in which each reading stands once.

A reading that was stored survives the end of the process at any moment, and of the machine but for the last instant. The file
has a size: beyond it the oldest readings go first, which leaves a gap that is told, and once none is left the oldest windows of
features. What the house refuses is set aside, and goes before any reading.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from core.errors import CannotRun

_SCHEMA: Final = """
    CREATE TABLE IF NOT EXISTS readings (
        id INTEGER PRIMARY KEY, machine TEXT NOT NULL, sensor TEXT NOT NULL, at INTEGER NOT NULL, value REAL, unit TEXT,
        UNIQUE (machine, sensor, at)
    );
    CREATE TABLE IF NOT EXISTS windows (
        id INTEGER PRIMARY KEY, machine TEXT NOT NULL, sensor TEXT NOT NULL, starts_at INTEGER NOT NULL,
        seconds INTEGER NOT NULL, features TEXT NOT NULL, UNIQUE (machine, sensor, starts_at, seconds)
    );
    CREATE TABLE IF NOT EXISTS gaps (
        id INTEGER PRIMARY KEY, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, readings INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS refused (id INTEGER PRIMARY KEY, item TEXT NOT NULL, reason TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS told (name TEXT PRIMARY KEY, content BLOB NOT NULL);
"""
_DROPPED_AT_ONCE: Final = 1_000

Queue = Literal["readings", "windows"]
"""What waits to be sent, by the name of its table."""


class BufferUnusable(CannotRun):
    """The file cannot be used as a buffer; the message says why."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that waits to be sent, by its queue and its number there."""

    queue: Queue
    id: int
    item: dict[str, Any]


class Buffer:
    """The buffer in a file, of at most so many bytes of content."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        """Open or make it; raises BufferUnusable."""
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise BufferUnusable(f"{path} cannot be used as a buffer: {error}.") from error
        self._most_bytes = most_bytes

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, readings: Iterable[tuple[str, str, int, float, str | None]]) -> int:
        """Keep readings (machine, sensor, milliseconds since 1970, value, unit), each once; how many older ones had to go."""
        self._write("INSERT OR IGNORE INTO readings (machine, sensor, at, value, unit) VALUES (?, ?, ?, ?, ?)", readings)
        return self._keep_within()

    def add_window(self, machine: str, sensor: str, starts_at: int, seconds: int, features: dict[str, float]) -> int:
        """Keep what was made of a window, once; how many older readings and windows had to go."""
        row = (machine, sensor, starts_at, seconds, json.dumps(features))
        said = "INSERT OR IGNORE INTO windows (machine, sensor, starts_at, seconds, features) VALUES (?, ?, ?, ?, ?)"
        self._write(said, [row])
        return self._keep_within()

    def _write(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Write rows in one transaction. On a full disk the oldest readings make room, and it is tried once more."""
        given = list(rows)
        try:
            self._many(statement, given)
        except sqlite3.OperationalError as error:
            if "full" not in str(error):
                raise
            self._drop_first("refused")
            self.drop_oldest(max(_DROPPED_AT_ONCE, len(given)))
            self._many(statement, given)

    def _many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        with self._transaction():
            self._db.executemany(statement, rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    @property
    def size(self) -> int:
        """How large the content is."""
        (pages,), (free,), (size,) = (
            self._db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _keep_within(self) -> int:
        dropped = 0
        while self.size > self._most_bytes:
            if self._drop_first("refused"):
                continue
            gone = self.drop_oldest(_DROPPED_AT_ONCE) or self._drop_first("windows")
            if not gone:
                break
            dropped += gone
        return dropped

    def _drop_first(self, table: Literal["refused", "windows"]) -> int:
        """Let go of what came into a table first; how much went."""
        oldest = f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} ORDER BY id LIMIT ?)"  # noqa: S608 - our own words
        gone = self._db.execute(oldest, (_DROPPED_AT_ONCE,)).rowcount
        self._db.execute("PRAGMA incremental_vacuum")
        return gone

    def drop_oldest(self, count: int) -> int:
        """Let the oldest readings go, and note the gap that they leave; how many went."""
        with self._transaction():
            oldest = "SELECT id FROM readings ORDER BY at, id LIMIT ?"
            span = f"SELECT min(at), max(at), count(*) FROM readings WHERE id IN ({oldest})"  # noqa: S608 - our own words
            first, last, gone = self._db.execute(span, (count,)).fetchone()
            if gone:
                self._db.execute("INSERT INTO gaps (first_at, last_at, readings) VALUES (?, ?, ?)", (first, last, gone))
                self._db.execute(f"DELETE FROM readings WHERE id IN ({oldest})", (count,))  # noqa: S608 - our own words
        self._db.execute("PRAGMA incremental_vacuum")
        return int(gone)

    def readings(self, limit: int) -> list[Kept]:
        """What waits to be sent: the newest first, so that what stands now is known while a backlog is worked off."""
        rows = self._db.execute(
            "SELECT id, machine, sensor, at, value, unit FROM readings ORDER BY at DESC, id LIMIT ?", (limit,)
        )
        return [
            Kept(
                "readings",
                id,
                {"machine": machine, "sensor": sensor, "at": at, "value": value, **({"unit": unit} if unit else {})},
            )
            for id, machine, sensor, at, value, unit in rows
        ]

    def windows(self, limit: int) -> list[Kept]:
        """Windows that wait to be sent, the oldest first."""
        rows = self._db.execute(
            "SELECT id, machine, sensor, starts_at, seconds, features FROM windows ORDER BY starts_at, id LIMIT ?", (limit,)
        )
        return [
            Kept(
                "windows",
                id,
                {
                    "machine": machine,
                    "sensor": sensor,
                    "starts_at": at,
                    "seconds": seconds,
                    "values": json.loads(features),
                },
            )
            for id, machine, sensor, at, seconds, features in rows
        ]

    def forget(self, kept: Collection[Kept]) -> None:
        """Let go of what the house has."""
        for queue in {one.queue for one in kept}:
            ids = [(one.id,) for one in kept if one.queue == queue]
            self._many(f"DELETE FROM {queue} WHERE id = ?", ids)  # noqa: S608 - our own words

    def keep_told(self, told: Mapping[str, bytes]) -> bool:
        """Keep what the house has told in the place of what it told before; False, with nothing changed, if it is too much.

        The file is for what machines say: what is told of them takes no more than half of it.
        """
        if 2 * sum(map(len, told.values())) > self._most_bytes:
            return False
        try:
            self._tell(told)
        except sqlite3.OperationalError as error:
            if "full" not in str(error):
                raise
            return False
        return True

    def _tell(self, told: Mapping[str, bytes]) -> None:
        with self._transaction():
            self._db.execute("DELETE FROM told")
            self._db.executemany("INSERT INTO told (name, content) VALUES (?, ?)", list(told.items()))

    def told(self) -> dict[str, bytes]:
        """What the house told last, by name."""
        return {name: bytes(content) for name, content in self._db.execute("SELECT name, content FROM told")}

    def set_aside(self, one: Kept, reason: str) -> None:
        """Take out of its queue what the house refuses alone, and keep it with the reason, as long as there is room."""
        with self._transaction():
            self._db.execute("INSERT INTO refused (item, reason) VALUES (?, ?)", (json.dumps(one.item), reason))
            self._db.execute(f"DELETE FROM {one.queue} WHERE id = ?", (one.id,))  # noqa: S608 - our own words

    def refused(self) -> list[tuple[str, str]]:
        """What was set aside, as it was sent, and why."""
        return list(self._db.execute("SELECT item, reason FROM refused ORDER BY id"))

    def waiting(self) -> tuple[int, int]:
        """How many readings and windows wait."""
        counts = (self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("readings", "windows"))  # noqa: S608 - our own words
        readings, windows = counts
        return int(readings), int(windows)

    def gaps(self) -> list[tuple[int, int, int]]:
        """What had to go: from when, until when, and how many readings."""
        return [(first, last, gone) for first, last, gone in self._db.execute("SELECT first_at, last_at, readings FROM gaps")]
