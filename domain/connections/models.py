"""Tables of connections."""

from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, of_workspace


class ChannelKind(StrEnum):
    """The kinds of lines that adapters exist for."""

    INFOBIP_WHATSAPP = "infobip_whatsapp"


class Connection(WorkspaceRow):
    """One WhatsApp sender. `slug` stands in the webhook's address and is unique in the whole installation."""

    __tablename__ = "connections"
    __table_args__ = (of_workspace(), UniqueConstraint("slug"), UniqueConstraint("workspace_id", "channel", "address"))

    slug: Mapped[str] = mapped_column(String(100))
    channel: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(255))
    address: Mapped[str] = mapped_column(String(50))
    base_url: Mapped[str | None] = mapped_column(String(500))
    credentials: Mapped[bytes] = mapped_column(LargeBinary)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
