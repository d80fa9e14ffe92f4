"""The closed sets of catalog."""

from enum import StrEnum


class ProductStatus(StrEnum):
    """Only active products are sold."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class PriceKind(StrEnum):
    """For whom a price is."""

    RETAIL = "retail"
    WHOLESALE = "wholesale"
