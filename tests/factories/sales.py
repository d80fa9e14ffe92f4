"""A history of sales: years of them, as lines that were sold elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from core.work import Work
from domain.accounts import service as accounts
from domain.sales import service as sales
from domain.sales.service import NewSaleLine
from tests.factories.shop import Shop


async def sold(
    work: Work, shop: Shop, quantities: Mapping[str, Sequence[float]], *, store_id: UUID | None = None, price: int = 10
) -> None:
    """So much of each SKU on each of the last days up to yesterday, the last one last; days of nothing have no line."""
    zone = (await accounts.get_workspace(work)).zone
    today = work.now.astimezone(zone).date()
    lines = [
        NewSaleLine(
            store_id=store_id or shop.store_id,
            variant_id=shop.variants[sku],
            sold_at=datetime.combine(today - timedelta(days=len(amounts) - at), time(12), ZoneInfo(str(zone))),
            quantity=Decimal(str(amount)),
            digest=f"{store_id}-{sku}-{at}",
            unit_price=Decimal(price),
        )
        for sku, amounts in quantities.items()
        for at, amount in enumerate(amounts)
        if amount > 0
    ]
    await sales.record(work, lines)
