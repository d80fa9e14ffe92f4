"""What an ERP says of one thing, read from the columns of a query: typed, trimmed, and refused where it cannot be meant."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from domain.erp.kinds import JobType

UNREADABLE: Final = "\ufffd"
"""What stands where the ERP's bytes are no text."""

MEANT: Final = range(1900, 2200)
"""The years of times that may be meant."""

Cursor = tuple[str | int, ...]
"""The key of a record, as the ERP has it."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One row of a query by the names of its columns; `error` says why there are none."""

    key: Cursor
    values: Mapping[str, object]
    error: str | None = None

    @property
    def written(self) -> str:
        """The key as it is shown to people."""
        return " / ".join(str(part) for part in self.key)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a record was not taken: the stable code, and the field if it is of one. It holds no value: that may be personal."""

    code: str
    field: str | None = None


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = str(value).replace("\x00", "").strip()
    if UNREADABLE in text:
        raise PydanticCustomError("erp_text_unreadable", "not readable as text")
    return text or None


def _number(value: object, grain: str) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        # A double is written out first: 0.1 is meant, not the nearest fraction of two.
        return Decimal(str(value)).quantize(Decimal(grain), ROUND_HALF_UP)
    except InvalidOperation:
        raise PydanticCustomError("erp_value_refused", "not a number of this size") from None


def _amount(value: object) -> Decimal | None:
    return _number(value, "0.01")


def _price(value: object) -> Decimal | None:
    # An ERP writes zero where it knows no price.
    return _amount(value) or None


def _quantity(value: object) -> Decimal | None:
    return _number(value, "0.001")


def _moment(value: object, info: ValidationInfo) -> object:
    """A time as the ERP's clock shows it, which is the shop's. A day alone begins at midnight."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, datetime):
        if value.year not in MEANT:
            raise PydanticCustomError("erp_value_refused", "not a time of this world")
        if value.tzinfo is None:
            return value.replace(tzinfo=(info.context or {}).get("zone", UTC)).astimezone(UTC)
    return value


def _known_moment(value: object, info: ValidationInfo) -> object:
    """The same; where an ERP writes the end of time for none, it is none."""
    return None if isinstance(value, date) and value.year not in MEANT else _moment(value, info)


def _flag(value: object) -> object:
    return bool(value) if isinstance(value, int | Decimal) else value


Amount = Annotated[Decimal | None, Field(max_digits=14, decimal_places=2), BeforeValidator(_amount)]
Price = Annotated[Decimal | None, Field(ge=0, max_digits=14, decimal_places=2), BeforeValidator(_price)]
Quantity = Annotated[Decimal, Field(max_digits=12, decimal_places=3), BeforeValidator(_quantity)]
Moment = Annotated[datetime | None, BeforeValidator(_known_moment)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Code = Annotated[str, Field(max_length=100), BeforeValidator(_text)]
Short = Annotated[str, Field(max_length=50), BeforeValidator(_text)]
Name = Annotated[str, Field(max_length=500), BeforeValidator(_text)]
Words = Annotated[str | None, Field(max_length=255), BeforeValidator(_text)]


class Record(BaseModel):
    """What the ERP says; `changed_at` is when it last changed it, where it knows."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    changed_at: Moment = None

    @property
    def digest(self) -> str:
        """By which a change is known."""
        return hashlib.sha256(self.model_dump_json(exclude={"changed_at"}).encode()).hexdigest()


class ProductRecord(Record):
    """A product of the ERP."""

    code: Code
    name: Name
    description: Annotated[str | None, Field(max_length=5000), BeforeValidator(_text)] = None
    category: Words = None
    brand: Words = None
    unit: Annotated[str | None, Field(max_length=50), BeforeValidator(_text)] = None
    price: Price = None
    wholesale_price: Price = None
    cost: Price = None
    barcode: Annotated[str | None, Field(max_length=50), BeforeValidator(_text)] = None
    is_active: Flag = True


class StockRecord(Record):
    """How much of a product lies in a warehouse of the ERP."""

    product: Code
    warehouse: Short
    on_hand: Quantity
    cost: Amount = None
    last_cost: Amount = None
    average_cost: Amount = None
    counted_at: Moment = None


class SaleRecord(Record):
    """One line of an invoice."""

    folio: Short
    line: Annotated[int, Field(ge=0, le=1_000_000)]
    product: Code
    customer: Annotated[str | None, Field(max_length=50), BeforeValidator(_text)] = None
    warehouse: Short
    quantity: Quantity
    price: Amount = None
    discount: Amount = None
    subtotal: Amount = None
    tax: Amount = None
    total: Amount = None
    sold_at: Annotated[datetime, BeforeValidator(_moment)]
    invoiced_at: Moment = None
    is_cancelled: Flag = False


class CustomerRecord(Record):
    """A customer of the ERP."""

    code: Short
    name: Name
    tax_id: Annotated[str | None, Field(max_length=20), BeforeValidator(_text)] = None
    email: Words = None
    phone: Annotated[str | None, Field(max_length=40), BeforeValidator(_text)] = None
    address: Annotated[str | None, Field(max_length=500), BeforeValidator(_text)] = None
    city: Annotated[str | None, Field(max_length=100), BeforeValidator(_text)] = None
    state: Annotated[str | None, Field(max_length=100), BeforeValidator(_text)] = None
    postal_code: Annotated[str | None, Field(max_length=10), BeforeValidator(_text)] = None
    credit_limit: Amount = None
    balance: Amount = None


RECORDS: Final[Mapping[JobType, type[Record]]] = {
    JobType.PRODUCTS: ProductRecord,
    JobType.INVENTORY: StockRecord,
    JobType.SALES: SaleRecord,
    JobType.CUSTOMERS: CustomerRecord,
}


def needed(type: JobType) -> frozenset[str]:
    """The columns without which a query is of no use."""
    return frozenset(name for name, field in RECORDS[type].model_fields.items() if field.is_required())


def read(type: JobType, raw: Raw, zone: ZoneInfo) -> Record | Problem:
    """A row as a record, or the first thing that is wrong with it."""
    if raw.error is not None:
        return Problem(raw.error)
    try:
        return RECORDS[type].model_validate(dict(raw.values), context={"zone": zone})
    except ValidationError as error:
        return _problem(error)


def _problem(error: ValidationError) -> Problem:
    first: Any = error.errors(include_url=False, include_input=False)[0]
    field = str(first["loc"][0]) if first["loc"] else None
    is_missing = first["type"] in {"missing", "string_type", "decimal_type", "datetime_type", "int_type"}
    if first["type"] == "erp_text_unreadable":
        return Problem("erp_text_unreadable", field)
    return Problem("erp_value_missing" if is_missing else "erp_value_refused", field)
