"""The catalogue of pages: what there is, for whom, in which order. The navigation and the test of rights come from it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.access import OperationsPermission, Permission, Principal
from domain.accounts.permissions import WorkspacePermission
from domain.alerts.permissions import AlertsPermission
from domain.catalog.permissions import CatalogPermission
from domain.connections.permissions import ConnectionsPermission
from domain.conversations.permissions import ConversationsPermission
from domain.customers.permissions import CustomersPermission
from domain.emissions.permissions import EmissionsPermission
from domain.erp.permissions import ErpPermission
from domain.forecasts.permissions import ForecastsPermission
from domain.imports.permissions import ImportsPermission
from domain.logistics.permissions import LogisticsPermission
from domain.machines.permissions import MachinesPermission
from domain.orders.permissions import OrdersPermission
from domain.payments.permissions import PaymentsPermission
from domain.purchasing.permissions import PurchasesPermission
from domain.replenishment.permissions import ReplenishmentPermission
from domain.returns.permissions import ReturnsPermission
from domain.statistics.permissions import StatisticsPermission
from domain.stock.permissions import StockPermission
from domain.suppliers.permissions import SuppliersPermission
from domain.teams.permissions import DeskPermission


class Group(StrEnum):
    """The parts of the navigation, in their order."""

    SERVE = "serve"
    SELL = "sell"
    STOCK = "stock"
    PLANT = "plant"
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
ASSISTANT: Final = Page("assistant", "assistant", WorkspacePermission.READ, Group.SERVE, "robot")
ORDERS: Final = Page("orders", "orders", OrdersPermission.READ, Group.SELL, "orders")
PAYMENTS: Final = Page("payments", "payments", PaymentsPermission.READ, Group.SELL, "payments")
CUSTOMERS: Final = Page("customers", "customers", CustomersPermission.READ, Group.SELL, "customers")
DELIVERIES: Final = Page("deliveries", "deliveries", LogisticsPermission.READ, Group.SELL, "truck")
PRODUCTS: Final = Page("products", "products", CatalogPermission.READ, Group.SELL, "products")
STOCK: Final = Page("stock", "stock", StockPermission.READ, Group.STOCK, "stock")
FORECASTS: Final = Page("forecasts", "forecasts", ForecastsPermission.READ, Group.STOCK, "chart")
ALERTS: Final = Page("alerts", "alerts", AlertsPermission.READ, Group.SERVE, "alert")
PROPOSALS: Final = Page("proposals", "proposals", ReplenishmentPermission.READ, Group.STOCK, "plus")
COUNTS: Final = Page("counts", "counts", StockPermission.READ, Group.STOCK, "check")
TRANSFERS: Final = Page("transfers", "transfers", StockPermission.READ, Group.STOCK, "switch")
PURCHASES: Final = Page("purchases", "purchases", PurchasesPermission.READ, Group.STOCK, "note")
RECEIPTS: Final = Page("receipts", "receipts", PurchasesPermission.READ, Group.STOCK, "down")
SUPPLIERS: Final = Page("suppliers", "suppliers", SuppliersPermission.READ, Group.STOCK, "truck")
RETURNS: Final = Page("returns", "returns", ReturnsPermission.READ, Group.SELL, "return")
IMPORTS: Final = Page("imports", "imports", ImportsPermission.READ, Group.STOCK, "import")
ERP: Final = Page("erp", "erp", ErpPermission.READ, Group.STOCK, "plug")
METRICS: Final = Page("metrics", "metrics", StatisticsPermission.READ, Group.HOUSE, "chart")
EMISSIONS: Final = Page("emissions", "emissions", EmissionsPermission.READ, Group.PLANT, "chart")
MACHINES: Final = Page("machines", "machines", MachinesPermission.READ, Group.PLANT, "device")
MAINTENANCE: Final = Page("maintenance", "maintenance", MachinesPermission.READ, Group.PLANT, "note")
SETTINGS: Final = Page("settings", "settings", WorkspacePermission.READ, Group.HOUSE, "settings")
STORES: Final = Page("stores", "stores", CatalogPermission.READ, Group.HOUSE, "shop")
TEAM: Final = Page("team", "team", OperationsPermission.MANAGE, Group.HOUSE, "team")
DESK: Final = Page("desk", "desk", DeskPermission.READ, Group.HOUSE, "hand")
CONNECTIONS: Final = Page("connections", "connections", ConnectionsPermission.READ, Group.HOUSE, "plug")
ROLES: Final = Page("roles", "roles", OperationsPermission.MANAGE, Group.HOUSE, "lock")
ZONES: Final = Page("zones", "zones", WorkspacePermission.READ, Group.HOUSE, "pin")
MODELS: Final = Page("models", "models", OperationsPermission.MANAGE, Group.HOUSE, "robot")
TRACES: Final = Page("traces", "traces", OperationsPermission.MANAGE, Group.HOUSE, "search")
ONBOARDING: Final = Page("onboarding", "onboarding", OperationsPermission.MANAGE, Group.HOUSE, "check")
KEYS: Final = Page("keys", "keys", OperationsPermission.MANAGE, Group.HOUSE, "key")
WEBHOOKS: Final = Page("webhooks", "webhooks", OperationsPermission.MANAGE, Group.HOUSE, "send")
PREFERENCES: Final = Page("preferences", "preferences", WorkspacePermission.READ, Group.HOUSE, "bell")
JOBS: Final = Page("jobs", "jobs", OperationsPermission.MANAGE, Group.HOUSE, "jobs")
AUDIT: Final = Page("audit", "audit", OperationsPermission.MANAGE, Group.HOUSE, "history")

ACCOUNT: Final = Page("account", "account", WorkspacePermission.READ, Group.HOUSE, "person")
"""It stands at the foot of the navigation."""

PAGES: Final = (
    HOME,
    INBOX,
    ASSISTANT,
    ALERTS,
    ORDERS,
    PAYMENTS,
    DELIVERIES,
    CUSTOMERS,
    PRODUCTS,
    RETURNS,
    STOCK,
    FORECASTS,
    PROPOSALS,
    COUNTS,
    TRANSFERS,
    PURCHASES,
    RECEIPTS,
    SUPPLIERS,
    IMPORTS,
    ERP,
    METRICS,
    ONBOARDING,
    MACHINES,
    MAINTENANCE,
    EMISSIONS,
    SETTINGS,
    ZONES,
    STORES,
    TEAM,
    ROLES,
    DESK,
    CONNECTIONS,
    KEYS,
    WEBHOOKS,
    PREFERENCES,
    MODELS,
    TRACES,
    JOBS,
    AUDIT,
)
"""Every page of the navigation, in its order."""


def groups(principal: Principal) -> list[tuple[Group, list[Page]]]:
    """What somebody sees in the navigation: the pages that they may open, by group; a group without any is left out."""
    shown = [(group, [page for page in PAGES if page.group is group and principal.may(page.permission)]) for group in Group]
    return [(group, pages) for group, pages in shown if pages]
