"""Refusals of the orders room."""

from core.errors import Conflict, Invalid, NotFound


class OrderNotFound(NotFound):
    """This customer has no such order."""

    code = "order_not_found"


class NoDraft(NotFound):
    """The conversation has no open draft."""

    code = "no_draft"


class LineNotFound(NotFound):
    """The product is not in the draft."""

    code = "line_not_found"


class NotForSale(Invalid):
    """The product is not sold now, or has no price in the workspace's currency."""

    code = "not_for_sale"


class QuantityNotAllowed(Invalid):
    """The quantity is not positive, too large, or has more decimals than the unit is sold in."""

    code = "quantity_not_allowed"


class DraftTooLong(Invalid):
    """The draft already has as many lines as an order may have."""

    code = "draft_too_long"


class DeliveryNotOffered(Invalid):
    """The shop does not deliver, or has no pick-up."""

    code = "delivery_not_offered"


class ZoneUnknown(Invalid):
    """The shop names no such zone of delivery."""

    code = "zone_unknown"


class OrderOutsideZones(Conflict):
    """No zone of delivery is known for where the order shall go."""

    code = "order_outside_zones"


class ConfirmationStale(Conflict):
    """The summary that this token belongs to is no longer the order."""

    code = "confirmation_stale"


class OrderNotCancellable(Conflict):
    """The order has gone too far to be cancelled."""

    code = "order_not_cancellable"


class OrderNotChangeable(Conflict):
    """The placed order has gone too far to be changed by chat: a person decides."""

    code = "order_not_changeable"


class OrderNotOfChat(Conflict):
    """The order was placed in no conversation: there is nobody to ask in it."""

    code = "order_not_of_chat"


class DraftInTheWay(Conflict):
    """Another order is being put together in this conversation, which has to be placed or given up first."""

    code = "draft_in_the_way"


class OrderHasPayment(Conflict):
    """A payment stands on the order: only staff may undo it."""

    code = "order_has_payment"


class OrderNotReady(Conflict):
    """The order is not in the status from which this step is taken."""

    code = "order_not_ready"


class NoStore(Conflict):
    """The workspace has no active store from which anything could be served."""

    code = "no_store"


class OrderOfChat(Conflict):
    """The order is being put together in a conversation, where its customer decides on it."""

    code = "order_of_chat"


class OrderUnpaid(Conflict):
    """The order was to be paid before it leaves, and nobody has said why it may leave unpaid."""

    code = "order_unpaid"


class OrderIncomplete(Conflict):
    """The order lacks what it needs to be placed."""

    code = "order_incomplete"


class OrderOutOfStock(Conflict):
    """Less is there than the order wants."""

    code = "order_out_of_stock"


class OrderTooSmall(Conflict):
    """The order is below the least that the shop sends."""

    code = "order_too_small"


class OrderPriceChanged(Conflict):
    """Prices have changed since the order was put together; changing it, if by nothing, brings it to today's."""

    code = "order_price_changed"


class PaymentMethodUnknown(Invalid):
    """The shop takes no payments in this way."""

    code = "payment_method_unknown"
