"""SQL of what belongs to customers, in whatever table: found by its foreign key to them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, or_, select, update

from core.tables import Base
from core.work import Work, own
from domain.customers.models import Customer, CustomerAddress, CustomerMerge


def _tables() -> Iterator[Table]:
    """The tables whose rows belong to a customer, those that others refer to first."""
    themselves = {Customer.__tablename__, CustomerMerge.__tablename__}
    for table in Base.metadata.sorted_tables:
        targets = {key.target_fullname for key in table.foreign_keys if key.parent.name == "customer_id"}
        if "customers.id" in targets and table.name not in themselves:
            yield table


async def move_all(work: Work, source: UUID, target: UUID) -> dict[str, list[str]]:
    """Make everything of one customer another's; the ids, by table. A place that both have stays where it is."""
    moved: dict[str, list[str]] = {}
    for table in _tables():
        c = table.c
        wanted = select(c.id).where(own(table, work), c.customer_id == source)
        if table is CustomerAddress.__table__:
            theirs = table.alias()
            same = select(theirs.c.text_key).where(own(theirs, work), theirs.c.customer_id == target)
            wanted = wanted.where(c.text_key.not_in(same))
        ids = list(await work.session.scalars(wanted.order_by(c.id).with_for_update(key_share=True)))
        if ids:
            await _give(work, table, ids, target)
            moved[table.name] = [str(id) for id in ids]
    return moved


async def give_back(work: Work, moved: Mapping[str, Sequence[str]], source: UUID, target: UUID) -> None:
    """Give back what was moved and still is where it went, and what has come since in the conversations among it."""
    conversations = [UUID(id) for id in moved.get("conversations", ())]
    for table in _tables():
        c = table.c
        theirs: ColumnElement[bool] = c.id.in_([UUID(id) for id in moved.get(table.name, ())])
        if "conversation_id" in c and conversations:
            theirs = or_(theirs, c.conversation_id.in_(conversations))
        wanted = select(c.id).where(own(table, work), c.customer_id == source, theirs)
        ids = list(await work.session.scalars(wanted.order_by(c.id).with_for_update(key_share=True)))
        if ids:
            await _give(work, table, ids, target)


async def _give(work: Work, table: Table, ids: Sequence[UUID], target: UUID) -> None:
    values: dict[str, Any] = {"customer_id": target}
    if table is CustomerAddress.__table__:
        values["is_default"] = False  # the one who gets it has chosen already, or may choose
    await work.session.execute(update(table).where(own(table, work), table.c.id.in_(list(ids))).values(values))
