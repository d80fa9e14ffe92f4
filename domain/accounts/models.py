"""Tables of workspaces, users and memberships, of how people prove who they are, and of what is mailed to them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    Uuid,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Mapped, column_property, mapped_column

from core.tables import MONEY, Base, WorkspaceRow, belongs_to, new_id, of_workspace, one_of
from domain.accounts.kinds import IdentityEventType, MailKind, MailStatus, TokenPurpose
from domain.accounts.roles import Role


class Workspace(Base):
    """A tenant. Its own `id` is what `workspace_id` means in every other table."""

    __tablename__ = "workspaces"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$'", name="slug_form"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_form"),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country_form"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    currency: Mapped[str] = mapped_column(String(3))
    timezone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(10))
    country: Mapped[str] = mapped_column(String(2))
    settings: Mapped[dict[str, Any]]
    is_active: Mapped[bool] = mapped_column(default=True)
    deleted_at: Mapped[datetime | None]
    """When it was given up; it can be brought back until its grace is over."""
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class User(Base):
    """A person of a shop's staff; one person may belong to several workspaces, so the table is global."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    email_verified_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class MembershipStatus(StrEnum):
    """Whether a person of the staff may come in."""

    ACTIVE = "active"
    INVITED = "invited"
    SUSPENDED = "suspended"


class MembershipStore(WorkspaceRow):
    """A store in which somebody works; who has none of these rows works in all."""

    __tablename__ = "membership_stores"
    __table_args__ = (
        of_workspace(),
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        belongs_to("stores", "store_id"),
        UniqueConstraint("workspace_id", "membership_id", "store_id"),
    )

    membership_id: Mapped[UUID]
    store_id: Mapped[UUID]


class Membership(WorkspaceRow):
    """A user's role in a workspace, with what limits them beside it: stores, amounts of money, the shop's hours."""

    __tablename__ = "memberships"
    __table_args__ = (
        of_workspace(),
        belongs_to("custom_roles", "custom_role_id"),
        UniqueConstraint("workspace_id", "user_id"),
        Index("ix_memberships_user", "user_id"),
        CheckConstraint("amount_limit >= 0", name="limit_not_negative"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role] = mapped_column(one_of(Role, 30))
    status: Mapped[MembershipStatus] = mapped_column(one_of(MembershipStatus, 20), default=MembershipStatus.ACTIVE)
    custom_role_id: Mapped[UUID | None]
    """The workspace's own role that stands in for `role`, which is then `viewer`."""
    amount_limit: Mapped[Decimal | None] = mapped_column(MONEY)
    """The largest payment that the person verifies or gives back, None for any."""
    only_open_hours: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether the person only looks while the shop is closed."""
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    invitation_digest: Mapped[str | None] = mapped_column(String(64))
    invitation_expires_at: Mapped[datetime | None]

    if TYPE_CHECKING:
        store_ids: Mapped[list[UUID] | None]
        """The stores that the person works in, in the order of their ids, None for all; read with the row."""


_THEIRS: Final = (MembershipStore.workspace_id == Membership.workspace_id) & (MembershipStore.membership_id == Membership.id)
Membership.store_ids = column_property(
    select(func.array_agg(aggregate_order_by(MembershipStore.store_id, MembershipStore.store_id), type_=ARRAY(Uuid)))
    .where(_THEIRS)
    .correlate_except(MembershipStore)
    .scalar_subquery(),
    expire_on_flush=False,  # `put_in_stores` refreshes it, and nothing else changes it
)


class Credential(Base):
    """What proves that somebody is a user: a password, and a second factor where the user wants one."""

    __tablename__ = "credentials"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    totp_secret: Mapped[bytes | None]
    """Sealed by the vault; it counts only once a code of it was shown."""
    totp_confirmed_at: Mapped[datetime | None]
    totp_counter: Mapped[int | None] = mapped_column(BigInteger)
    """The time step of the last code that was taken; no code is taken twice."""
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class RecoveryCode(Base):
    """A code that stands in for the second factor once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "digest"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class SignIn(Base):
    """One sign-in of a person on one device, with all the refresh tokens that followed from it, or with a cookie."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_user", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    ip: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None] = mapped_column(String(30))
    browser_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the secret in a browser's cookie, where one carries the sign-in instead of tokens."""


class RefreshToken(Base):
    """A refresh token by its digest. It is used once; when it comes again, its whole sign-in is ended."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_sign_in", "sign_in_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sign_in_id: Mapped[UUID] = mapped_column(ForeignKey("sign_ins.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SigningKey(Base):
    """A key that signs access tokens; its id is the `kid`. It verifies until it retires."""

    __tablename__ = "signing_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    sealed: Mapped[bytes]
    public: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    retires_at: Mapped[datetime | None]


class OneTimeToken(Base):
    """A link that was mailed to a person, by the digest of what stands in it."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (Index("ix_one_time_tokens_email", "email"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[TokenPurpose] = mapped_column(one_of(TokenPurpose, 20))
    email: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class IdentityEvent(Base):
    """What happened to an account, from where: the trail of what belongs to no workspace."""

    __tablename__ = "identity_events"
    __table_args__ = (Index("ix_identity_events_user", "user_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    type: Mapped[IdentityEventType] = mapped_column(one_of(IdentityEventType, 50))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    sign_in_id: Mapped[UUID | None]
    ip: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(300))
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Mail(Base):
    """A mail to be written and sent. Whether its address has an account is looked up when it is sent, never before."""

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_due", "next_try_at", postgresql_where=text("status = 'queued'")),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[MailKind] = mapped_column(one_of(MailKind, 30))
    address: Mapped[str] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(10))
    sealed: Mapped[bytes | None]
    """What it is about, sealed; forgotten when the mail is done with."""
    status: Mapped[MailStatus] = mapped_column(one_of(MailStatus, 20), default=MailStatus.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class CustomRole(WorkspaceRow):
    """A role that a workspace has made for itself: a name, and permissions, with wildcards such as `orders:*`."""

    __tablename__ = "custom_roles"
    __table_args__ = (of_workspace(), UniqueConstraint("workspace_id", "name"))

    name: Mapped[str] = mapped_column(String(30))
    permissions: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(default=1)


class ApiKey(WorkspaceRow):
    """A key with which a program works in one workspace, by its digest."""

    __tablename__ = "api_keys"
    __table_args__ = (of_workspace(), UniqueConstraint("workspace_id", "digest"), belongs_to("stores", "store_id"))

    name: Mapped[str] = mapped_column(String(100))
    hint: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64))
    permissions: Mapped[list[Any]]
    store_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
