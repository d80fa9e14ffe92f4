"""The demo shops: complete, plausible, and made once."""

import time
from collections import Counter

import pytest

from core.access import Principal
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.seed import service as seed
from domain.seed.schemas import demo_shops
from domain.stock import service as stock
from domain.stock.schemas import MovementType


async def test_the_demo_shops_are_made_once_and_quickly(database: str) -> None:
    # When the demo is seeded twice
    started = time.perf_counter()
    first = await seed.seed_demo()
    took = time.perf_counter() - started
    print(f"seed took {took:.1f} s")
    second = await seed.seed_demo()

    # Then the shops are made the first time and left alone the second
    assert sorted(first) == ["demo-store", "fluxion", "refacciones"]
    assert second == []
    assert len(await accounts.list_workspaces()) == 3
