"""What every table has in common: keys that hold the workspace, times, and the security that Postgres enforces."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, cast
from uuid import UUID

import uuid_utils
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Enum,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

MONEY = Numeric(14, 2)
QUANTITY = Numeric(12, 3)
MOST_MONEY, MOST_QUANTITY = Decimal(10) ** 12, Decimal(10) ** 9
"""What these columns hold is less."""

IDENTITY_TABLES = frozenset(
    {
        "credentials",
        "recovery_codes",
        "sign_ins",
        "refresh_tokens",
        "signing_keys",
        "one_time_tokens",
        "identity_events",
        "mails",
    }
)
"""Tables of who people are: they belong to no workspace, and only the identity role sees what is in them."""

GLOBAL_TABLES = frozenset({"runtime_clock", "circuit_breakers", "users", "alembic_version"}) | IDENTITY_TABLES
"""Tables without a workspace; each has its reason in docs/decisions/0003-row-level-security.md."""


def new_id() -> UUID:
    """A fresh UUID of version 7: unique, and roughly in the order of creation."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


class Base(DeclarativeBase):
    """The declarative base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }

    def __init_subclass__(cls, **options: Any) -> None:
        """Give the table a CHECK `<column>_known` for each column of a closed set."""
        super().__init_subclass__(**options)
        if "__table__" not in vars(cls):
            return
        for column in cls.__table__.columns:
            if isinstance(column.type, Enum):
                known = ", ".join(f"'{value}'" for value in column.type.enums)
                cast(Table, cls.__table__).append_constraint(
                    CheckConstraint(f"{column.name} IN ({known})", name=f"{column.name}_known")
                )


class OfWorkspace(Base):
    """A row that belongs to one workspace; `core.work.own` selects those of one."""

    __abstract__ = True

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-1)


class WorkspaceRow(OfWorkspace):
    """A row of a workspace that has an id. Its primary key is (workspace_id, id).

    Foreign keys between such rows are made with `belongs_to`, so that a reference can never leave the workspace.
    """

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


def belongs_to(table: str, column: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key (workspace_id, column) to another workspace row's (workspace_id, id)."""
    return ForeignKeyConstraint(["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"], ondelete=ondelete)


def one_of(closed: type[StrEnum], length: int) -> Enum:
    """The type of a column that holds a value of a closed set; its table is given the rule that it holds nothing else."""
    return Enum(closed, values_callable=values_of, native_enum=False, length=length)


def values_of(closed: type[StrEnum]) -> list[str]:
    """The values of a closed set, as the database keeps them."""
    return [member.value for member in closed]


def of_workspace() -> ForeignKeyConstraint:
    """The foreign key of a workspace row to its workspace."""
    return ForeignKeyConstraint(["workspace_id"], ["workspaces.id"])


__all__ = [
    "GLOBAL_TABLES",
    "IDENTITY_TABLES",
    "MONEY",
    "QUANTITY",
    "Base",
    "CheckConstraint",
    "Index",
    "OfWorkspace",
    "PrimaryKeyConstraint",
    "UniqueConstraint",
    "WorkspaceRow",
    "belongs_to",
    "new_id",
    "of_workspace",
    "one_of",
]
