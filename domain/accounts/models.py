"""Tables of workspaces, users and memberships."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import Base, WorkspaceRow, belongs_to, new_id, of_workspace


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
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class User(Base):
    """A person of a shop's staff; one person may belong to several workspaces, so the table is global."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Membership(WorkspaceRow):
    """A user's role in a workspace, bound to one store where the role is."""

    __tablename__ = "memberships"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        UniqueConstraint("workspace_id", "user_id"),
        CheckConstraint("status IN ('active', 'invited', 'suspended')", name="status_known"),
        Index("ix_memberships_user", "user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(String(30))
    status: Mapped[str] = mapped_column(String(20), default="active")
    store_id: Mapped[UUID | None]
