"""Refusals about purchases."""

from core.errors import Conflict, Invalid, NotFound


class PurchaseOrderNotFound(NotFound):
    """No such purchase order."""

    code = "purchase_order_not_found"


class ReceiptNotFound(NotFound):
    """No such receipt of goods."""

    code = "goods_receipt_not_found"


class PurchaseOrderNotReady(Conflict):
    """The purchase order is not in the status from which this step is taken."""

    code = "purchase_order_not_ready"


class NothingOrdered(Conflict):
    """The purchase order has no lines."""

    code = "nothing_ordered"


class BelowMinimum(Conflict):
    """The supplier takes no order as small as this; whoever knows better says so with a reason."""

    code = "below_minimum_order"


class NotOrdered(Invalid):
    """The product is not in the purchase order."""

    code = "not_ordered"


class OverDelivered(Conflict):
    """More has come than was ordered and than the shop takes without being asked; a reason accepts it."""

    code = "over_delivered"


class CostChanged(Conflict):
    """The goods cost notably more or less than was agreed; a reason accepts it."""

    code = "cost_changed"


class ReturnExceedsReceipt(Conflict):
    """More would go back than was taken in and is not back already."""

    code = "return_exceeds_receipt"


class RejectedExceedsReceived(Invalid):
    """More would be refused at the door than came."""

    code = "rejected_exceeds_received"


class PackOfOrder(Invalid):
    """What was ordered comes in the packs of its order."""

    code = "pack_of_order"
