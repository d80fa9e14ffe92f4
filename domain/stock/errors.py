"""What may go wrong with stock."""

from collections.abc import Sequence

from core.errors import Conflict, Invalid, NotFound
from domain.stock.schemas import Shortage


class OutOfStock(Conflict):
    """Some lines cannot be promised; nothing was. `shortages` says what there is."""

    code = "out_of_stock"
    correctable = True

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        super().__init__("not enough stock for " + ", ".join(str(s.variant_id) for s in shortages))
        self.shortages = tuple(shortages)


class HoldsLost(Conflict):
    """The order's holds have ended; the stock has to be reserved again."""

    code = "holds_lost"


class StockPromised(Conflict):
    """The change would leave less in the store than is promised to orders."""

    code = "stock_promised"


class StockTooLarge(Conflict):
    """The level or its value would be larger than can be written down."""

    code = "stock_too_large"


class QuantityNotCountable(Invalid):
    """The unit does not allow this quantity."""

    code = "quantity_not_countable"


class ProductRepeated(Invalid):
    """Each product is named once in a list of quantities."""

    code = "product_repeated"


class ReasonMissing(Invalid):
    """What changes the books without a document needs a reason."""

    code = "reason_missing"


class LimitsCrossed(Invalid):
    """The most that shall lie there is less than the least."""

    code = "limits_crossed"


class CountNameMissing(Invalid):
    """A count needs a name."""

    code = "count_name_missing"


class TransferWithinStore(Invalid):
    """A transfer goes from one store to another."""

    code = "transfer_within_store"


class NotInStore(Invalid):
    """The variant has no stock record in this store."""

    code = "not_in_store"


class TransferNotFound(NotFound):
    """No such transfer."""

    code = "transfer_not_found"


class TransferNotReady(Conflict):
    """The transfer is not in the status from which this step is taken."""

    code = "transfer_not_ready"


class TransferExceeded(Invalid):
    """More would be sent than was asked for, or more would end than is on its way."""

    code = "transfer_exceeded"


class CountNotFound(NotFound):
    """No such count."""

    code = "count_not_found"


class CountNotOpen(Conflict):
    """The count is over, or the store has another one that is open."""

    code = "count_not_open"


class CountsDiffer(Conflict):
    """People have counted differently; somebody has to choose, or count again. `variants` names the products."""

    code = "counts_differ"


class CountOutdated(Conflict):
    """A level was corrected after it was counted; count these products again. `variants` names them."""

    code = "count_outdated"
