"""What is said of prices, and how one is set."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from domain.catalog.kinds import PriceKind
from domain.catalog.schemas import Code, Command, Storable, Text, View


class PriceView(View):
    """A price of a variant and for how long it holds; without an amount there is none of its kind."""

    id: UUID
    kind: PriceKind
    amount: Decimal | None
    starts_at: datetime
    ends_at: datetime | None
    reason: str | None
    actor_kind: str
    actor_id: UUID | None


class PriceWritten(PriceView):
    """A price that was written, and the version that its product has by that."""

    version: int


class PricesAt(View):
    """What a variant costs at a moment."""

    sku: str
    currency: str
    at: datetime
    retail: Decimal | None
    wholesale: Decimal | None


class NewPrice(Command):
    """A price, for good or until `ends_at`; from now on, unless it begins later. Only a wholesale price may be none."""

    kind: PriceKind = PriceKind.RETAIL
    amount: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)] | None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    reason: Annotated[str, Text, Field(max_length=500), Storable] | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.amount is None and self.kind is PriceKind.RETAIL:
            raise ValueError("a retail price needs an amount")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError("a price ends after it begins")
        return self


class SkuPrice(NewPrice):
    """A price among many; `version` is that of the product, if it matters whether somebody changed it since."""

    sku: Code
    version: int | None = None
