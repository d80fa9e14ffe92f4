"""From levels to quantities: what is missing somewhere, what other stores can spare, and how many packs that is.

Plain functions of their arguments: the same figures give the same proposals, however often they are asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from uuid import UUID

_NOTHING = Decimal(0)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Source:
    """Of whom a variant is bought: in packs of how many pieces, at least how many, at what cost, in how many days."""

    supplier_id: UUID
    pack_size: Decimal
    minimum_packs: Decimal
    pack_cost: Decimal | None
    lead_days: int
    review_days: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """A variant in a store as it is, and the level to which it is to be filled, in pieces.

    `trigger` is the stock, with what comes, at which an order is due; `expected` is what will be wanted until the order
    after the next one is there.
    """

    store_id: UUID
    variant_id: UUID
    on_hand: Decimal
    held: Decimal
    incoming: Decimal
    level: Decimal
    expected: Decimal
    trigger: Decimal
    abc: str
    source: Source | None
    is_due: bool = False
    """Whether an order for it waits already, which is filled up whatever the trigger says."""

    @property
    def position(self) -> Decimal:
        """What is free, with what comes."""
        return self.on_hand - self.held + self.incoming

    @property
    def needs(self) -> Decimal:
        """How much is missing to the level, once an order is due."""
        is_due = self.is_due or self.position <= self.trigger
        return max(self.level - self.position, _NOTHING) if is_due else _NOTHING

    @property
    def spare(self) -> Decimal:
        """How much of what lies there and is free is above the level, in whole pieces."""
        above = min(self.on_hand - self.held, self.position - self.level)
        return max(above, _NOTHING).to_integral_value(ROUND_FLOOR)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A quantity for a shelf: so many packs of its source, or so many pieces of another store."""

    shelf: Shelf
    packs: Decimal
    pack_size: Decimal
    pack_cost: Decimal | None = None
    supplier_id: UUID | None = None
    from_store_id: UUID | None = None
    why: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def cost(self) -> Decimal:
        """What it costs, as far as that is known."""
        return self.packs * (self.pack_cost or _NOTHING)


def packs_of(quantity: Decimal, source: Source) -> Decimal:
    """How many whole packs hold a quantity, and no fewer than the supplier sells."""
    return max((quantity / source.pack_size).to_integral_value(ROUND_CEILING), source.minimum_packs, _ONE)


def plan(shelves: Sequence[Shelf], budget: Decimal | None = None) -> list[Wanted]:
    """What to move and what to buy: other stores' goods first, and within the budget what matters most."""
    spare = {(one.store_id, one.variant_id): one.spare for one in shelves}
    of_variant: dict[UUID, list[Shelf]] = {}
    for one in shelves:
        of_variant.setdefault(one.variant_id, []).append(one)
    found: list[Wanted] = []
    for shelf in sorted(shelves, key=lambda one: (one.abc, str(one.store_id), str(one.variant_id))):
        needs = shelf.needs
        if needs <= 0:
            continue
        moved = list(_moved(shelf, needs, of_variant[shelf.variant_id], spare))
        found += moved
        rest = needs - sum((one.packs for one in moved), _NOTHING)
        if rest > 0 and shelf.source is not None:
            packs = packs_of(rest, shelf.source)
            found.append(Wanted(shelf, packs, shelf.source.pack_size, shelf.source.pack_cost, shelf.source.supplier_id))
    return [replace(one, why=_why(one, found)) for one in _affordable(found, budget)]


def _moved(shelf: Shelf, needs: Decimal, others: Iterable[Shelf], spare: dict[tuple[UUID, UUID], Decimal]) -> Iterable[Wanted]:
    """What one other store can give, the one with the most to spare; several journeys for one product are not worth it."""
    key = max(
        ((one.store_id, one.variant_id) for one in others if one.store_id != shelf.store_id),
        key=lambda place: (spare[place], str(place[0])),
        default=None,
    )
    if key is None:
        return
    quantity = min(spare[key], needs.to_integral_value(ROUND_CEILING))
    if quantity > 0:
        spare[key] -= quantity
        yield Wanted(shelf, quantity, _ONE, from_store_id=key[0])


def _affordable(found: list[Wanted], budget: Decimal | None) -> list[Wanted]:
    """What fits the budget: class A before B before C, and within a class what will be missed soonest."""
    if budget is None:
        return found
    left, kept = budget, []
    for one in sorted(found, key=lambda one: (one.shelf.abc, _days_left(one.shelf))):
        if one.cost <= left:
            left -= one.cost
            kept.append(one)
    return kept


def _days_left(shelf: Shelf) -> Decimal:
    return shelf.position / shelf.expected if shelf.expected > 0 else Decimal("Infinity")


def _why(wanted: Wanted, found: Iterable[Wanted]) -> dict[str, str | int]:
    """The figures from which the quantity follows; whoever adds them up comes to it."""
    shelf, source = wanted.shelf, wanted.shelf.source
    moved = sum((one.packs for one in found if one.shelf is shelf and one.from_store_id is not None), _NOTHING)
    figures: dict[str, str | int] = {
        "on_hand": str(shelf.on_hand),
        "held": str(shelf.held),
        "incoming": str(shelf.incoming),
        "level": str(shelf.level),
        "expected": str(shelf.expected),
        "safety": str(shelf.level - shelf.expected),
        "trigger": str(shelf.trigger),
        "needed": str(shelf.needs),
        "moved": str(moved),
        "abc": shelf.abc,
    }
    if source is not None:
        figures |= {
            "lead_days": source.lead_days,
            "review_days": source.review_days,
            "pack_size": str(source.pack_size),
            "minimum_packs": str(source.minimum_packs),
        }
    return figures
