"""The ledger is read in its order without being sorted: newest first, of one product, and from end to end."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.stock import bulk
from domain.stock import service as stock
from tests.factories.shop import fill, open_shop


@contextmanager
def asked_of_ledger() -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the ledger meanwhile, with its values."""
    asked: list[tuple[str, Any]] = []

    def before(_connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "stock_movements" in statement:
            asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", before)


async def test_no_part_of_the_ledger_has_to_be_sorted_to_be_shown(workspace: WorkspaceView) -> None:
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 3)
        await stock.adjust(work, shop.store_id, shop.variants["HAR-1"], Decimal(1), "found")
        with asked_of_ledger() as asked:
            newest = await stock.movements(work)
            await stock.movements(work, before=newest[0].sequence)
            await stock.movements(work, variant_id=shop.variants["HAR-1"])
            await bulk.movements_page(work, 0, 100)
        assert len(newest) == 2
        assert len(asked) == 4
        # However few rows there are: what cannot be had from an index in its order is still sorted.
        for setting in ("enable_sort", "enable_seqscan", "enable_bitmapscan"):
            await work.session.execute(text(f"SET LOCAL {setting} = off"))
        connection = await work.session.connection()
        for statement, values in asked:
            plan = "\n".join((await connection.exec_driver_sql(f"EXPLAIN {statement}", values)).scalars())
            assert "Sort" not in plan, plan
