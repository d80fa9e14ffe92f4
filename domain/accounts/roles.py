"""The roles of a shop's staff, what each may do, and what the agent may do for a customer.

The nouns declare what can be allowed (`permissions` in each); a role names it, one by one or by a wildcard.
"""

import importlib
import importlib.util
import pkgutil
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

import domain
from core.access import OperationsPermission, Permission, Principal, PrincipalKind, covers


class Role(StrEnum):
    """Roles of a user in a workspace."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    INVENTORY_SUPERVISOR = "inventory_supervisor"
    OPERATOR = "operator"
    VIEWER = "viewer"


GRANTS: dict[Role, frozenset[str]] = {
    Role.OWNER: frozenset({"*"}),
    Role.ADMIN: frozenset({"*"}),
    Role.MANAGER: frozenset(
        {
            "*:read",
            "catalog:*",
            "stock:*",
            "suppliers:*",
            "purchases:*",
            "returns:*",
            "imports:*",
            "sales:*",
            "customers:*",
            "orders:*",
            "payments:*",
            "conversations:*",
            "handoff:*",
            "desk:*",
            "notifications:raise",
            "machines:*",
            "emissions:*",
            "erp:sync",
            "logistics:*",
        }
    ),
    Role.INVENTORY_SUPERVISOR: frozenset(
        {
            "*:read",
            "catalog:write",
            "stock:*",
            "imports:write",
            "sales:write",
            "suppliers:write",
            "purchases:*",
            "notifications:raise",
            "machines:operate",
            "erp:sync",
        }
    ),
    Role.OPERATOR: frozenset(
        {
            "*:read",
            "conversations:*",
            "customers:write",
            "customers:reveal",
            "orders:draft",
            "orders:confirm",
            "orders:cancel",
            "orders:pay",
            "payments:read",
            "payments:claim",
            "payments:verify",
            "stock:hold",
            "stock:count",
            "stock:transfer",
            "returns:write",
            "notifications:raise",
        }
    ),
    Role.VIEWER: frozenset({"*:read"}),
}

CUSTOMER: frozenset[str] = frozenset(
    {
        "workspace:read",
        "catalog:read",
        "stock:read",
        "stock:hold",
        "customers:read",
        "customers:write",
        "customers:reveal",
        "orders:read",
        "orders:draft",
        "orders:confirm",
        "orders:cancel",
        "orders:pay",
        "payments:read",
        "payments:claim",
        "files:read",
        "handoff:request",
        "notifications:raise",
    }
)
"""What the agent may do when it acts for a customer, on that customer's own things only."""


DRIVER: frozenset[str] = frozenset(
    {
        "workspace:read",
        "catalog:read",
        "stock:read",
        "stock:transfer",
        "orders:read",
        "orders:fulfil",
        "logistics:read",
        "logistics:drive",
    }
)
"""What the link of a route may do, in the stores between which the route moves goods."""


def driver_of(workspace_id: UUID, route_id: UUID, stores: frozenset[UUID]) -> Principal:
    """Whoever holds the link of a route: nobody of whom there is an account."""
    return Principal(PrincipalKind.DRIVER, workspace_id, DRIVER, route_id, stores)


def staff(workspace_id: UUID, user_id: UUID, role: Role) -> Principal:
    """A person of the shop's staff."""
    return Principal(PrincipalKind.USER, workspace_id, GRANTS[role], user_id)


def agent_for(workspace_id: UUID, customer_id: UUID) -> Principal:
    """The agent while it serves one customer: it can do what that customer may do."""
    return Principal(PrincipalKind.AGENT, workspace_id, CUSTOMER, customer_id)


def permissions() -> list[Permission]:
    """Everything that can be allowed: what each noun declares, and the running of the house."""
    nouns = [module.name for module in pkgutil.iter_modules(domain.__path__) if module.ispkg]
    names = [f"domain.{noun}.permissions" for noun in nouns]
    declared = [importlib.import_module(name) for name in names if importlib.util.find_spec(name) is not None]
    kinds = {kind: None for module in declared for kind in vars(module).values() if isinstance(kind, type)}
    found = [permission for kind in kinds if issubclass(kind, Permission) for permission in kind]
    return [*found, *OperationsPermission]


@lru_cache
def common(some: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """What two grants have in common."""
    if "*" in others:
        return some
    return frozenset(one.value for one in permissions() if covers(some, one) and covers(others, one))


def is_known(name: str) -> bool:
    """Whether a permission's name or a wildcard allows anything at all."""
    return any(covers({name}, permission) for permission in permissions())
