"""The brief of a turn: everything a model may know when it thinks, frozen when the turn is taken."""

from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from domain.connections.medium import Medium
from domain.conversations.content import Cart, Content, File, Stored, Text, said
from domain.conversations.states import State
from tools.context import Pending
from tools.outcome import Deed, Fact

DELIVERY = "delivery"
"""The subject of what a delivery costs in this shop, whatever the order."""


class Asked(StrEnum):
    """What the customer's words want of the shop, as the grammar hears them before any model is asked.

    `unclear` are words that may name goods or tell of the customer's day: `café`, `mañana viajo`.
    """

    NOTHING = "nothing"
    UNCLEAR = "unclear"
    AN_ANSWER = "an_answer"
    A_DEED = "a_deed"


class Frozen(BaseModel):
    """A value that is stored on the turn as JSON and read back unchanged."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class BriefLine(Frozen):
    """One line of the open draft, with the price as of now."""

    sku: str
    name: str
    quantity: Decimal
    unit: str = ""
    unit_price: Decimal = Decimal(0)
    total: Decimal = Decimal(0)


class BriefDraft(Frozen):
    """The open draft of this conversation."""

    lines: list[BriefLine] = Field(default_factory=list)
    total: Decimal = Decimal(0)
    fulfilment: str | None = None
    """`delivery`, `pickup`, or None while the customer has not said."""
    address: str | None = None
    store: str | None = None
    recipient_name: str | None = None
    recipient_phone: str | None = None
    notes: str | None = None
    payment_method: str | None = None
    """The code of the way of paying that the customer has chosen for it."""
    missing: list[str] = Field(default_factory=list)
    """What is still to be asked before the summary: `items`, `fulfilment`, `address`, `store`, `recipient_name`, `phone`."""
    confirmation_token: str | None = None
    """The token of the summary that the customer has been sent and has not answered."""
    amends: str | None = None
    """The number of the placed order that it changes, if it is no order of its own."""


class LastOrder(Frozen):
    """The customer's newest order of this shop."""

    number: str
    status: str
    payment_status: str
    total: Decimal
    due: Decimal = Decimal(0)
    lines: list[BriefLine] = Field(default_factory=list)
    can_change: bool = False
    """Whether the customer may still change it by chat."""


class Quoted(Frozen):
    """The message that a message of the customer answers: the customer's own, or one of the shop's."""

    author: str
    text: str | None = None


class AboutProduct(Frozen):
    """A product on sale that a message is about without having to name it."""

    sku: str
    name: str


class BriefMessage(Frozen):
    """One message of the customer that this turn answers."""

    content: Stored
    quoted: Quoted | None = None
    products: list[AboutProduct] = Field(default_factory=list)
    """What `this` means: the catalogue's product it was sent from, or those of the quoted message or the advertisement."""

    @property
    def text(self) -> str:
        """Its own words, if it has any."""
        return said(self.content)

    def saying(self, words: str) -> "BriefMessage":
        """The message with other words of its own."""
        match self.content:
            case Text():
                content: Content = self.content.model_copy(update={"text": words})
            case File():
                content = self.content.model_copy(update={"caption": words})
            case Cart():
                content = self.content.model_copy(update={"note": words})
            case _:
                return self
        return self.model_copy(update={"content": content})


class Clause(Frozen):
    """A part of what the customer wrote that is no question and no courtesy."""

    words: str
    """As it was written; of goods that a verb orders, their name alone."""
    telling: list[str]
    """Its folded words that say anything, by which it is known again in what was done."""
    quantity: Decimal | None = None
    """How many of the goods it names."""
    is_deed: bool = False
    """Whether it plainly orders something; else it may tell of anything."""
    deeds: list[Deed] = Field(default_factory=list)
    """What it orders, where that is plain."""


class Counted(Frozen):
    """So many of something, as a part of what the customer wrote counts it."""

    quantities: list[Decimal]
    """How many that may be: of what is sold by the pair, a pair is two or one."""
    goods: list[str] = Field(default_factory=list)
    """What is counted, in folded words; none where it is what was spoken of before: `mejor 5`."""
    is_total: bool = False
    """Whether so many are all that is wanted of it, whatever was said before."""


class Exact(Frozen):
    """A part of what the customer wrote with what can be held, word for word, against what is done or answered."""

    words: str
    """As it was written."""
    is_asking: bool = False
    is_bare: bool = False
    """Whether it is nothing but a number, which may take the place of one before it: `no, tres`."""
    counted: list[Counted] = Field(default_factory=list)
    """How many it names of what."""
    figures: list[Decimal] = Field(default_factory=list)
    """Other figures: of a house, a size, an order, a payment."""
    names: list[str] = Field(default_factory=list)
    """Folded words that name something, each of which is to be found again."""
    any_of: list[str] = Field(default_factory=list)
    """Folded words, such as those of a way to pay, one of which is to be found again."""


class Brief(Frozen):
    """What prompt and lexical model both read. It goes to JSON and back without loss."""

    language: str
    country: str
    currency: str
    timezone: str = "UTC"
    shop_name: str
    medium: Medium
    state: State
    customer_name: str | None = None
    draft: BriefDraft | None = None
    pending: Pending | None = None
    """The first point that is open with the customer: a number or a name that fits it is its answer."""
    waiting: list[Pending] = Field(default_factory=list)
    """The points that are open behind it, in order."""
    last_order: LastOrder | None = None
    stores: list[str] = Field(default_factory=list)
    payment_methods: list[str] = Field(default_factory=list)
    messages: list[BriefMessage] = Field(default_factory=list)
    asked: Asked = Asked.NOTHING
    """A courtesy is no answer where something is asked, and no receipt where something is ordered."""
    ordered: list[Deed] = Field(default_factory=list)
    """The deeds that the words plainly order; the reply says which of them nobody has tried."""
    clauses: list[Clause] = Field(default_factory=list)
    """What the words want besides answers, each wish by itself; the reply says which plain ones nobody has seen to."""
    exact: list[Exact] = Field(default_factory=list)
    """The parts that hold figures and names; the reply says of which of them it speaks otherwise."""
    topics: list[str] = Field(default_factory=list)
    """What the words plainly ask about, as topics of a reply: no other figure may stand for it."""
    is_for_delivery: bool = False
    """Whether the words say that the order is to be brought, without saying where."""
    tells: bool = True
    """Whether anything is told besides questions and orders, which a courtesy may answer."""
    facts: dict[str, Fact] = Field(default_factory=dict)
    """Facts of the session that a reply may use as `{s1}`, `{s2}`…"""
    was_attended: bool = False
    """Whether a person of the shop has seen to the customer and given the conversation back."""
    notes: list[str] = Field(default_factory=list)
    """Remarks of the runtime for the model, in English."""
    tools: list[str] = Field(default_factory=list)
    """The names of the tools offered in this state."""
    is_for_colleague: bool = False
    """Whether a colleague reads the reply: of an order and its customer nothing is said to them but what a call said."""
    failures: int = 0
    """Turns in a row that failed or were not understood; from the second on the model offers a person."""

    @property
    def first_name(self) -> str:
        """The customer's first name, where what they are called is one."""
        first = (self.customer_name or "").split()[:1]
        return first[0].capitalize() if first and first[0].isalpha() else ""

    @property
    def points(self) -> list[Pending]:
        """All points that are open with the customer."""
        return [*([self.pending] if self.pending is not None else []), *self.waiting]

    @property
    def just_placed(self) -> LastOrder | None:
        """The order that a word after its placing may mean, while it may still be changed and no other is open."""
        last, is_open = self.last_order, self.draft is not None and bool(self.draft.lines)
        return last if last is not None and last.can_change and self.state == State.DONE and not is_open else None
