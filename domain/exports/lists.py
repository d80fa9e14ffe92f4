"""The lists that can be taken out of the house. Each is read page by page, so that no list is ever held as a whole."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from core import events, observability
from core.access import Permission, Principal
from core.event_types import EventType
from core.work import open_work
from domain.catalog import bulk as catalog
from domain.catalog.permissions import CatalogPermission
from domain.customers.permissions import CustomersPermission
from domain.exports import repository
from domain.exports.repository import Page
from domain.orders.permissions import OrdersPermission
from domain.payments.permissions import PaymentsPermission
from domain.sales import service as sales
from domain.sales.permissions import SalesPermission
from domain.stock import bulk as stock
from domain.stock.permissions import StockPermission

PAGE: Final = 1_000
"""How many rows are held at once."""


class ListName(StrEnum):
    """What can be exported."""

    PRODUCTS = "products"
    STOCK = "stock"
    MOVEMENTS = "movements"
    SALES = "sales"
    ORDERS = "orders"
    ORDER_LINES = "order_lines"
    CUSTOMERS = "customers"
    PAYMENTS = "payments"


@dataclass(frozen=True)
class Listed:
    """A list: what whoever sees it must be allowed to, its columns, a page of it behind a key, and the column that is it.

    `numbers` are the columns of customers' telephones, which are masked for whoever may not see them.
    """

    permissions: Sequence[Permission]
    columns: Sequence[str]
    page: Page
    key: str
    numbers: Collection[str] = ()

    def require(self, principal: Principal) -> None:
        """Raise NotPermitted unless they may see all that the list shows."""
        for permission in self.permissions:
            principal.require(permission)


LISTS: Final[Mapping[ListName, Listed]] = {
    ListName.PRODUCTS: Listed(
        (CatalogPermission.READ,),
        (
            "code", "name", "label", "price", "wholesale_price", "cost", "barcode", "description", "category", "brand", "model",
            "unit", "status",
        ),
        catalog.export_page,
        "code",
    ),
    ListName.STOCK: Listed(
        (StockPermission.READ,),
        ("store", "code", "name", "unit", "on_hand", "held", "available", "min_stock", "max_stock", "unit_cost"),
        stock.levels_page,
        "id",
    ),
    ListName.MOVEMENTS: Listed(
        (StockPermission.READ,),
        (
            "sequence", "occurred_at", "store", "code", "name", "type", "delta", "quantity_after", "unit_cost", "unit_price",
            "reason", "source", "source_ref",
        ),
        stock.movements_page,
        "sequence",
    ),
    ListName.SALES: Listed(
        (SalesPermission.READ,),
        ("date", "store", "code", "name", "quantity", "price", "total", "document"),
        sales.page,
        "id",
    ),
    ListName.ORDERS: Listed(
        (OrdersPermission.READ, CustomersPermission.READ),
        (
            "number", "date", "store", "customer", "phone", "status", "payment_status", "payment_method", "fulfilment",
            "address", "subtotal", "delivery_fee", "total", "refunded", "currency", "notes", "cancel_reason",
        ),
        repository.orders,
        "number",
        numbers=("phone",),
    ),
    ListName.ORDER_LINES: Listed(
        (OrdersPermission.READ,),
        (
            "number", "date", "store", "code", "name", "unit", "quantity", "unit_price", "total", "currency", "status",
        ),
        repository.order_lines,
        "id",
    ),
    ListName.CUSTOMERS: Listed(
        (CustomersPermission.READ,),
        (
            "name", "first_name", "last_name", "phone", "email", "tax_id", "tags", "credit_limit", "marketing_consent", "notes",
            "created_at",
        ),
        repository.customers,
        "id",
        numbers=("phone",),
    ),
    ListName.PAYMENTS: Listed(
        (PaymentsPermission.READ, CustomersPermission.READ),
        (
            "date", "order", "customer", "method", "bank", "reference", "amount", "currency", "status", "verified_amount",
            "decided_at", "decision_reason",
        ),
        repository.payments,
        "id",
    ),
}  # fmt: skip


async def pages(principal: Principal, name: ListName) -> AsyncIterator[list[list[Any]]]:
    """The rows of a list, some at a time, each page in a transaction of its own; raises NotPermitted.

    Who takes out whole numbers stands in the audit before the first of them leaves.
    """
    listed, after = LISTS[name], None
    listed.require(principal)
    masked = () if principal.may(CustomersPermission.REVEAL) else listed.numbers
    if listed.numbers and not masked:
        async with open_work(principal) as work:
            events.record(
                work, EventType.WORKSPACE_NUMBERS_EXPORTED, subject=principal.workspace_id, after={"list": name.value}
            )
    while True:
        async with open_work(principal) as work:
            rows = await listed.page(work, after, PAGE)
        yield [
            [observability.mask(row[column]) if column in masked and row[column] else row[column] for column in listed.columns]
            for row in rows
        ]
        if len(rows) < PAGE:
            return
        after = rows[-1][listed.key]
