"""Refusals about vehicles, plans and routes."""

from core.errors import Conflict, Invalid, NotFound


class VehicleNotFound(NotFound):
    """No such vehicle."""

    code = "vehicle_not_found"


class VehicleNameTaken(Conflict):
    """Another vehicle of the store has this name."""

    code = "vehicle_name_taken"


class HoursRefused(Invalid):
    """The hours are none: a shift ends after it begins, and its break lies within it."""

    code = "vehicle_hours_refused"


class PlanNotFound(NotFound):
    """No such plan."""

    code = "delivery_plan_not_found"


class DayOver(Invalid):
    """The day is over."""

    code = "delivery_day_over"


class StoreWithoutPosition(Conflict):
    """It is not known where the store is, so no way from it."""

    code = "store_without_position"


class NoVehicle(Conflict):
    """No vehicle of the store is free on that day."""

    code = "no_vehicle"


class NothingToDeliver(Conflict):
    """No packed order and no approved transfer waits in the store."""

    code = "nothing_to_deliver"


class StopRefused(Invalid):
    """A window lies on the day of the plan and ends after it begins; a position has a latitude and a longitude."""

    code = "stop_refused"


class TooManyStops(Conflict):
    """More waits than one plan holds."""

    code = "too_many_stops"


class PlanUnderWay(Conflict):
    """The plan is not made yet, or a route of it has left."""

    code = "delivery_plan_under_way"


class RouteNotFound(NotFound):
    """No such route."""

    code = "route_not_found"


class RouteLinkOver(NotFound):
    """The link of the route has run out, was taken back, or was never one."""

    code = "route_link_over"
    http_status = 410
    correctable = False


class StopNotFound(NotFound):
    """No such stop."""

    code = "stop_not_found"


class StopReasonMissing(Invalid):
    """What was not brought has a reason."""

    code = "stop_reason_missing"


class StopSettled(Conflict):
    """What became of the stop is already said otherwise, or its route has not left."""

    code = "stop_settled"
