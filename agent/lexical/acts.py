"""What a customer does with words: the acts that the grammar finds in a message."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypedDict

Want = Literal["complaint", "exchange", "refund", "invoice", "job", "information"]
"""What is wanted of the shop besides its goods."""


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
    """Something that is no good on sale: what (`want`), and in the customer's words (`said`)."""
    NOT_UNDERSTOOD = "not_understood"
    ADD = "add"
    SET = "set"
    MORE = "more"
    REMOVE = "remove"
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


class DeliveryDetails(TypedDict, total=False):
    """How an order goes to whom, as far as it was said: arguments of `set_delivery_details`."""

    fulfilment: str
    address: str
    store: str
    recipient_name: str
    phone: str
    notes: str


class PaymentDetails(TypedDict, total=False):
    """What was said of a payment: arguments of `register_payment`, and the words that name the method."""

    method: str
    method_words: str
    reference: str
    amount: Decimal
    bank: str


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `phrase` are the customer's words for a product, folded."""

    kind: ActKind
    phrase: str = ""
    quantity: Decimal | None = None
    unit: str | None = None
    is_wished: bool = False
    """The words say that it is to be ordered (`quiero`, `dame`)."""
    is_single: bool = False
    """An article counts it: `una remera`."""
    is_hold: bool = False
    """A refusal that asks to wait: `no, espera`."""
    is_bare: bool = False
    """Of a question that asks for no price and says more than a thing: talk if none is called so (`¿como andan?`)."""
    want: Want | None = None
    said: str = ""
    """The whole message of a want, folded."""
    sku: str | None = None
    """The option of the open question that is chosen."""
    row: str | None = None
    """The id of a chosen row of a list; `phrase` is its title."""
    token: str = ""
    """The confirmation token of a pressed button."""
    delivery: DeliveryDetails = field(default_factory=DeliveryDetails)
    payment: PaymentDetails = field(default_factory=PaymentDetails)
    is_intent: bool = False
    """A payment of which only the way is said, not that it was made."""


ITEM_ACTS = frozenset({ActKind.ADD, ActKind.SET, ActKind.MORE, ActKind.REMOVE, ActKind.BASKET})
"""What changes the lines of the draft."""
SMALL_TALK = frozenset({ActKind.GREET, ActKind.HOW_ARE_YOU, ActKind.THANKS, ActKind.BYE, ActKind.AFFIRM, ActKind.REACTION})
