"""What other rooms see of workspaces and their staff."""

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from babel.numbers import is_currency
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from core.hours import Hours
from core.language.folding import fold
from core.messages import LANGUAGES
from domain.accounts.attending import DeskSettings
from domain.accounts.roles import Role
from domain.accounts.thresholds import Thresholds
from domain.accounts.zones import DeliveryZone, Money


@cache
def _timezones() -> set[str]:
    """The IANA time zones; looking for them reads the six hundred files that they stand in."""
    return available_timezones()


class PaymentMethodKind(StrEnum):
    """Ways of paying that differ in what the shop needs to know."""

    TRANSFER = "transfer"
    MOBILE = "mobile"
    WALLET = "wallet"
    CARD = "card"
    CASH = "cash"


class PaymentMethod(BaseModel):
    """One way of paying that the shop accepts, as it is told to customers."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(pattern=r"^[a-z][a-z0-9_]{1,29}$")
    kind: PaymentMethodKind
    name: str = Field(min_length=1, max_length=60)
    instructions: str = Field("", max_length=500)
    aliases: tuple[str, ...] = ()

    @property
    def needs_reference(self) -> bool:
        """Whether a payment by this method is recognised by its reference."""
        return self.kind in {PaymentMethodKind.TRANSFER, PaymentMethodKind.MOBILE, PaymentMethodKind.WALLET}


class OrderChanges(StrEnum):
    """Until when a customer may change a placed order by chat; later a person decides."""

    NEVER = "never"
    UNTIL_PAID = "until_paid"
    """While nothing of it is known to be paid, and it is not packed."""
    UNTIL_PACKED = "until_packed"


class WorkspaceSettings(Thresholds):
    """What a shop settles for itself; every field has a default that works."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payment_methods: tuple[PaymentMethod, ...] = (PaymentMethod(code="efectivo", kind=PaymentMethodKind.CASH, name="Efectivo"),)
    offers_delivery: bool = True
    offers_pickup: bool = True
    delivery_fee: Money = Decimal(0)
    """What a delivery costs where no zones are named."""
    delivery_zones: tuple[DeliveryZone, ...] = Field((), max_length=100)
    """Where the shop delivers to; where none is named, it does so everywhere at one fee."""
    free_delivery_from: Money | None = None
    minimum_order: Money = Decimal(0)
    default_store: str | None = Field(None, max_length=50)
    opens_at: time | None = None
    closes_at: time | None = None
    open_days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = Field((0, 1, 2, 3, 4, 5, 6), min_length=1, max_length=7)
    """Weekdays, Monday being 0."""
    desk: DeskSettings = DeskSettings()
    hold_minutes: int = Field(30, ge=1, le=1440)
    order_changes: OrderChanges = OrderChanges.UNTIL_PAID
    cash_on_delivery: bool = True
    """An order that is paid in cash when it is brought, or where it is fetched, owes nothing before, so it is not
    cancelled as unpaid."""
    over_delivery_percent: int = Field(0, ge=0, le=100)
    """How much more than was ordered of a supplier is taken in without asking."""
    cost_change_percent: int = Field(10, ge=0, le=1000)
    """How far the cost of goods may be from what was agreed before somebody has to say why."""
    low_stock_critical_percent: int = Field(25, ge=0, le=100)

    @field_validator("payment_methods")
    @classmethod
    def _codes_differ(cls, methods: tuple[PaymentMethod, ...]) -> tuple[PaymentMethod, ...]:
        codes = [method.code for method in methods]
        if len(set(codes)) != len(codes):
            raise ValueError("payment methods need different codes")
        return methods

    @field_validator("delivery_zones")
    @classmethod
    def _zones_differ(cls, zones: tuple[DeliveryZone, ...]) -> tuple[DeliveryZone, ...]:
        names = [fold(zone.name) for zone in zones]
        if len(set(names)) != len(names):
            raise ValueError("delivery zones need different names")
        return zones

    def hours_in(self, zone: ZoneInfo) -> Hours:
        """When the shop is open, on the clock of its zone; one that names no hours is open always."""
        return Hours(zone, self.opens_at, self.closes_at, self.open_days)

    def zone(self, name: str) -> DeliveryZone | None:
        """The zone that is called so, however it is written."""
        return next((zone for zone in self.delivery_zones if fold(zone.name) == fold(name.strip())), None)


class CreateWorkspace(BaseModel):
    """A new tenant."""

    model_config = ConfigDict(frozen=True)

    slug: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=63)
    name: str = Field(min_length=1, max_length=255)
    currency: str
    timezone: str
    language: str = "es"
    country: str = Field(pattern=r"^[A-Z]{2}$")
    settings: WorkspaceSettings = WorkspaceSettings()

    @field_validator("currency")
    @classmethod
    def _currency_is_known(cls, code: str) -> str:
        if not is_currency(code):
            raise ValueError(f"{code} is no ISO 4217 currency")
        return code

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, name: str) -> str:
        if name not in _timezones():
            raise ValueError(f"{name} is no IANA time zone")
        return name

    @field_validator("language")
    @classmethod
    def _language_is_spoken(cls, language: str) -> str:
        if language not in LANGUAGES:
            raise ValueError(f"{language} has no message catalogue")
        return language


class WorkspaceView(BaseModel):
    """A workspace as the other rooms see it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    slug: str
    name: str
    currency: str
    timezone: str
    language: str
    country: str
    is_active: bool
    settings: WorkspaceSettings
    version: int = 1

    @property
    def zone(self) -> ZoneInfo:
        """The workspace's time zone."""
        return ZoneInfo(self.timezone)

    def today(self, now: datetime) -> date:
        """The day of the workspace's calendar at a moment."""
        return now.astimezone(self.zone).date()

    @property
    def hours(self) -> Hours:
        """When the shop is open."""
        return self.settings.hours_in(self.zone)

    def payment_method(self, code: str) -> PaymentMethod | None:
        """The accepted way of paying with this code."""
        return next((method for method in self.settings.payment_methods if method.code == code), None)


class WorkspaceRef(BaseModel):
    """What the system role knows of a workspace: enough to work in it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    slug: str
    name: str
    is_active: bool


class MembershipView(BaseModel):
    """A person of the staff in this workspace."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    email: str
    name: str
    role: Role
    status: Literal["active", "invited", "suspended"]
    store_ids: list[UUID] | None


class Command(BaseModel):
    """What somebody asks for; a field that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,29}$")]
Grants = Annotated[frozenset[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=100)]
Email = Annotated[
    str,
    Field(max_length=255, pattern=r"^[^@\s<>\"(),:;\\\[\]]+@[^@\s<>\"(),:;\\\[\]]+\.[^@\s<>.]+$"),
]


class NewRole(Command):
    """A role of the workspace's own; permissions may be wildcards such as `orders:*`."""

    name: RoleName
    permissions: Grants


class ChangeRole(Command):
    """A partial change of a role."""

    name: RoleName | None = None
    permissions: Grants | None = None


class RoleView(BaseModel):
    """A role; `id` is null for the six that every workspace has."""

    model_config = ConfigDict(frozen=True)

    id: UUID | None
    name: str
    permissions: list[str]
    is_system: bool
    version: int


Stores = Annotated[frozenset[UUID], Field(min_length=1, max_length=100)] | None

STORES: frozenset[UUID] | None = Field(None, description="The stores that the person works in, null for all.")
ONLY_OPEN_HOURS = "Whether the person only looks while the shop is closed."
AMOUNT_LIMIT: Decimal | None = Field(
    None, description="The largest payment that the person verifies or gives back, null for any."
)


class InviteMember(Command):
    """Whom to invite, as what, and within which limits."""

    email: Email
    role: str = Field(max_length=30)
    name: str | None = Field(None, max_length=255)
    store_ids: Stores = STORES
    amount_limit: Money | None = AMOUNT_LIMIT
    only_open_hours: bool = Field(False, description=ONLY_OPEN_HOURS)
    language: Literal["es", "en", "pt"] = "es"


Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""Why something was done that takes rights away; it stands in the audit."""


class RevokeKey(Command):
    """Why a key ends."""

    reason: Reason


class ChangeMember(Command):
    """A partial change of a member; stores of null let them work in all. Whoever is suspended is so for a reason."""

    role: str | None = Field(None, max_length=30)
    status: Literal["active", "suspended"] | None = None
    store_ids: Stores = STORES
    amount_limit: Money | None = AMOUNT_LIMIT
    only_open_hours: bool | None = Field(None, description=ONLY_OPEN_HOURS)
    reason: Reason | None = None

    @model_validator(mode="after")
    def _removal_has_a_reason(self) -> Self:
        if self.status == "suspended" and self.reason is None:
            raise ValueError("whoever is suspended is so for a reason")
        return self


class MemberView(BaseModel):
    """A person of the staff."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    email: str
    name: str
    role: str
    status: Literal["active", "invited", "suspended"]
    store_ids: list[UUID] | None
    amount_limit: Decimal | None
    only_open_hours: bool
    version: int


class NewApiKey(Command):
    """A key for a program; permissions may be wildcards, and `store_id` limits it to one store."""

    name: str = Field(min_length=1, max_length=100)
    permissions: Grants
    store_id: UUID | None = None
    expires_at: AwareDatetime | None = None


class ApiKeyView(BaseModel):
    """A key as it is shown after it was made: never its secret."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    hint: str = Field(description="Its last four characters.")
    permissions: list[str]
    store_id: UUID | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class MintedKey(ApiKeyView):
    """A new key with its secret, which is shown this once."""

    key: str


class ChangeWorkspace(Command):
    """A partial change of a workspace; settings are replaced as a whole."""

    name: str | None = Field(None, min_length=1, max_length=255)
    settings: WorkspaceSettings | None = None
