"""The closed sets of payments."""

from enum import StrEnum


class PaymentState(StrEnum):
    """A payment is a claim until staff have decided; only a verified one counts as paid."""

    CLAIMED = "claimed"
    VERIFIED = "verified"
    REJECTED = "rejected"


class PaymentKind(StrEnum):
    """How was paid: one of the shop's ways (`PaymentMethodKind`), or what a receipt alone shows."""

    TRANSFER = "transfer"
    MOBILE = "mobile"
    WALLET = "wallet"
    CARD = "card"
    CASH = "cash"
    RECEIPT = "receipt"
