"""The table of members' telephones."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, of_workspace


class MemberPhone(WorkspaceRow):
    """The telephone that a member has named, and has proven where `confirmed_at` is set: nobody else has it then.

    `code_digest` is that of the code which a message from the telephone shall bring. The PIN is for changes from it.
    """

    __tablename__ = "member_phones"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "user_id"),
        Index("uq_member_phones_key", "workspace_id", "key", unique=True, postgresql_where=text("confirmed_at IS NOT NULL")),
        Index("ix_member_phones_key", "workspace_id", "key"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    phone: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(60))
    code_digest: Mapped[str | None] = mapped_column(String(64))
    code_until: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    pin_digest: Mapped[str | None] = mapped_column(String(200))
    wrong_pins: Mapped[int] = mapped_column(default=0)
