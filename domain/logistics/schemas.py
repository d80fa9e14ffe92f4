"""What other rooms see of logistics, and what they may ask of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from domain.customers.numbers import Numbered
from domain.customers.schemas import WrittenNumber
from domain.logistics.kinds import LeftOut, PlanStatus, StopOutcome
from domain.orders.kinds import PaymentStatus

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Kilograms = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)]
Capacity = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3)]
MostStops = Annotated[int, Field(ge=1, le=200)]
Minutes = Annotated[int, Field(ge=0, le=480)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class View(BaseModel):
    """A frozen view of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VehicleView(View):
    """A vehicle of a store and its driver; hours are those of the workspace's clock."""

    id: UUID
    store_id: UUID
    name: str
    driver_name: str
    driver_phone: str | None
    capacity_kg: Decimal | None
    most_stops: int | None
    starts_at: time
    ends_at: time
    break_starts_at: time | None
    break_ends_at: time | None
    is_active: bool
    version: int


class NewVehicle(_Command):
    """A vehicle that a store delivers with. Without a capacity it carries everything."""

    store_id: UUID
    name: Name
    driver_name: Name
    driver_phone: WrittenNumber | None = None
    capacity_kg: Capacity | None = None
    most_stops: MostStops | None = None
    starts_at: time = time(8)
    ends_at: time = time(18)
    break_starts_at: time | None = Field(None, description="The break is had at the store, between two tours.")
    break_ends_at: time | None = None


class ChangeVehicle(_Command):
    """A partial change of a vehicle."""

    name: Name | None = None
    driver_name: Name | None = None
    driver_phone: WrittenNumber | None = None
    capacity_kg: Capacity | None = None
    most_stops: MostStops | None = None
    starts_at: time | None = None
    ends_at: time | None = None
    break_starts_at: time | None = None
    break_ends_at: time | None = None
    is_active: bool | None = None


class AskPlan(_Command):
    """A day of a store that is to be planned, or planned anew with what has come in since."""

    store_id: UUID
    day: Annotated[date, Field(lt=date(2200, 1, 1))]


class StopView(View):
    """An order or a transfer that is brought; without a route it says why it has none."""

    id: UUID
    store_id: UUID
    plan_id: UUID
    route_id: UUID | None
    position: int | None
    order_id: UUID | None
    transfer_id: UUID | None
    latitude: float | None
    longitude: float | None
    weight_kg: Decimal
    is_weight_known: bool = Field(description="False if a product of it has no weight, which then counts nothing.")
    service_minutes: int
    opens_at: datetime | None
    closes_at: datetime | None
    arrives_at: datetime | None
    left_out: LeftOut | None
    outcome: StopOutcome
    reason: str | None
    settled_at: datetime | None


class RouteView(View):
    """A tour of a vehicle, with its stops in their order."""

    id: UUID
    store_id: UUID
    plan_id: UUID
    vehicle_id: UUID
    leaves_at: datetime
    returns_at: datetime
    distance_m: int
    dispatched_at: datetime | None
    link_until: datetime | None
    stops: tuple[StopView, ...] = ()


class PlanSummary(View):
    """What a store brings on a day."""

    id: UUID
    store_id: UUID
    day: date
    status: PlanStatus
    distance_m: int | None
    seconds: float | None = Field(description="How long the solver took.")
    parts: int | None = Field(description="Into how many sectors the day was cut to be solved; 1 for up to 200 stops.")
    is_by_map: bool | None = Field(description="Whether ways are those of a map's streets; else straight lines made longer.")
    created_at: datetime


class PlanView(PlanSummary):
    """A plan with its routes, and with the stops that are in none."""

    routes: tuple[RouteView, ...] = ()
    unplanned: tuple[StopView, ...] = ()


class ChangeStop(_Command):
    """What is said of a stop for planning: where it is, when it is wanted, how much it weighs and how long it takes."""

    latitude: Latitude | None = None
    longitude: Longitude | None = None
    opens_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None
    weight_kg: Kilograms | None = None
    service_minutes: Minutes | None = None


class Dispatch(_Command):
    """A route leaves. What was to be paid before leaves unpaid for a reason only."""

    reason: Reason | None = None


class RouteLink(View):
    """The signed link with which a driver opens a route on a telephone, and until when it opens."""

    route_id: UUID
    path: str
    until: datetime


class Settle(_Command):
    """What became of a stop; a failure says why."""

    outcome: Literal["delivered", "failed"]
    reason: Reason | None = None


class Drop(_Command):
    """Why a stop is taken off."""

    reason: Reason


class Called(Numbered):
    """What stands on the sheet of a driver about a stop: what is brought, to whom and where, and how it is paid."""

    NUMBERS: ClassVar[tuple[str, ...]] = ("phone",)

    number: int | None
    name: str | None
    phone: str | None
    address: str | None
    notes: str | None
    total: Decimal | None
    currency: str | None
    payment_status: PaymentStatus | None
    goods: tuple[str, ...]


class Dispatched(View):
    """That a route has left: which of its links holds, and until when."""

    route_id: UUID
    link_version: int
    link_until: datetime


@dataclass(frozen=True, slots=True)
class TourOf:
    """One tour that a vehicle may make."""

    vehicle_id: UUID
    capacity_kg: Decimal | None
    most_stops: int | None
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class ToPlan:
    """What a worker is given: which wish it is, where everything is, and the tours and stops by their ids."""

    plan_id: UUID
    asked: int
    midnight: datetime
    depot: tuple[float, float]
    tours: tuple[TourOf, ...]
    stops: tuple[StopView, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A stop in a tour, and when it is reached."""

    stop_id: UUID
    arrives_at: datetime


@dataclass(frozen=True, slots=True)
class PlannedTour:
    """A tour as the solver wants it."""

    vehicle_id: UUID
    leaves_at: datetime
    returns_at: datetime
    distance_m: int
    stops: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class MadePlan:
    """What the solver came to: tours, why each other stop is in none, into how many parts it was cut, and by which ways."""

    tours: Sequence[PlannedTour]
    left_out: Mapping[UUID, LeftOut]
    parts: int
    is_by_map: bool
    seconds: float
