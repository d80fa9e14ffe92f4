"""What has happened in a demo shop: two weeks of orders, money that came in, and people who wait for an answer today.

All of it is done by the services, each deed at the moment at which it would have been done. The same shop on the same day
has the same life.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final, Protocol
from uuid import UUID

from agent import sessions, takeover
from app.demo.schemas import DemoLife, DemoPayment, DemoPerson, DemoShop, DemoTalk
from core.access import Principal
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.accounts.schemas import PaymentMethod, PaymentMethodKind, WorkspaceView
from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.connections import service as connections
from domain.connections.medium import Medium
from domain.connections.schemas import ConnectionSummary
from domain.conversations import delivery, desk, handoffs
from domain.conversations import service as conversations
from domain.conversations.content import Content, Text
from domain.conversations.schemas import Incoming, Received, Sender, SentMessage
from domain.customers import service as customers
from domain.orders import by_staff, confirmation, drafts
from domain.orders import service as orders
from domain.orders.kinds import Fulfilment
from domain.orders.schemas import CancelOrder, Delivery, NewOrder, OrderView, ShipOrder, WantedLine
from domain.payments import by_staff as payments
from domain.payments import claims
from domain.payments.schemas import ClaimPayment, EnterPayment
from domain.stock import service as stock

DAYS: Final = 14
A_DAY: Final = (1, 4)
"""Orders of a day, at least and at most."""

_KEPT: Final = 5
"""So much of each product orders leave, so that no shelf is emptied by them."""

_MOST: Final = 3
"""Of one product in one order."""

_TODAY_BEGAN: Final = timedelta(hours=9)
"""The orders of today are of the last hours, however early it is where the shop is."""


class Remember(Protocol):
    """Puts what was written at a moment on the phone of whoever wrote or was written to."""

    async def __call__(
        self, work: Work, connection_id: UUID, phone: str, name: str, content: Content, provider_id: str, *, is_customer: bool
    ) -> None:
        """Remember one message."""
        ...


@dataclass(frozen=True, slots=True)
class _Shop:
    """What all of a shop's life needs to know of it."""

    plan: DemoShop
    workspace: WorkspaceView
    owner: Principal
    operator: Principal
    line: ConnectionSummary
    remember: Remember
    goods: Mapping[str, VariantView]
    left: dict[str, Decimal]
    """What orders may still take of each product."""
    buyers: Mapping[str, UUID]

    @property
    def methods(self) -> Sequence[PaymentMethod]:
        """The ways in which the shop is paid."""
        return self.workspace.settings.payment_methods


async def liven(plan: DemoShop, workspace_id: UUID, remember: Remember) -> bool:
    """Let a demo shop have had its last weeks; False where it has orders already. All of it, or nothing."""
    async with open_work(Principal.system(workspace_id)) as work:
        if plan.life is None or (await orders.list_orders(work, limit=1)).items:
            return False
        shop = await _known(work, plan, remember)
        await _weeks(work.acting_for(shop.owner), shop)
        for talk in plan.life.talks:
            await _talk(work.at(work.now - timedelta(minutes=talk.minutes)), shop, talk)
    return True


async def _known(work: Work, plan: DemoShop, remember: Remember) -> _Shop:
    workspace = await accounts.get_workspace(work)
    members = {each.email: each.user_id for each in await accounts.list_members(work)}
    owner, operator = (
        roles.staff(workspace.id, members[next(each.email for each in plan.users if each.role is role)], role)
        for role in (Role.OWNER, Role.OPERATOR)
    )
    line = (await connections.all_of_workspace(work))[0]
    variants = await catalog.variants_by_sku(work, [sku for _, _, product in plan.numbered for sku in plan.skus(product)])
    store = next(each for each in await catalog.stores(work) if each.code == workspace.settings.default_store)
    levels = await stock.available(work, [each.variant_id for each in variants.values()], store.id)
    left = {sku: levels[each.variant_id].available - _KEPT for sku, each in variants.items() if each.grain == 1}
    began = work.at(work.now - timedelta(days=DAYS + 1))
    assert plan.life is not None, "asked of shops that have one"
    buyers = {}
    for person in plan.life.people:
        address = person.phone.removeprefix("+")
        contact = await customers.find_or_create(
            began, medium=Medium.WHATSAPP, address=address, user_id=None, phone=person.phone, name=person.name
        )
        buyers[person.name] = contact.customer_id
    return _Shop(plan, workspace, owner, operator, line, remember, variants, left, buyers)


async def _weeks(work: Work, shop: _Shop) -> None:
    """The orders of each day, and what became of them."""
    chance = random.Random(shop.workspace.slug)
    zone = shop.workspace.zone
    midnight = datetime.combine(work.now.astimezone(zone).date(), time(), zone)
    for day in range(DAYS, -1, -1):
        opens, closes = midnight - timedelta(days=day) + timedelta(hours=9), midnight - timedelta(days=day - 1)
        if day == 0:
            opens, closes = max(midnight, work.now - _TODAY_BEGAN), work.now
        for place in sorted(chance.random() for _ in range(chance.randint(*A_DAY))):
            at = opens + (closes - opens) * (0.05 + place * 0.75)
            await _order(work, shop, chance, at, day)


async def _order(work: Work, shop: _Shop, chance: random.Random, at: datetime, day: int) -> None:
    """An order that staff took for somebody, paid, brought and handed over as far as it has come by now."""
    person = chance.choice(_life(shop).people)
    lines = _basket(shop, chance)
    if not lines:
        return  # the shelves have given all that they can
    for line in lines:
        shop.left[line.sku] -= line.quantity
    method = chance.choice(shop.methods)
    is_brought = chance.random() < 0.6
    wanted = {
        "customer_id": shop.buyers[person.name],
        "lines": lines,
        "recipient_name": person.name,
        "recipient_phone": person.phone,
        "payment_method": method.code,
    }
    whereto = await _whereto(work, shop, person, is_brought=is_brought)

    def after(minutes: int) -> Work:
        return work.at(min(at + timedelta(minutes=minutes), work.now))

    placed = await by_staff.create(after(0), NewOrder.model_validate(wanted | whereto))
    placed = await by_staff.confirm(after(3), placed.id)
    if day > 0 and chance.random() < 0.07:
        await by_staff.cancel(after(50), placed.id, CancelOrder(reason=chance.choice(_life(shop).excuses)))
        return
    is_cash = method.kind is PaymentMethodKind.CASH
    if not is_cash and (day > 0 or chance.random() < 0.7):
        await _paid(after(25), chance, placed, method)
    if day == 0 and chance.random() < 0.5:
        return
    await by_staff.pack(after(40), placed.id)
    if is_brought and (day > 0 or is_cash):
        await by_staff.ship(after(60), placed.id, ShipOrder())
    if day > 0:
        await by_staff.deliver(after(110), placed.id)
        if is_cash:
            await _paid(after(111), chance, placed, method)


def _life(shop: _Shop) -> DemoLife:
    assert shop.plan.life is not None, "asked of shops that have one"
    return shop.plan.life


def _basket(shop: _Shop, chance: random.Random) -> list[WantedLine]:
    """What is bought together, of what is there in plenty, and enough to be brought anywhere."""
    settings = shop.workspace.settings
    least = max([settings.minimum_order, *(zone.minimum for zone in settings.delivery_zones)])
    skus = [sku for sku, left in shop.left.items() if left >= _MOST]
    lines: list[WantedLine] = []
    worth, wanted = Decimal(0), chance.choice((1, 1, 2, 2, 3, 4))
    for sku in chance.sample(skus, k=len(skus)):
        if len(lines) >= wanted and worth >= least:
            return lines
        lines.append(WantedLine(sku=sku, quantity=Decimal(chance.randint(1, _MOST))))
        worth += lines[-1].quantity * shop.goods[sku].price
    return []


async def _whereto(work: Work, shop: _Shop, person: DemoPerson, *, is_brought: bool) -> dict[str, object]:
    if is_brought:
        zones = shop.workspace.settings.delivery_zones
        return {"fulfilment": Fulfilment.DELIVERY, "address": person.address, "zone": zones[0].name if zones else None}
    stores = await catalog.stores(work)
    store = next(each for each in stores if each.code == shop.workspace.settings.default_store)
    return {"fulfilment": Fulfilment.PICKUP, "store_id": store.id}


async def _paid(work: Work, chance: random.Random, order: OrderView, method: PaymentMethod) -> None:
    reference = None if method.kind is PaymentMethodKind.CASH else str(chance.randrange(10**9, 10**10))
    seen = EnterPayment(method=method.code, amount=order.total, reference=reference, verified=True)
    await payments.enter(work, order.id, seen)


async def _talk(work: Work, shop: _Shop, talk: DemoTalk) -> None:
    """A conversation of today, up to where it stands now."""
    person = next(each for each in _life(shop).people if each.name == talk.by)
    received: Received | None = None
    for number, said in enumerate(talk.said):
        at = work.at(work.now + timedelta(seconds=40 * number))
        if said.customer is not None:
            received = await _received(at, shop, person, said.customer)
        elif received is not None:
            (message_id,) = await conversations.queue(at, received.conversation_id, [Text(text=said.agent or "")])
            await _arrived(at, shop, person, received.conversation_id, message_id, said.agent or "")
    assert received is not None, "a customer begins"
    conversation_id = received.conversation_id
    now = work.at(work.now + timedelta(seconds=40 * len(talk.said)))
    if talk.buys:
        await _bought(now, shop, talk, person, received)
    if talk.wants is not None:
        await handoffs.wait_for_person(now, conversation_id, talk.wants, talk.about)
    if talk.replied is not None:
        by = now.at(now.now + timedelta(minutes=2)).acting_for(shop.operator)
        await takeover.take(by, conversation_id)
        seen = (await desk.list_messages(by, conversation_id, limit=1)).items[0]
        sent = await desk.reply(by, conversation_id, talk.replied, seen.id)
        await _arrived(by.acting_for(work.principal), shop, person, conversation_id, sent.id, talk.replied)
    elif talk.wants is None and talk.said[-1].customer is not None:
        # Nobody has answered yet: the agent does, as soon as the house is up.
        await sessions.message_arrived(work, conversation_id, Text(text=talk.said[-1].customer))
    elif talk.wants is None:
        answered = [each.id for each in await conversations.open_messages(now, conversation_id)]
        await conversations.mark_answered(now, conversation_id, answered, None)


async def _received(work: Work, shop: _Shop, person: DemoPerson, words: str) -> Received:
    address, provider_id = person.phone.removeprefix("+"), f"demo-{new_id()}"
    incoming = Incoming(
        provider_message_id=provider_id,
        sender=Sender(address=address, phone=address, name=person.name),
        content=Text(text=words),
        received_at=work.now,
    )
    await shop.remember(work, shop.line.id, address, person.name, incoming.content, provider_id, is_customer=True)
    return await conversations.receive(work, shop.line, incoming)


async def _arrived(work: Work, shop: _Shop, person: DemoPerson, conversation_id: UUID, message_id: UUID, words: str) -> None:
    """What the shop has said has been read long ago."""
    phone = person.phone.removeprefix("+")
    await shop.remember(work, shop.line.id, phone, person.name, Text(text=words), str(message_id), is_customer=False)
    sent = SentMessage(message_id=message_id, conversation_id=conversation_id)
    await delivery.record_report(work, sent, "read", at=work.now)


async def _bought(work: Work, shop: _Shop, talk: DemoTalk, person: DemoPerson, received: Received) -> None:
    """What the agent has sold in the conversation, and what the customer says to have paid for it."""
    agent = work.acting_for(roles.agent_for(work.workspace_id, received.customer_id))
    conversation_id = received.conversation_id
    await drafts.start_draft(
        agent,
        conversation_id=conversation_id,
        customer_id=received.customer_id,
        recipient_name=person.name,
        recipient_phone=person.phone,
    )
    for sku, quantity in talk.buys.items():
        await drafts.add_item(agent, conversation_id, shop.goods[sku].variant_id, quantity)
    whereto = Delivery.model_validate(await _whereto(work, shop, person, is_brought=talk.is_brought))
    await drafts.set_delivery(agent, conversation_id, whereto)
    asked = await confirmation.request_confirmation(agent, conversation_id)
    assert asked.token is not None, asked.refusal
    result = await confirmation.confirm(agent, conversation_id, received.customer_id, asked.token)
    assert result.refusal is None, result.refusal
    if talk.pays is not None:
        await _claimed(agent, shop, talk.pays, result.order)


async def _claimed(work: Work, shop: _Shop, said: DemoPayment, order: OrderView) -> None:
    method = shop.workspace.payment_method(said.method)
    assert method is not None, said.method
    told = ClaimPayment(
        order_id=order.id,
        customer_id=order.customer_id,
        method=method.code,
        kind=method.kind,
        bank=said.bank,
        reference=said.reference,
        amount=order.total if said.amount is None else said.amount,
    )
    await claims.claim(work, told)
