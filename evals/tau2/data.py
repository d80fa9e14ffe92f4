"""The shapes of tau2-bench's retail domain: its database, its tasks and its policy, which the user brings."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Part(BaseModel):
    """A part of the domain's files; what we do not use is kept as it came."""

    model_config = ConfigDict(extra="allow")


class Variant(_Part):
    """One item that can be bought."""

    item_id: str
    options: dict[str, str] = Field(default_factory=dict)
    available: bool
    price: float


class Product(_Part):
    """A product type with its items."""

    name: str
    product_id: str
    variants: dict[str, Variant]


class OrderItem(_Part):
    """One item of an order."""

    name: str
    product_id: str
    item_id: str
    price: float
    options: dict[str, str] = Field(default_factory=dict)


class OrderPayment(_Part):
    """Money that moved for an order."""

    transaction_type: str
    amount: float
    payment_method_id: str


class Order(_Part):
    """An order."""

    order_id: str
    user_id: str
    address: dict[str, Any]
    items: list[OrderItem]
    status: str
    payment_history: list[OrderPayment] = Field(default_factory=list)


class User(_Part):
    """A customer with addresses, ways of paying and orders."""

    user_id: str
    name: dict[str, str]
    address: dict[str, Any]
    email: str
    payment_methods: dict[str, dict[str, Any]]
    orders: list[str]


class Database(_Part):
    """The whole database; an agent's writes change it in place."""

    products: dict[str, Product]
    users: dict[str, User]
    orders: dict[str, Order]


class Action(_Part):
    """A call that the reference solution makes."""

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Criteria(_Part):
    """By what a task is graded."""

    actions: list[Action] | None = None
    communicate_info: list[str] | None = None
    reward_basis: list[str] | None = None


class Instructions(_Part):
    """What the simulated user is told."""

    task_instructions: str = ""
    reason_for_call: str = ""
    known_info: str | None = None
    unknown_info: str | None = None


class Scenario(_Part):
    """The simulated user."""

    persona: str | None = None
    instructions: Instructions | str


class RetailTask(_Part):
    """One task."""

    id: str
    user_scenario: Scenario
    evaluation_criteria: Criteria


class Domain(BaseModel):
    """The three files of the domain folder: `db.json`, `tasks.json`, `policy.md`."""

    database: str
    tasks: list[RetailTask]
    policy: str

    def fresh(self) -> Database:
        """A database of one's own, as the file has it."""
        return Database.model_validate_json(self.database)


_TASKS = TypeAdapter(list[RetailTask])


class DomainMissing(Exception):
    """The folder does not hold the domain's files."""


def load(folder: Path) -> Domain:
    """Read the domain from a folder, such as `data/tau2/domains/retail` of a checkout of the benchmark."""
    missing = [name for name in ("db.json", "tasks.json", "policy.md") if not (folder / name).exists()]
    if missing:
        raise DomainMissing(f"{folder} lacks {', '.join(missing)}; point it at the benchmark's retail domain")
    domain = Domain.model_validate(
        {
            "database": (folder / "db.json").read_text(encoding="utf-8"),
            "tasks": _TASKS.validate_json((folder / "tasks.json").read_text(encoding="utf-8")),
            "policy": (folder / "policy.md").read_text(encoding="utf-8"),
        }
    )
    domain.fresh()
    return domain
