"""Tables of logistics: vehicles, plans, routes and stops."""

from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.logistics.kinds import LeftOut, PlanStatus, StopOutcome

KILOGRAMS = Numeric(12, 3)


class Vehicle(WorkspaceRow):
    """What a store delivers with and who drives it, on the clock of the workspace.

    A break is had at the store: the vehicle makes one tour before it and one after it. No capacity means no limit.
    """

    __tablename__ = "delivery_vehicles"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        UniqueConstraint("workspace_id", "store_id", "name"),
        CheckConstraint("capacity_kg > 0 AND most_stops > 0", name="capacity_positive"),
        CheckConstraint("starts_at < ends_at", name="shift_in_order"),
        CheckConstraint(
            "(break_starts_at IS NULL) = (break_ends_at IS NULL) AND starts_at < break_starts_at"
            " AND break_starts_at < break_ends_at AND break_ends_at < ends_at",
            name="break_within_shift",
        ),
        CheckConstraint("version > 0", name="counts_up"),
    )

    store_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(100))
    driver_name: Mapped[str] = mapped_column(String(200))
    driver_phone: Mapped[str | None] = mapped_column(String(40))
    capacity_kg: Mapped[Decimal | None] = mapped_column(KILOGRAMS)
    most_stops: Mapped[int | None]
    starts_at: Mapped[time]
    ends_at: Mapped[time]
    break_starts_at: Mapped[time | None]
    break_ends_at: Mapped[time | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Plan(WorkspaceRow):
    """What a store brings on a day. One at a time waits for its first route to leave."""

    __tablename__ = "delivery_plans"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        Index(
            "uq_delivery_plans_before_leaving",
            "workspace_id",
            "store_id",
            "day",
            unique=True,
            postgresql_where=text("status IN ('pending', 'ready', 'failed')"),
        ),
        Index("ix_delivery_plans_due", "next_try_at", postgresql_where=text("status = 'pending'")),
        CheckConstraint("asked >= 0 AND attempts >= 0", name="counts_up"),
        CheckConstraint("parts > 0", name="parts_positive"),
    )

    store_id: Mapped[UUID]
    day: Mapped[date]
    status: Mapped[PlanStatus] = mapped_column(one_of(PlanStatus, 20), default=PlanStatus.PENDING)
    asked: Mapped[int] = mapped_column(default=1)
    """How often it was asked for: what a worker makes of an older wish is thrown away."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    distance_m: Mapped[int | None]
    seconds: Mapped[float | None] = mapped_column(Float)
    """How long the solver took."""
    parts: Mapped[int | None]
    """Into how many sectors the day was cut to be solved."""
    is_by_map: Mapped[bool | None]
    """Whether ways were those of a map's streets; else straight lines made longer."""


class Route(WorkspaceRow):
    """One tour of a vehicle: out of the store and back. `link_version` names the link of its driver that holds."""

    __tablename__ = "delivery_routes"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        belongs_to("delivery_plans", "plan_id", ondelete="CASCADE"),
        belongs_to("delivery_vehicles", "vehicle_id"),
        UniqueConstraint("workspace_id", "plan_id", "vehicle_id", "leaves_at"),
        Index("ix_delivery_routes_vehicle", "workspace_id", "vehicle_id", "leaves_at"),
        CheckConstraint("leaves_at < returns_at", name="times_in_order"),
        CheckConstraint("link_version >= 0", name="counts_up"),
    )

    store_id: Mapped[UUID]
    plan_id: Mapped[UUID]
    vehicle_id: Mapped[UUID]
    leaves_at: Mapped[datetime]
    returns_at: Mapped[datetime]
    distance_m: Mapped[int]
    dispatched_at: Mapped[datetime | None]
    link_version: Mapped[int] = mapped_column(default=0)
    link_until: Mapped[datetime | None]


class Stop(WorkspaceRow):
    """An order or a transfer that is brought. An order has one open stop at most, and so has a transfer.

    Whose it is and where they live stands in the order alone; here is only the position, and what was said for planning.
    """

    __tablename__ = "delivery_stops"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        belongs_to("delivery_plans", "plan_id"),
        belongs_to("delivery_routes", "route_id"),
        belongs_to("orders", "order_id"),
        belongs_to("stock_transfers", "transfer_id"),
        Index("ix_delivery_stops_plan", "workspace_id", "plan_id", "position"),
        Index("uq_delivery_stops_order", "workspace_id", "order_id", unique=True, postgresql_where=text("outcome = 'open'")),
        Index(
            "uq_delivery_stops_transfer",
            "workspace_id",
            "transfer_id",
            unique=True,
            postgresql_where=text("outcome = 'open'"),
        ),
        CheckConstraint("(order_id IS NULL) <> (transfer_id IS NULL)", name="one_thing"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="whole_position"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="on_earth"),
        CheckConstraint("opens_at <= closes_at", name="window_in_order"),
        CheckConstraint("weight_kg >= 0 AND service_minutes >= 0", name="not_negative"),
        CheckConstraint("(outcome = 'open') = (settled_at IS NULL)", name="settled_has_time"),
    )

    store_id: Mapped[UUID]
    plan_id: Mapped[UUID]
    route_id: Mapped[UUID | None]
    position: Mapped[int | None]
    order_id: Mapped[UUID | None]
    transfer_id: Mapped[UUID | None]
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    weight_kg: Mapped[Decimal] = mapped_column(KILOGRAMS)
    is_weight_known: Mapped[bool]
    service_minutes: Mapped[int]
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    arrives_at: Mapped[datetime | None]
    left_out: Mapped[LeftOut | None] = mapped_column(one_of(LeftOut, 20))
    outcome: Mapped[StopOutcome] = mapped_column(one_of(StopOutcome, 20), default=StopOutcome.OPEN)
    reason: Mapped[str | None] = mapped_column(String(500))
    settled_at: Mapped[datetime | None]
