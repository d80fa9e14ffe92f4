"""Tasks: what a customer wants, what they say and answer, and the facts that must hold in the database afterwards."""

from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BeforeValidator, Field, model_validator

from evals import world
from evals.world import Part

FOLDER = Path(__file__).parent / "datasets"


class Asked(StrEnum):
    """What kind of thing the shop's last messages ask for."""

    CONFIRM = "confirm"
    CHOOSE = "choose"
    REPLACE = "replace"
    QUANTITY = "quantity"
    FULFILMENT = "fulfilment"
    ADDRESS = "address"
    STORE = "store"
    NAME = "name"
    PHONE = "phone"
    PAYMENT = "payment"
    CANCEL = "cancel"
    PERSON = "person"
    MORE = "more"
    REPHRASE = "rephrase"


class ShopEvent(Part):
    """Something the shop's staff do in the middle of a conversation."""

    set_price: tuple[str, Decimal] | None = None
    set_stock: tuple[str, Decimal] | None = None
    verify_payment: bool = False
    reject_payment: bool = False
    reply: str | None = None
    release: str | None = None


class CartItem(Part):
    """One item of a WhatsApp catalogue cart; the price is what the sender's phone shows."""

    sku: str
    quantity: int
    price: Decimal | None = None


class Step(Part):
    """One thing the customer does; a plain string is something they write, a list of strings a burst."""

    say: tuple[str, ...] = ()
    press: str | None = Field(None, description="A button or row: its meaning (confirm, change, cancel), id, SKU or title.")
    image: str | None = Field(None, description="A photo with this caption; the bytes differ by caption.")
    send: Literal["voice", "sticker", "video"] | None = None
    location: tuple[float, float] | None = None
    cart: tuple[CartItem, ...] = ()
    raw: dict[str, object] | None = None
    advance_minutes: int = 0
    shop: ShopEvent | None = None
    waits: bool = Field(True, description="Whether the customer waits for the shop's answer before going on.")

    @property
    def is_message(self) -> bool:
        """Whether this step sends something to the shop."""
        return bool(self.say or self.press or self.image is not None or self.send or self.location or self.cart or self.raw)


def _as_step(value: object) -> object:
    if isinstance(value, str):
        return {"say": [value]}
    if isinstance(value, list):
        return {"say": value}
    if isinstance(value, dict) and isinstance(value.get("say"), str):
        return {**value, "say": [value["say"]]}
    return value


def _as_steps(value: object) -> object:
    return value if isinstance(value, list) else [value]


AnyStep = Annotated[Step, BeforeValidator(_as_step)]
Answers = Annotated[tuple[AnyStep, ...], BeforeValidator(_as_steps)]


class Knows(Part):
    """What the customer knows, and says when it is asked for."""

    fulfilment: Literal["delivery", "pickup"] | None = None
    address: str | None = None
    store: str | None = None
    name: str | None = None
    phone: str | None = None
    payment: str | None = Field(None, description="What they say of the payment when asked how they pay.")
    likes: tuple[str, ...] = Field((), description="SKUs they choose when the shop offers several.")


class Style(Part):
    """How the customer writes in the repetitions of a task; the first run is as written."""

    typos: float = Field(0.06, ge=0, le=0.5)
    splits: float = Field(0.25, ge=0, le=1, description="How often a message is sent in two pieces.")


class ExpectedOrder(Part):
    """An order as it must stand in the end. What is None may be anything."""

    key: str | None = Field(None, description="A past order of the world; None is an order of this conversation.")
    status: Literal["draft", "awaiting_confirmation", "confirmed", "shipped", "delivered", "cancelled"] = "confirmed"
    lines: dict[str, Decimal] | None = None
    fulfilment: Literal["delivery", "pickup"] | None = None
    store: str | None = None
    address_has: tuple[str, ...] = ()
    recipient_has: str | None = None
    payment_status: Literal["unpaid", "claimed", "partly_paid", "paid"] | None = None


class ExpectedPayment(Part):
    """A payment that must have been recorded in this conversation."""

    method: str | None = None
    reference: str | None = None
    amount: Decimal | None = None
    status: Literal["claimed", "verified", "rejected"] = "claimed"
    with_receipt: bool | None = None


class ToldPrice(Part):
    """The customer must have been told a value that is true in the world: the price of a SKU, or an order's status."""

    price: str | None = None
    order: str | None = None


class Expected(Part):
    """The end state, as facts about the database.

    `orders` and `payments` are complete: whatever else was made in the conversation is an unauthorised effect. An
    open draft without lines counts as none. `alternatives` are other end states that serve the customer as well.
    """

    orders: tuple[ExpectedOrder, ...] = ()
    payments: tuple[ExpectedPayment, ...] = ()
    handoff: bool | None = False
    told: tuple[ToldPrice, ...] = ()
    any_draft: bool = Field(False, description="An open draft may be left, whatever is in it.")
    alternatives: tuple["Expected", ...] = ()


class Task(Part):
    """One task of the suite."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    world: str
    language: str = Field(pattern=r"^(es-[A-Z]{2}|en|mixed)$")
    goal: str = Field(min_length=10, description="What the customer wants, for people and for customers played by a model.")
    hides: str | None = Field(None, description="What the customer will not say unasked.")
    customer: str | None = Field(None, description="A customer of the world; None is somebody new.")
    phone: str | None = None
    knows: Knows = Knows()
    script: tuple[AnyStep, ...] = Field(min_length=1)
    answers: dict[Asked, Answers] = Field(default_factory=dict)
    then: tuple[AnyStep, ...] = Field((), description="What the customer does after an order was confirmed.")
    silent_on: tuple[Asked, ...] = Field((), description="Questions that the customer does not answer.")
    expect: Expected = Expected()
    style: Style = Style()
    fault: str | None = Field(None, description="How the model's provider misbehaves meanwhile; see evals/faults.py.")
    most_rounds: int = Field(16, ge=1, le=40)
    smoke: bool = False
    family: str = ""

    @property
    def moves_clock(self) -> bool:
        """Whether the task moves business time, which all tasks of an installation share."""
        steps = [*self.script, *self.then, *(step for steps in self.answers.values() for step in steps)]
        return any(step.advance_minutes for step in steps)

    @property
    def wants_order(self) -> bool:
        """Whether the customer means to confirm an order, whatever becomes of it afterwards."""
        return any(order.key is None and order.status in ("confirmed", "cancelled") for order in self.expect.orders)

    @property
    def wanted(self) -> dict[str, Decimal]:
        """What the customer wants to have bought in the end, by SKU."""
        return next((order.lines for order in self.expect.orders if order.key is None and order.lines), {})

    @model_validator(mode="after")
    def _fits_its_world(self) -> "Task":
        shop = world.load(self.world)
        skus = {sku for product in shop.products for sku in product.skus}
        expected = [self.expect, *self.expect.alternatives]
        named = {sku for state in expected for order in state.orders for sku in order.lines or {}}
        named |= {sku for state in expected for told in state.told if (sku := told.price)} | set(self.knows.likes)
        if unknown := named - skus:
            raise ValueError(f"task {self.id}: {shop.name} does not sell {sorted(unknown)}")
        if self.customer is not None and self.customer not in shop.customers:
            raise ValueError(f"task {self.id}: {shop.name} does not know {self.customer}")
        past = {order.key for order in shop.customers[self.customer].orders} if self.customer else set()
        keys = {order.key for state in expected for order in state.orders if order.key is not None}
        if keys - past:
            raise ValueError(f"task {self.id}: no past order {sorted(keys - past)}")
        return self


class Family(Part):
    """One file of tasks."""

    family: str = Field(pattern=r"^[a-z]+(_[a-z]+)*$")
    about: str
    tasks: tuple[Task, ...] = Field(min_length=1)


@lru_cache
def load_families() -> dict[str, Family]:
    """All families by name; each is one YAML file in `evals/datasets`."""
    families = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        family = Family.model_validate(content)
        named = tuple(task.model_copy(update={"family": family.family}) for task in family.tasks)
        families[family.family] = family.model_copy(update={"tasks": named})
    return families


def load_tasks(families: list[str] | None = None, ids: list[str] | None = None) -> list[Task]:
    """The tasks of some families (or all), or those whose id begins with one of `ids`. Raises KeyError."""
    known = load_families()
    for name in families or []:
        if name not in known:
            raise KeyError(f"there is no family {name!r}; there are {', '.join(known)}")
    chosen = [task for name, family in known.items() if not families or name in families for task in family.tasks]
    if ids:
        chosen = [task for task in chosen if task.id.startswith(tuple(ids))]
    return chosen
