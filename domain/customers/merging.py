"""Two customers who are one: everything of the one becomes the other's, and can be given back.

Whatever table names a customer is found by its foreign key, so that a new one is not forgotten. Rows are locked in the
order in which tables refer to one another, which is the order in which a turn of the agent locks them.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from core import events
from core.errors import Conflict, Invalid, NotFound, NotPermitted
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.customers import _possessions as possessions
from domain.customers import repository
from domain.customers.models import Customer, CustomerMerge
from domain.customers.permissions import CustomersPermission
from domain.customers.schemas import MergeCustomer, MergeView
from domain.customers.service import CustomerMerged, CustomerNotFound

FILLED: Final = ("name", "first_name", "last_name", "phone", "email", "notes", "tax_id")
"""What the one who stays takes over where it has nothing of its own."""


class SameCustomer(Invalid):
    """A customer cannot be merged with themselves."""

    code = "same_customer"


class MergeNotFound(NotFound):
    """The customer has no such merge that stands."""

    code = "merge_not_found"


class MergedSince(Conflict):
    """The customer who stayed was merged into another since; that merge is to be undone first."""

    code = "merged_since"


async def merge(work: Work, customer_id: UUID, command: MergeCustomer) -> MergeView:
    """Make another customer this one. Raises CustomerNotFound, CustomerMerged and SameCustomer."""
    work.require(CustomersPermission.MERGE)
    _require_all_stores(work)
    if command.customer_id == customer_id:
        raise SameCustomer
    kept, merged = await _both(work, customer_id, command.customer_id)
    if standing := next((row for row in (kept, merged) if row.merged_into is not None), None):
        raise CustomerMerged(customer=standing.merged_into)
    row = CustomerMerge(
        workspace_id=work.workspace_id,
        id=new_id(),
        kept_id=kept.id,
        merged_id=merged.id,
        reason=command.reason,
        moved=await possessions.move_all(work, merged.id, kept.id),
        filled=[name for name in FILLED if getattr(kept, name) is None and getattr(merged, name) is not None],
        tags_added=[tag for tag in merged.tags if tag not in kept.tags],
        merged_at=work.now,
        merged_by=work.principal.id,
    )
    work.session.add(row)
    for name in row.filled:
        setattr(kept, name, getattr(merged, name))
    kept.tags = [*kept.tags, *row.tags_added]
    if merged.marketing_consent is False and kept.marketing_consent is not False:
        # Whoever has refused once is not asked to refuse again under another name.
        kept.marketing_consent, kept.consent_changed_at = False, merged.consent_changed_at
        kept.consent_source = merged.consent_source
    merged.merged_into = kept.id
    _touch(work, kept, merged)
    await work.session.flush()
    told = {"merged_id": str(merged.id), "moved": _counted(row), "filled": row.filled}
    events.record(work, EventType.CUSTOMER_MERGED, subject=kept.id, reason=command.reason, after=told)
    return _view(row)


async def undo(work: Work, customer_id: UUID, merge_id: UUID) -> MergeView:
    """Give back what a merge has brought, and what came since in conversations that go back. Once more changes nothing.

    Raises MergeNotFound and MergedSince. A refusal of being written to stays with both.
    """
    work.require(CustomersPermission.MERGE)
    _require_all_stores(work)
    row = await repository.merge_of(work, customer_id, merge_id)
    if row is None:
        raise MergeNotFound
    kept, merged = await _both(work, row.kept_id, row.merged_id)
    await work.session.refresh(row)
    if row.undone_at is not None:
        return _view(row)
    if kept.merged_into is not None:
        raise MergedSince(customer=kept.merged_into)
    await possessions.give_back(work, row.moved, kept.id, merged.id)
    for name in row.filled:
        if getattr(kept, name) == getattr(merged, name):
            setattr(kept, name, None)
    kept.tags = [tag for tag in kept.tags if tag not in row.tags_added]
    merged.merged_into = None
    row.undone_at, row.undone_by = work.now, work.principal.id
    _touch(work, kept, merged)
    await work.session.flush()
    events.record(work, EventType.CUSTOMER_UNMERGED, subject=kept.id, before={"merged_id": str(merged.id)})
    return _view(row)


async def merges(work: Work, customer_id: UUID) -> list[MergeView]:
    """The merges of a customer, as the one who stayed or the one who went, newest first."""
    work.require(CustomersPermission.READ)
    return [_view(row) for row in await repository.merges(work, customer_id)]


def _require_all_stores(work: Work) -> None:
    """Whoever sees a part of the stores would leave the orders of the others behind."""
    if work.principal.stores is not None:
        raise NotPermitted("a merge reaches into every store")


async def _both(work: Work, one: UUID, other: UUID) -> tuple[Customer, Customer]:
    found = {row.id: row for row in await repository.lock(work, (one, other))}
    if len(found) < 2:
        raise CustomerNotFound
    return found[one], found[other]


def _touch(work: Work, *rows: Customer) -> None:
    for row in rows:
        row.version += 1
        row.updated_at = work.now


def _counted(row: CustomerMerge) -> dict[str, int]:
    ids: Iterable[tuple[str, list[Any]]] = row.moved.items()
    return {table: len(moved) for table, moved in ids}


def _view(row: CustomerMerge) -> MergeView:
    return MergeView.model_validate(
        {name: getattr(row, name) for name in MergeView.model_fields if name != "moved"} | {"moved": _counted(row)}
    )
