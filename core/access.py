"""Who acts, and what they may do: principals, permissions and the roles of a shop's staff."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from core.errors import NotPermitted


class Permission(StrEnum):
    """What can be allowed, as `resource:action`, and what it `allows` in words."""

    allows: str

    def __new__(cls, name: str, allows: str = "") -> "Permission":
        """A member by its name, and what it allows; a look-up names the permission only."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.allows = allows
        return member

    WORKSPACE_READ = "workspace:read", "See how the workspace and its lines are set up, without any secrets."
    CATALOG_READ = "catalog:read", "See products, prices, categories and stores."
    CATALOG_WRITE = "catalog:write", "Change products, prices, categories, stores and other names."
    STOCK_READ = "stock:read", "See stock levels, their movements and what is low."
    STOCK_HOLD = "stock:hold", "Promise stock to an order, let go of it, and sell it."
    STOCK_ADJUST = "stock:adjust", "Correct, receive, count and transfer stock, and set its limits."
    CUSTOMERS_READ = "customers:read", "See customers, their addresses and contacts."
    CUSTOMERS_WRITE = "customers:write", "Add and change customers and their addresses."
    ORDERS_READ = "orders:read", "See orders and drafts."
    ORDERS_DRAFT = "orders:draft", "Put an order together: items, delivery, way to pay."
    ORDERS_CONFIRM = "orders:confirm", "Ask for confirmation and place an order."
    ORDERS_CANCEL = "orders:cancel", "Cancel an order."
    ORDERS_FULFIL = "orders:fulfil", "Mark orders as packed, shipped and delivered."
    PAYMENTS_READ = "payments:read", "See payments and their receipts."
    PAYMENTS_CLAIM = "payments:claim", "Record what a customer says to have paid."
    PAYMENTS_VERIFY = "payments:verify", "Verify or reject a payment."
    CONVERSATIONS_READ = "conversations:read", "Read conversations."
    CONVERSATIONS_REPLY = "conversations:reply", "Write to a customer."
    CONVERSATIONS_TAKE = "conversations:take", "Take a conversation over, and give it back."
    FILES_READ = "files:read", "See the files that customers sent."
    HANDOFF_REQUEST = "handoff:request", "Ask for a person."
    NOTIFICATIONS_RAISE = "notifications:raise", "Tell the staff what came of one's deeds."
    CONNECTIONS_READ = "connections:read", "See the lines on which customers write."
    CONNECTIONS_WRITE = "connections:write", "Add and change lines and their credentials."
    OPERATIONS = "operations:manage", "Change settings and members of the workspace, read its events, reopen what was given up."


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
    Role.INVENTORY_SUPERVISOR: _READ
    | {Permission.STOCK_ADJUST, Permission.STOCK_HOLD, Permission.CATALOG_WRITE, Permission.NOTIFICATIONS_RAISE},
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
        Permission.NOTIFICATIONS_RAISE,
    },
    Role.VIEWER: _READ,
}

CUSTOMER_PERMISSIONS: frozenset[Permission] = frozenset(
    {
        Permission.WORKSPACE_READ,
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
        Permission.FILES_READ,
        Permission.HANDOFF_REQUEST,
        Permission.NOTIFICATIONS_RAISE,
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
