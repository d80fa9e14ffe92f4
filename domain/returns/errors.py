"""Refusals about returns."""

from core.errors import Conflict, Invalid, NotFound


class ReturnNotFound(NotFound):
    """No such return."""

    code = "return_not_found"


class ReturnNotReady(Conflict):
    """The return is not in the status from which this step is taken."""

    code = "return_not_ready"


class NotReturnable(Conflict):
    """Nothing of the order has left the shop, so nothing can come back."""

    code = "not_returnable"


class ReturnExceedsOrder(Invalid):
    """More would come back than was ordered and is not back already."""

    code = "return_exceeds_order"


class ArrivalExceedsReturn(Invalid):
    """More came than was to be returned, or more of it shall be sold again than came."""

    code = "arrival_exceeds_return"


class RefundExceedsReceived(Conflict):
    """More would be given for the goods than what came is worth and is not given for already."""

    code = "refund_exceeds_received"


class StoreMissing(Invalid):
    """The store is not said from or to which the goods go."""

    code = "store_missing"
