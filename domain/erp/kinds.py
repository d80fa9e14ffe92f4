"""The closed sets of the ERP."""

from enum import StrEnum


class Preset(StrEnum):
    """The ERPs whose names and queries are known."""

    MICROSIP = "microsip"
    ASPEL_SAE = "aspel_sae"


class JobType(StrEnum):
    """What one run reads, in the order in which runs follow one another: stock and sales are of products.

    `entity` is what a record is about, `key` the columns by which the ERP knows it.
    """

    entity: str
    key: tuple[str, ...]

    def __new__(cls, name: str, entity: str, *key: str) -> "JobType":
        """A member by its name, with what it reads."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.entity = entity
        member.key = key
        return member

    PRODUCTS = "sync_products", "product", "code"
    INVENTORY = "sync_inventory", "inventory", "product", "warehouse"
    SALES = "sync_sales", "sale", "folio", "line"
    CUSTOMERS = "sync_customers", "customer", "code"


class SyncStatus(StrEnum):
    """Where a run stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RowStatus(StrEnum):
    """What came of a record in the house."""

    SYNCED = "synced"
    UNMATCHED = "unmatched"
    """It is of nothing that the house knows; it is tried again with each run."""
    FAILED = "failed"
    IGNORED = "ignored"
    """Somebody said that the house does not want it."""
    GONE = "gone"
    """The ERP has it no more; in the house it stays as it was."""


class Side(StrEnum):
    """Who is right about a field that both have changed."""

    ERP = "erp"
    HOUSE = "house"


class Shared(StrEnum):
    """What both the ERP and the house know, and may say differently."""

    NAME = "name"
    DESCRIPTION = "description"
    CATEGORY = "category"
    BRAND = "brand"
    PRICE = "price"
    WHOLESALE_PRICE = "wholesale_price"
    COST = "cost"
    BARCODE = "barcode"
    STOCK = "stock"
    CUSTOMER_NAME = "customer_name"
    EMAIL = "email"
    PHONE = "phone"
    TAX_ID = "tax_id"
    CREDIT_LIMIT = "credit_limit"
