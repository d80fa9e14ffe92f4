"""The catalogue of pages: what there is, for whom, in which order. The navigation and the test of rights come from it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.access import OperationsPermission, Permission, Principal
from domain.accounts.permissions import WorkspacePermission
from domain.catalog.permissions import CatalogPermission
from domain.conversations.permissions import ConversationsPermission
from domain.customers.permissions import CustomersPermission
from domain.orders.permissions import OrdersPermission
from domain.payments.permissions import PaymentsPermission


class Group(StrEnum):
    """The parts of the navigation, in their order."""

    SERVE = "serve"
    SELL = "sell"
    STOCK = "stock"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a workspace: its path under `/console/@{workspace}/`, and the permission without which it is not shown.

    Its title is the text `console.page.<key>`; `icon` is a drawing of `assets/icons.svg`.
    """

    key: str
    path: str
    permission: Permission
    group: Group
    icon: str


HOME: Final = Page("home", "home", WorkspacePermission.READ, Group.SERVE, "home")
INBOX: Final = Page("inbox", "inbox", ConversationsPermission.READ, Group.SERVE, "inbox")
ORDERS: Final = Page("orders", "orders", OrdersPermission.READ, Group.SELL, "orders")
PAYMENTS: Final = Page("payments", "payments", PaymentsPermission.READ, Group.SELL, "payments")
CUSTOMERS: Final = Page("customers", "customers", CustomersPermission.READ, Group.SELL, "customers")
PRODUCTS: Final = Page("products", "products", CatalogPermission.READ, Group.SELL, "products")
AUDIT: Final = Page("audit", "audit", OperationsPermission.MANAGE, Group.HOUSE, "history")

ACCOUNT: Final = Page("account", "account", WorkspacePermission.READ, Group.HOUSE, "person")
"""It stands at the foot of the navigation."""

PAGES: Final = (HOME, INBOX, ORDERS, PAYMENTS, CUSTOMERS, PRODUCTS, AUDIT)
"""Every page of the navigation, in its order."""


def groups(principal: Principal) -> list[tuple[Group, list[Page]]]:
    """What somebody sees in the navigation: the pages that they may open, by group; a group without any is left out."""
    shown = [(group, [page for page in PAGES if page.group is group and principal.may(page.permission)]) for group in Group]
    return [(group, pages) for group, pages in shown if pages]
