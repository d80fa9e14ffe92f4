"""Half a year of a shop's trade, day by day: demand with weekdays, seasons and promotions meets finite shelves.

Pure and seeded: the same plan and days give the same ledger.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.demo.schemas import Season
from core.messages import text
from domain.stock.importing import POS
from domain.stock.kinds import MovementType
from domain.stock.schemas import LedgerLine, Limits, Place

DAYS = 182
COVER_DAYS = 16
"""For how many days a full shelf lasts."""

REORDER_DAYS = 5
"""With how many days' sales left goods are ordered."""

SELL_OUT_DAYS = 25
"""For how long nothing comes any more of what is to be sold out at the end."""

WEEKDAYS = (0.85, 0.9, 0.95, 1.0, 1.2, 1.4, 0.9)
_CENT = Decimal("0.01")
_PROMOTION = Decimal("0.90")


def _reason(name: str) -> str:
    """The demo shops write their reasons in Spanish."""
    return text(f"seed.{name}", "es")


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a store keeps of a variant."""

    store: str
    place: Place
    daily: float
    is_open_on_sunday: bool
    is_sold_out: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A variant of the assortment, and the shelves on which it lies."""

    number: int
    sku: str
    price: Decimal
    cost: Decimal
    is_weighed: bool
    season: Season | None
    shelves: tuple[Shelf, ...]


@dataclass(slots=True)
class _Stock:
    """A shelf while time passes."""

    shelf: Shelf
    low: Decimal
    full: Decimal
    on_hand: Decimal = Decimal(0)
    arrivals: dict[date, Decimal] = field(default_factory=dict)


class Simulation:
    """One variant's half year in all stores."""

    def __init__(self, slug: str, line: Line, zone: ZoneInfo, first: date, southern: bool) -> None:
        self._line = line
        self._zone = zone
        self._days = [first + timedelta(days=day) for day in range(DAYS)]
        self._random = random.Random(f"{slug}/{line.sku}")
        self._peak = {("heat", True): 15, ("heat", False): 110, ("cold", True): 197, ("cold", False): 15}.get(
            (line.season or "", southern)
        )
        starts = self._random.sample(range(10, DAYS - 10), 2)
        self._promotions = {day for start in starts for day in self._days[start : start + 7]}
        self._stocks = [self._stock(shelf) for shelf in line.shelves]

    def _stock(self, shelf: Shelf) -> _Stock:
        low = self._whole(max(2.0, shelf.daily * REORDER_DAYS))
        return _Stock(shelf, low, max(self._whole(shelf.daily * COVER_DAYS), low + 4))

    def _whole(self, quantity: float) -> Decimal:
        return Decimal(math.ceil(quantity))

    @property
    def limits(self) -> dict[Place, Limits]:
        """What each shelf is kept between."""
        return {stock.shelf.place: Limits(stock.low, stock.full, self._line.cost) for stock in self._stocks}

    def run(self) -> Iterator[LedgerLine]:
        """The movements in the order in which they happen on each shelf."""
        for index, day in enumerate(self._days):
            for stock in self._stocks:
                yield from self._morning(stock, day, index)
            yield from self._between_stores(day)
            for stock in self._stocks:
                yield from self._trade(stock, day, is_last=index == DAYS - 1)

    def _move(
        self,
        stock: _Stock,
        kind: MovementType,
        delta: Decimal,
        at: tuple[date, time],
        source: str,
        *,
        reason: str | None = None,
        counted: Decimal | None = None,
        unit_cost: Decimal | None = None,
        unit_price: Decimal | None = None,
    ) -> LedgerLine:
        stock.on_hand += delta
        day, hour = at
        return LedgerLine(
            place=stock.shelf.place,
            type=kind,
            delta=delta,
            occurred_at=datetime.combine(day, hour, self._zone),
            source=source,
            source_ref=f"{stock.shelf.store}/{day.isoformat()}",
            line=self._line.number,
            reason=reason,
            counted=counted,
            unit_cost=unit_cost,
            unit_price=unit_price,
        )

    def _morning(self, stock: _Stock, day: date, index: int) -> Iterator[LedgerLine]:
        if index == 0:
            counted = stock.full
            yield self._move(
                stock, MovementType.COUNT, counted, (day, time(7)), "count", counted=counted, reason=_reason("opening")
            )
        elif index % 30 == self._line.number % 30:
            counted = max(stock.on_hand - self._shrinkage(stock), Decimal(0))
            yield self._move(
                stock,
                MovementType.COUNT,
                counted - stock.on_hand,
                (day, time(7, 30)),
                "count",
                counted=counted,
                reason=_reason("monthly_count"),
            )
        if (arrived := stock.arrivals.pop(day, None)) is not None:
            drift = Decimal(self._random.randint(96, 104)) / 100
            cost = (self._line.cost * drift).quantize(_CENT)
            yield self._move(stock, MovementType.PURCHASE, arrived, (day, time(8, 30)), "delivery", unit_cost=cost)

    def _shrinkage(self, stock: _Stock) -> Decimal:
        if self._random.random() > 0.35:
            return Decimal(0)
        lost = float(stock.on_hand) * self._random.uniform(0.005, 0.03)
        return self._quantity(lost) if self._line.is_weighed else Decimal(round(lost))

    def _between_stores(self, day: date) -> Iterator[LedgerLine]:
        """A store that runs out is helped by one that has plenty, now and then."""
        needy = next((s for s in self._stocks if s.on_hand < s.low / 2 and not s.shelf.is_sold_out), None)
        giver = next((s for s in self._stocks if s.on_hand > s.full * Decimal("0.7")), None)
        if needy is None or giver is None or day.weekday() == 6 or self._random.random() > 0.3:
            return
        quantity = Decimal(int(giver.on_hand / 4))
        if quantity > 0:
            reason = f"{giver.shelf.store} → {needy.shelf.store}"
            for stock, delta in ((giver, -quantity), (needy, quantity)):
                yield self._move(stock, MovementType.TRANSFER, delta, (day, time(9)), "transfer", reason=reason)

    def _trade(self, stock: _Stock, day: date, *, is_last: bool) -> Iterator[LedgerLine]:
        if self._random.random() < 0.008 and stock.on_hand > 1:
            reason = _reason(self._random.choice(("damaged", "expired", "display")))
            yield self._move(stock, MovementType.ADJUSTMENT, Decimal(-1), (day, time(12)), "shrinkage", reason=reason)
        sold = min(self._demand(stock, day), stock.on_hand)
        if is_last and stock.shelf.is_sold_out:
            sold = stock.on_hand
        price = self._line.price
        if day in self._promotions:
            price = (price * _PROMOTION).quantize(_CENT)
        if sold > 0:
            yield self._move(stock, MovementType.SALE, -sold, (day, time(20)), POS, unit_price=price)
        if sold > 2 and not stock.shelf.is_sold_out and self._random.random() < 0.01:
            yield self._move(
                stock, MovementType.RETURN, Decimal(1), (day, time(20, 30)), "pos-return", reason=_reason("customer_return")
            )
        self._reorder(stock, day, is_last=is_last)
        if is_last and not stock.shelf.is_sold_out and stock.on_hand < stock.low:
            yield self._move(
                stock,
                MovementType.PURCHASE,
                self._whole(float(stock.full - stock.on_hand)),
                (day, time(21)),
                "evening-delivery",
            )

    def _reorder(self, stock: _Stock, day: date, *, is_last: bool) -> None:
        ends = self._days[-1] - timedelta(days=SELL_OUT_DAYS)
        if stock.on_hand > stock.low or stock.arrivals or is_last or (stock.shelf.is_sold_out and day >= ends):
            return
        arrives = day + timedelta(days=self._random.randint(1, 4))
        if arrives.weekday() == 6:
            arrives += timedelta(days=1)
        stock.arrivals[arrives] = self._whole(float(stock.full - stock.on_hand))

    def _demand(self, stock: _Stock, day: date) -> Decimal:
        if day.weekday() == 6 and not stock.shelf.is_open_on_sunday:
            return Decimal(0)
        expected = stock.shelf.daily * WEEKDAYS[day.weekday()] * self._random.uniform(0.85, 1.15)
        if day.day in (15, 16, 30, 31, 1):
            expected *= 1.2
        if day.month == 12 and day.day >= 10:
            expected *= 1.35
        if day in self._promotions:
            expected *= 1.6
        if self._peak is not None:
            expected *= 1 + 0.35 * math.cos(2 * math.pi * (day.timetuple().tm_yday - self._peak) / 365)
        if self._line.is_weighed:
            return self._quantity(expected * self._random.gammavariate(8, 1 / 8))
        return Decimal(self._poisson(expected))

    def _quantity(self, value: float) -> Decimal:
        return Decimal(round(value * 200) * 5).scaleb(-3)

    def _poisson(self, expected: float) -> int:
        if expected > 30:
            return max(0, round(self._random.gauss(expected, math.sqrt(expected))))
        limit, product, count = math.exp(-expected), self._random.random(), 0
        while product > limit:
            product *= self._random.random()
            count += 1
        return count


def simulate(
    slug: str, lines: Sequence[Line], zone: ZoneInfo, first: date, *, southern: bool
) -> tuple[list[LedgerLine], dict[Place, Limits]]:
    """The whole shop's ledger in order of time, and what its shelves are kept between."""
    ledger: list[LedgerLine] = []
    limits: dict[Place, Limits] = {}
    for line in lines:
        simulation = Simulation(slug, line, zone, first, southern)
        limits |= simulation.limits
        ledger.extend(simulation.run())
    ledger.sort(key=lambda moved: moved.occurred_at)
    return ledger, limits
