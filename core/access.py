"""Who acts, and what they may do: principals, and the type of the permissions that the nouns declare."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from core.errors import NotPermitted
from core.origin import Origin


class Permission(StrEnum):
    """What can be allowed, as `resource:action`, and what it `allows` in words; each noun declares its own."""

    allows: str

    @property
    def is_reading(self) -> bool:
        """Whether it lets somebody look, and change nothing."""
        return self.value.endswith(":read")

    def __new__(cls, name: str, allows: str = "") -> "Permission":
        """A member by its name, and what it allows; a look-up names the permission only."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.allows = allows
        return member


class AmountBeyondLimit(NotPermitted):
    """The amount is larger than what this principal decides on."""

    code = "amount_beyond_limit"


class OutsideHours(NotPermitted):
    """The principal works while the shop is open, and it is closed."""

    code = "outside_hours"


class OperationsPermission(Permission):
    """Permissions on the running of the house."""

    MANAGE = (
        "operations:manage",
        "Change settings and members of the workspace, read its events, reopen what was given up.",
    )


class PrincipalKind(StrEnum):
    """Kinds of actors. An operator is a user; the agent is never a person."""

    SYSTEM = "system"
    AGENT = "agent"
    CUSTOMER = "customer"
    USER = "user"
    API_KEY = "api_key"
    DRIVER = "driver"
    """Whoever holds the link of a route; its id is that of the route."""


class Duty(StrEnum):
    """When somebody changes anything: at any time, or while the shop is open, and whether it is now."""

    ANY_TIME = "any_time"
    ON = "on"
    OFF = "off"


def covers(granted: Collection[str], permission: Permission) -> bool:
    """Whether names and wildcards allow a permission: `orders:read`, `orders:*`, `*:read` or `*`."""
    resource, _, action = permission.partition(":")
    return not {permission.value, f"{resource}:*", f"*:{action}", "*"}.isdisjoint(granted)


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever acts, in which workspace, with which permissions.

    `permissions` are names and wildcards. `id` is the user, API key, customer or route behind it, None for the system. `stores`
    are those that it works in, None for all; Postgres hides what belongs to others. `amount_limit` is the largest amount
    of money on which it decides, in the workspace's currency, None for any. Whoever is off duty only looks.
    `origin` is from where a person or program asks; it stands in the events of what they do.
    """

    kind: PrincipalKind
    workspace_id: UUID
    permissions: frozenset[str]
    id: UUID | None = None
    stores: frozenset[UUID] | None = None
    amount_limit: Decimal | None = None
    duty: Duty = Duty.ANY_TIME
    origin: Origin | None = None

    @classmethod
    def system(cls, workspace_id: UUID) -> "Principal":
        """The runtime itself, working in one workspace."""
        return cls(PrincipalKind.SYSTEM, workspace_id, frozenset({"*"}))

    def may(self, permission: Permission) -> bool:
        """Whether the principal holds the permission, by its name or by a wildcard, and may use it now."""
        return covers(self.permissions, permission) and not self._rests(permission)

    def _rests(self, permission: Permission) -> bool:
        return self.duty is Duty.OFF and not permission.is_reading

    def require(self, permission: Permission) -> None:
        """Raise NotPermitted unless the principal holds the permission, and OutsideHours while it rests."""
        if not self.may(permission):
            if covers(self.permissions, permission):
                raise OutsideHours(f"{self.kind} is off duty", permission=permission)
            raise NotPermitted(f"{self.kind} lacks {permission}", permission=permission)

    def require_amount(self, amount: Decimal) -> None:
        """Raise AmountBeyondLimit unless the principal decides on so much money."""
        if self.amount_limit is not None and amount > self.amount_limit:
            raise AmountBeyondLimit(limit=self.amount_limit)
