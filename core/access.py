"""Who acts, and what they may do: principals, permissions and the roles of a shop's staff."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from core.errors import NotPermitted


class Permission(StrEnum):
    """What can be allowed, as `resource:action`."""

    CATALOG_READ = "catalog:read"
    CATALOG_WRITE = "catalog:write"
    STOCK_READ = "stock:read"
    STOCK_HOLD = "stock:hold"
    STOCK_ADJUST = "stock:adjust"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    ORDERS_READ = "orders:read"
    ORDERS_DRAFT = "orders:draft"
    ORDERS_CONFIRM = "orders:confirm"
    ORDERS_CANCEL = "orders:cancel"
    ORDERS_FULFIL = "orders:fulfil"
    PAYMENTS_READ = "payments:read"
    PAYMENTS_CLAIM = "payments:claim"
    PAYMENTS_VERIFY = "payments:verify"
    CONVERSATIONS_READ = "conversations:read"
    CONVERSATIONS_REPLY = "conversations:reply"
    CONVERSATIONS_TAKE = "conversations:take"
    HANDOFF_REQUEST = "handoff:request"
    CONNECTIONS_READ = "connections:read"
    CONNECTIONS_WRITE = "connections:write"
    OPERATIONS = "operations:manage"


class PrincipalKind(StrEnum):
    """Kinds of actors. An operator is a user; the agent is never a person."""

    SYSTEM = "system"
    AGENT = "agent"
    CUSTOMER = "customer"
    USER = "user"
    API_KEY = "api_key"


class Role(StrEnum):
    """Roles of a user in a workspace."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    INVENTORY_SUPERVISOR = "inventory_supervisor"
    OPERATOR = "operator"
    VIEWER = "viewer"


_EVERYTHING = frozenset(Permission)
_READ = frozenset(p for p in Permission if p.endswith(":read"))

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: _EVERYTHING,
    Role.ADMIN: _EVERYTHING,
    Role.MANAGER: _EVERYTHING - {Permission.CONNECTIONS_WRITE, Permission.OPERATIONS},
    Role.INVENTORY_SUPERVISOR: _READ | {Permission.STOCK_ADJUST, Permission.STOCK_HOLD, Permission.CATALOG_WRITE},
    Role.OPERATOR: _READ
    | {
        Permission.CONVERSATIONS_REPLY,
        Permission.CONVERSATIONS_TAKE,
        Permission.ORDERS_DRAFT,
        Permission.ORDERS_CONFIRM,
        Permission.ORDERS_CANCEL,
        Permission.PAYMENTS_CLAIM,
        Permission.PAYMENTS_VERIFY,
        Permission.STOCK_HOLD,
        Permission.CUSTOMERS_WRITE,
    },
    Role.VIEWER: _READ,
}

CUSTOMER_PERMISSIONS: frozenset[Permission] = frozenset(
    {
        Permission.CATALOG_READ,
        Permission.STOCK_READ,
        Permission.STOCK_HOLD,
        Permission.CUSTOMERS_READ,
        Permission.CUSTOMERS_WRITE,
        Permission.ORDERS_READ,
        Permission.ORDERS_DRAFT,
        Permission.ORDERS_CONFIRM,
        Permission.ORDERS_CANCEL,
        Permission.PAYMENTS_READ,
        Permission.PAYMENTS_CLAIM,
        Permission.HANDOFF_REQUEST,
    }
)
"""What the agent may do when it acts for a customer, on that customer's own things only."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever acts, in which workspace, with which permissions.

    `id` is the user, API key or customer behind it, None for the system.
    """

    kind: PrincipalKind
    workspace_id: UUID
    permissions: frozenset[Permission]
    id: UUID | None = None

    @classmethod
    def system(cls, workspace_id: UUID) -> "Principal":
        """The runtime itself, working in one workspace."""
        return cls(PrincipalKind.SYSTEM, workspace_id, _EVERYTHING)

    @classmethod
    def agent_for(cls, workspace_id: UUID, customer_id: UUID) -> "Principal":
        """The agent while it serves one customer: it can do what that customer may do."""
        return cls(PrincipalKind.AGENT, workspace_id, CUSTOMER_PERMISSIONS, customer_id)

    @classmethod
    def user(cls, workspace_id: UUID, user_id: UUID, role: Role) -> "Principal":
        """A person of the shop's staff."""
        return cls(PrincipalKind.USER, workspace_id, ROLE_PERMISSIONS[role], user_id)

    def require(self, permission: Permission) -> None:
        """Raise NotPermitted unless the principal holds the permission."""
        if permission not in self.permissions:
            raise NotPermitted(f"{self.kind} lacks {permission}", permission=permission)
