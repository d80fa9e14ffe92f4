"""Tables of connections."""

from typing import Any

from sqlalchemy import Boolean, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, of_workspace, one_of
from domain.connections.medium import Medium, Provider


class Connection(WorkspaceRow):
    """One sender or chat widget of a shop, as one provider carries it; two may carry the same one.

    `address` is the shop's own address on the medium. `slug` stands in the webhook's address and is unique in the whole
    installation.
    """

    __tablename__ = "connections"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("slug"),
        UniqueConstraint("workspace_id", "medium", "address", "provider"),
    )

    slug: Mapped[str] = mapped_column(String(100))
    medium: Mapped[Medium] = mapped_column(one_of(Medium, 20))
    provider: Mapped[Provider] = mapped_column(one_of(Provider, 20))
    name: Mapped[str] = mapped_column(String(255))
    address: Mapped[str] = mapped_column(String(50))
    base_url: Mapped[str | None] = mapped_column(String(500))
    credentials: Mapped[bytes] = mapped_column(LargeBinary)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
