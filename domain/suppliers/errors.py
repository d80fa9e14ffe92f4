"""Refusals about suppliers."""

from core.errors import Conflict, Invalid, NotFound


class SupplierNotFound(NotFound):
    """No such supplier."""

    code = "supplier_not_found"


class SupplierExists(Conflict):
    """Another supplier has this name or this tax id."""

    code = "supplier_exists"


class SupplierInactive(Conflict):
    """Nothing is bought from this supplier any more."""

    code = "supplier_inactive"


class SupplierProductNotFound(NotFound):
    """The supplier does not sell this product."""

    code = "supplier_product_not_found"


class TaxIdInvalid(Invalid):
    """The tax id cannot be one of its country.

    `problem` is `length`, `format`, `component` or `check_digit`; `suggestions` are valid ids that were perhaps meant, and
    `also_valid_in` the countries in which the id would hold.
    """

    code = "tax_id_invalid"
