"""The tool that says how the goods of the open order reach the customer."""

from collections.abc import Sequence
from typing import Literal

from domain.accounts.zones import DeliveryZone
from domain.catalog import service as catalog
from domain.catalog.schemas import StoreView
from domain.connections import service as connections
from domain.conversations.content import Place, said
from domain.conversations.states import Trigger
from domain.customers import service as customers
from domain.customers.phones import e164
from domain.orders import drafts, zones
from domain.orders.kinds import Fulfilment, OrderStatus
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import Delivery, OrderView
from tools.amending import Target, order_meant, told
from tools.context import Pending
from tools.definition import Sentence, Words, tool
from tools.facts import Facts
from tools.outcome import Deed, FactKind, Option, ToolOutcome
from tools.serving import CustomerContext
from tools.speech import listed, say
from tools.starting import begin_draft
from tools.summary import draft_data

SHORTEST_ADDRESS = 5


@tool(permission=OrdersPermission.DRAFT, writes=True, quotes=("address", "recipient_name", "phone", "notes"))
async def set_delivery_details(
    ctx: CustomerContext,
    fulfilment: Literal["delivery", "pickup"] | None = None,
    address: Sentence | None = None,
    store: Sentence | None = None,
    zone: Words | None = None,
    recipient_name: Words | None = None,
    phone: Words | None = None,
    notes: Sentence | None = None,
    order: Words | None = None,
) -> ToolOutcome:
    """Note how the order reaches the customer. Give only what the customer said; the rest stays as it is.

    Args:
        fulfilment: `delivery` if it is brought, `pickup` if the customer fetches it.
        address: The whole address in the customer's words, for a delivery. Leave out for their usual place: the saved
            address is taken.
        store: The store for a pick-up, as the customer calls it.
        zone: The zone of delivery, by the name with which it was asked for, once the customer has said it.
        recipient_name: Who receives the order.
        phone: A telephone number to call on delivery.
        notes: Anything else that the person who delivers must know.
        order: The number of a placed order if it is about that one, or `new` for a new one; leave out where neither was said.
    """
    if ctx.wishes is not None and not ctx.wishes.delivery and not address:
        fulfilment = None  # the model's own idea
    number = e164(phone, ctx.workspace.country) if phone else None
    if phone and number is None:
        return ctx.ask("phone_not_usable", note="Nothing was changed.")
    if address is not None and not _is_address(address):
        return ctx.ask("address_too_short", note="Nothing was changed.")
    zones_here = ctx.workspace.settings.delivery_zones
    if zone is not None and zones_here and ctx.workspace.settings.zone(zone) is None:
        return ask_zone(ctx, zones_here)
    chosen = await _store(ctx, store, fulfilment)
    if isinstance(chosen, ToolOutcome):
        return chosen
    place = _shared_place(ctx) if address is None and fulfilment != "pickup" else None
    delivery = Delivery(
        fulfilment=Fulfilment(fulfilment) if fulfilment else None,
        address=address or (place[0] if place else None),
        latitude=place[1] if place else None,
        longitude=place[2] if place else None,
        zone=zone if zones_here else None,
        store_id=chosen.id if chosen else None,
        recipient_name=recipient_name,
        recipient_phone=number,
        notes=notes,
    )
    if not delivery.model_dump(exclude_none=True):
        return ctx.ask("nothing_given", say(ctx, "ask.fulfilment"), note="No detail was given.")
    given = {"fulfilment": fulfilment, "address": delivery.address, "store": store, "recipient_name": recipient_name}
    given |= {"phone": phone, "notes": notes, "zone": zone}
    target = await order_meant(ctx, "set_delivery_details", given, order, adds=False)
    if isinstance(target, ToolOutcome):
        return target
    return told(ctx, target, await _set(ctx, target, delivery))


async def _set(ctx: CustomerContext, target: Target, delivery: Delivery) -> ToolOutcome:
    """Note the details on the order that is meant, and tell what was noted."""
    before = target.draft or await begin_draft(ctx)
    saved = await _saved_address(ctx, delivery, before)
    if saved is not None:
        delivery = delivery.model_copy(update={"address": saved})
    await target.opened(ctx)
    changed = await drafts.set_delivery(ctx.work, ctx.conversation_id, delivery)
    if before.status is OrderStatus.AWAITING_CONFIRMATION or not before.lines or target.amends is not None:
        ctx.signal(Trigger.ITEMS_CHANGED, order_id=str(changed.id))
    return await _noted(ctx, delivery, before, changed, is_saved=saved is not None)


async def _saved_address(ctx: CustomerContext, given: Delivery, draft: OrderView) -> str | None:
    """Where this customer's orders usually go, if this one is to be brought too and nobody has said where."""
    if given.fulfilment is not Fulfilment.DELIVERY or given.address or given.latitude is not None or draft.address_text:
        return None
    saved = await customers.addresses(ctx.work, ctx.customer_id)
    return saved[0].text if saved else None


def _is_address(address: str) -> bool:
    return len(address.strip()) >= SHORTEST_ADDRESS and any(letter.isalpha() for letter in address)


async def _store(ctx: CustomerContext, phrase: str | None, fulfilment: str | None) -> StoreView | ToolOutcome | None:
    """The store that is meant; the only one for a pick-up; or the question which one."""
    stores = await catalog.stores(ctx.work)
    if phrase is None:
        return await _own_store(ctx, stores) if fulfilment == "pickup" else None
    found = await catalog.find_stores(ctx.work, phrase)
    if len(found) == 1:
        return found[0]
    facts = ctx.facts
    offered = found or stores
    options = [Option(sku=store.code, name=store.name, detail=store.address or "") for store in offered]
    names = "\n".join(
        say(
            ctx,
            "store_line",
            store=facts.add(FactKind.STORE, store.code, ", ".join(p for p in (store.name, store.address) if p)),
        )
        for store in offered
    )
    key = "which_store" if found else "store_not_found"
    return ctx.ask(
        key,
        say(ctx, key, stores=names),
        about=Pending(kind="choose_store", tool="set_delivery_details", arguments={"fulfilment": "pickup"}, options=options),
        note="Ask which store, then repeat the call with its name. Nothing was changed.",
    )


async def _own_store(ctx: CustomerContext, stores: Sequence[StoreView]) -> StoreView | None:
    """The store from which the line sells on which the customer writes; else the only one there is."""
    code = (await connections.settings_of(ctx.work, ctx.connection_id)).store
    mine = [store for store in stores if store.code == code] if code else list(stores)
    return mine[0] if len(mine) == 1 else None


def _shared_place(ctx: CustomerContext) -> tuple[str, float, float] | None:
    """The place that the customer shared in this turn as a location on the map."""
    for message in reversed(ctx.messages):
        place = message.content
        if isinstance(place, Place):
            return said(place) or say(ctx, "shared_location"), place.latitude, place.longitude
    return None


async def _noted(ctx: CustomerContext, given: Delivery, before: OrderView, order: OrderView, *, is_saved: bool) -> ToolOutcome:
    facts = ctx.facts
    missing = await drafts.missing_details(ctx.work, order)
    deeds = [(Deed.DELIVERY_SET, order.fulfilment.value if order.fulfilment else "details")]
    noted = [await _where(ctx, facts, given, order)]
    if given.recipient_name:
        noted.append(say(ctx, "noted.recipient", name=facts.add(FactKind.RECIPIENT, "draft", given.recipient_name)))
    if given.recipient_phone:
        noted.append(say(ctx, "noted.phone", phone=facts.add(FactKind.PHONE, "draft", given.recipient_phone)))
    if given.notes:
        noted.append(say(ctx, "noted.note"))
    words = [say(ctx, "noted", details=listed(ctx, [part for part in noted if part]))]
    if order.delivery_fee:
        fee = facts.money(FactKind.FEE, "draft", order.delivery_fee, order.currency)
        words += [say(ctx, "fee_noted", amount=fee)] if order.delivery_fee != before.delivery_fee else []
    words += [say(ctx, "address_saved_taken")] if is_saved else []
    facts.money(FactKind.TOTAL, "draft", order.total, order.currency)
    if open_zones := await zones.to_ask(ctx.work, order):
        return ask_zone(ctx, open_zones, words=words, deeds=deeds)
    known = "The address is the saved one of this customer; tell them, they may want another. " if is_saved else ""
    return ctx.done(
        "delivery_set",
        " ".join(words),
        deeds=deeds,
        note=known + (f"Still missing: {', '.join(missing)}." if missing else "Nothing is missing: call request_confirmation."),
        data={"missing": list(missing), "draft": draft_data(order)},
    )


def ask_zone(
    ctx: CustomerContext,
    zones: Sequence[DeliveryZone],
    *,
    words: Sequence[str] = (),
    deeds: Sequence[tuple[Deed, str]] = (),
) -> ToolOutcome:
    """Ask in which of these zones the address lies, each told with its fee; `words` tell what was done already."""
    facts = ctx.facts
    currency = ctx.workspace.currency
    options = [Option(sku=zone.name, name=zone.name) for zone in zones]
    lines = [
        say(ctx, "zone_line", zone=zone.name, fee=facts.money(FactKind.FEE, zone.name, zone.fee, currency)) for zone in zones
    ]
    return ctx.ask(
        "which_zone",
        " ".join([*words, say(ctx, "which_zone", zones="\n".join(lines))]),
        deeds=list(deeds),
        about=Pending(kind="choose_zone", tool="set_delivery_details", options=options),
        note="Ask in which zone it is, then call set_delivery_details with it. If it is in none, the shop does not deliver "
        "there: offer the pick-up, or request_human_handoff.",
    )


async def _where(ctx: CustomerContext, facts: Facts, given: Delivery, order: OrderView) -> str:
    """What was said of the place, if this call said anything of it."""
    if given.address or given.latitude is not None:
        return say(ctx, "noted.address", address=facts.add(FactKind.ADDRESS, "draft", order.address_text or ""))
    if given.fulfilment is Fulfilment.DELIVERY:
        return say(ctx, "noted.delivery")
    if order.fulfilment is not Fulfilment.PICKUP or (given.fulfilment is None and given.store_id is None):
        return ""
    if order.store_id is None:
        return say(ctx, "noted.pickup_somewhere")
    store = await catalog.get_store_by_id(ctx.work, order.store_id)
    place = ", ".join(part for part in (store.name, store.address) if part)
    return say(ctx, "noted.pickup", store=facts.add(FactKind.STORE, store.code, place))
