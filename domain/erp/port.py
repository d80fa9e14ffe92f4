"""What the house asks of an ERP, whoever made it. Adapters are in `connectors.erp`."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.catalog.kinds import PriceKind
from domain.erp.kinds import JobType, Preset
from domain.erp.records import Cursor, Raw


@dataclass(frozen=True, slots=True)
class Access:
    """Where an ERP is and how to enter it; the password shows in no log. `queries` are those that differ from the usual."""

    preset: Preset
    host: str
    port: int
    database: str
    username: str
    password: str = field(repr=False)
    charset: str
    company: str
    lists: Mapping[PriceKind, int]
    queries: Mapping[JobType, str]


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether one query can be used: a stable code, `ok` for yes, the columns that it gives, and what the ERP said."""

    type: JobType
    code: str
    columns: Sequence[str] = ()
    said: str | None = None


class Erp(Protocol):
    """A way to read an ERP. All of it raises ErpUnavailable and ErpRefused, and changes nothing there."""

    async def check(self) -> list[Checked]:
        """Try every query out, without reading what it gives."""

    def pages(self, type: JobType, after: Cursor | None, since: datetime | None, size: int) -> AsyncIterator[list[Raw]]:
        """All records in the order of their keys, from behind one; those changed since a time where the ERP knows when.

        `since` is in the ERP's own time, without a zone. A row that cannot be read comes with its key and an error.
        """

    async def close(self) -> None:
        """Leave the ERP."""
