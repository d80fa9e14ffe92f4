"""What may go wrong with the catalogue."""

from core.errors import Conflict, Invalid, NotFound


class ProductNotFound(NotFound):
    """Nothing has this code or SKU."""

    code = "product_not_found"


class StoreNotFound(NotFound):
    """No store has this code."""

    code = "store_not_found"


class CategoryNotFound(NotFound):
    """No category lies at this path."""

    code = "category_not_found"


class CodeTaken(Conflict):
    """Another product, variant, unit, category or store has this code, SKU, barcode or name."""

    code = "code_taken"
    correctable = True


class PriceMissing(Invalid):
    """Something without a price cannot be sold."""

    code = "price_missing"
