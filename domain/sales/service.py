"""Sales that were made elsewhere: adding lines of them, each once, and what was sold on each day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.sales import repository
from domain.sales.permissions import SalesPermission

IMPORTED = "import"
"""The source of lines that a file brought."""


@dataclass(frozen=True)
class NewSaleLine:
    """One line of a sale; `digest` is made from the line, so that it is known again."""

    store_id: UUID
    variant_id: UUID
    sold_at: datetime
    quantity: Decimal
    digest: str
    unit_price: Decimal | None = None
    total: Decimal | None = None
    document: str | None = None


@dataclass(frozen=True)
class DailySales:
    """How much of a variant a store sold on one day."""

    day: date
    store_id: UUID
    variant_id: UUID
    quantity: Decimal


async def record(work: Work, lines: Sequence[NewSaleLine], *, source: str = IMPORTED, dry: bool = False) -> list[UUID | None]:
    """Add lines; the id of each in its place, None for one that was there before or stands twice among these."""
    work.require(SalesPermission.WRITE)
    rows = {
        line.digest: {
            "workspace_id": work.workspace_id,
            "id": new_id(),
            "source": source,
            **{name: getattr(line, name) for name in NewSaleLine.__dataclass_fields__},
        }
        for line in lines
    }
    if dry:
        added = rows.keys() - await repository.known(work, source, list(rows))
    else:
        added = await repository.add(work, list(rows.values())) if rows else set()
    ids: list[UUID | None] = []
    left = set(added)
    for line in lines:
        ids.append(UUID(str(rows[line.digest]["id"])) if line.digest in left else None)
        left.discard(line.digest)
    if added and not dry:
        events.record(work, EventType.SALES_RECORDED, subject=next(id for id in ids if id), after={"lines": len(added)})
    return ids


async def take_back(work: Work, id: UUID) -> bool:
    """Remove one line that was recorded by mistake; whether it was there."""
    work.require(SalesPermission.WRITE)
    was_there = await repository.remove(work, id)
    if was_there:
        events.record(work, EventType.SALES_TAKEN_BACK, subject=id)
    return was_there


async def daily(work: Work, first: date, last: date) -> list[DailySales]:
    """What was sold elsewhere on each day from `first` to `last`, in the shop's time zone."""
    work.require(SalesPermission.READ)
    timezone = (await accounts.get_workspace(work)).timezone
    return [DailySales(*row) for row in await repository.daily(work, timezone, first, last)]


async def page(work: Work, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """A page of all lines as a list for a file, by id, with the day and time in the shop's zone."""
    work.require(SalesPermission.READ)
    zone = (await accounts.get_workspace(work)).zone
    rows = await repository.page(work, after, limit)
    return [{**row, "date": row["date"].astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")} for row in rows]
