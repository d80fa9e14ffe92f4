"""To which zone of delivery an order is brought."""

from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceSettings
from domain.accounts.zones import DeliveryZone, zones_at
from domain.orders.errors import ZoneUnknown
from domain.orders.kinds import Fulfilment
from domain.orders.models import Order
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import Delivery, OrderView


def zone_of(order: Order | OrderView, settings: WorkspaceSettings) -> DeliveryZone | None:
    """The one zone to which the order is brought; None where it is not known yet, or there are no zones."""
    found = _possible(order, settings)
    return found[0] if len(found) == 1 else None


def unsettled(order: Order | OrderView, settings: WorkspaceSettings) -> tuple[DeliveryZone, ...]:
    """The zones among which somebody has to say where the order goes: those its address names, or all; else none."""
    found = _possible(order, settings)
    if order.fulfilment != Fulfilment.DELIVERY or not order.address or len(found) == 1:
        return ()
    return found or settings.delivery_zones


async def to_ask(work: Work, order: OrderView) -> tuple[DeliveryZone, ...]:
    """`unsettled` of an order in this workspace."""
    work.require(OrdersPermission.READ)
    return unsettled(order, (await accounts.get_workspace(work)).settings)


def _possible(order: Order | OrderView, settings: WorkspaceSettings) -> tuple[DeliveryZone, ...]:
    """The zone that was said of the order, or all those in which its address may lie."""
    place = order.address or {}
    if order.fulfilment != Fulfilment.DELIVERY or not place:
        return ()
    said = settings.zone(str(place["zone"])) if "zone" in place else None
    if said is not None:
        return (said,)
    latitude, longitude = (float(str(place[name])) if name in place else None for name in ("latitude", "longitude"))
    return zones_at(settings.delivery_zones, str(place.get("text") or ""), latitude, longitude)


def address_with(before: dict[str, object] | None, given: Delivery, settings: WorkspaceSettings) -> dict[str, object] | None:
    """An order's address with what was said of it; a zone that was said of another address is forgotten.

    Raises ZoneUnknown.
    """
    address = dict(before or {})
    if given.address is not None or given.latitude is not None:
        address = {} if given.address is not None else {name: value for name, value in address.items() if name != "zone"}
        address |= {"text": given.address} if given.address else {}
        address |= given.model_dump(include={"latitude", "longitude"}, exclude_none=True)
    if given.zone is not None:
        if (zone := settings.zone(given.zone)) is None:
            raise ZoneUnknown(zone=given.zone)
        address["zone"] = zone.name
    return address or None
