"""Whether quantities can be counted in the units of what is moved."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from core.work import Work
from domain.catalog import service as catalog
from domain.catalog.errors import ProductNotFound
from domain.stock.errors import QuantityNotCountable

MOST = Decimal(10) ** 9


async def require_quantities(work: Work, quantities: Mapping[UUID, Decimal], *, sale: bool = True) -> None:
    """Raise QuantityNotCountable for a quantity that the variant's unit does not allow, ProductNotFound for no variant.

    A sale also respects the variant's step: half a bag of flour can be lost, and not be sold.
    """
    rules = await catalog.sale_rules(work, quantities)
    for variant_id, quantity in quantities.items():
        rule = rules.get(variant_id)
        if rule is None:
            raise ProductNotFound(variant_id=variant_id)
        grain = rule.grain if sale else Decimal(1).scaleb(-rule.precision)
        if not quantity.is_finite() or not 0 < quantity <= MOST or quantity % grain:
            raise QuantityNotCountable(variant_id=variant_id, quantity=quantity, unit=rule.unit, grain=grain)
