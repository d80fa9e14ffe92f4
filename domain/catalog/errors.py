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


class PositionIncomplete(Invalid):
    """A position has a latitude and a longitude."""

    code = "position_incomplete"


class CodeTaken(Conflict):
    """Another product, variant, unit, category or store has this code, SKU, barcode or name."""

    code = "code_taken"
    correctable = True


class PriceMissing(Invalid):
    """Something without a price cannot be sold."""

    code = "price_missing"


class CategoryCircle(Conflict):
    """A category cannot lie below itself."""

    code = "category_circle"


class CategoryInUse(Conflict):
    """Products lie in the category, or other categories below it."""

    code = "category_in_use"


class PathTooLong(Invalid):
    """The path of the category, or of one below it, would be too long."""

    code = "category_path_too_long"


class UnitNotFound(NotFound):
    """No unit has this code."""

    code = "unit_not_found"


class PriceNotFound(NotFound):
    """The variant has no such price."""

    code = "price_not_found"


class PriceBegun(Conflict):
    """A price that has begun stays in the history; another one takes its place."""

    code = "price_begun"


class PricePast(Invalid):
    """A price cannot begin or end in the past."""

    code = "price_past"


class ContentIncomplete(Invalid):
    """What is in a package is said by a quantity and its unit."""

    code = "content_incomplete"
