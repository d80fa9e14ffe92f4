"""What a customer does with words: the acts that the grammar finds in a message."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class ActKind(StrEnum):
    """Kinds of acts; several may stand in one message."""

    GREET = "greet"
    HOW_ARE_YOU = "how_are_you"
    THANKS = "thanks"
    BYE = "bye"
    WHO_ARE_YOU = "who_are_you"
    HUMAN = "human"
    COMPLAINT = "complaint"
    WANT = "want"
    """Something that is no good on sale: `details` say what (`want`), and in the customer's words (`said`)."""
    NOT_UNDERSTOOD = "not_understood"
    ADD = "add"
    SET = "set"
    MORE = "more"
    REMOVE = "remove"
    REPLACE = "replace"
    CHOOSE = "choose"
    CHOOSE_NONE = "choose_none"
    CLEAR = "clear"
    BASKET = "basket"
    REPEAT_ORDER = "repeat_order"
    ASK_PRICE = "ask_price"
    ASK_AVAILABILITY = "ask_availability"
    ASK_CATALOGUE = "ask_catalogue"
    ASK_TOTAL = "ask_total"
    ASK_PAYMENT_METHODS = "ask_payment_methods"
    ASK_DELIVERY = "ask_delivery"
    ASK_DELIVERY_TIME = "ask_delivery_time"
    ASK_STORES = "ask_stores"
    ASK_HOURS = "ask_hours"
    DELIVERY = "delivery"
    FINISH = "finish"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    CHANGE = "change"
    CANCEL = "cancel"
    STATUS = "status"
    PAY = "pay"
    PAY_INTENT = "pay_intent"
    RECEIPT = "receipt"
    MEDIA = "media"
    REACTION = "reaction"
    AFFIRM = "affirm"
    START_ORDER = "start_order"
    HAGGLE = "haggle"
    CHITCHAT = "chitchat"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `phrase` are the customer's words for a product, folded; `details` are values read from the text."""

    kind: ActKind
    phrase: str = ""
    quantity: Decimal | None = None
    unit: str | None = None
    details: dict[str, str] = field(default_factory=dict)
    new: "Act | None" = None
    """The other side of a replacement."""


ITEM_ACTS = frozenset({ActKind.ADD, ActKind.SET, ActKind.MORE, ActKind.REMOVE, ActKind.REPLACE, ActKind.BASKET})
"""What changes the lines of the draft."""
SMALL_TALK = frozenset({ActKind.GREET, ActKind.HOW_ARE_YOU, ActKind.THANKS, ActKind.BYE, ActKind.AFFIRM, ActKind.REACTION})
