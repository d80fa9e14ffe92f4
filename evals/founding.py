"""Founding a world: a workspace of its own for one run of a task, made through the domain's services."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from pydantic import SecretStr

from core.access import Principal
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.schemas import CreateWorkspace, PaymentMethodKind
from domain.catalog import categories, editing, places
from domain.catalog import service as catalog
from domain.catalog.schemas import NewCategory, NewProduct, NewStore, NewUnit, NewVariant
from domain.connections import service as connections
from domain.connections.medium import Medium, Provider
from domain.connections.schemas import ConnectionSummary, Credentials, NewConnection, WebhookAuthentication
from domain.conversations import service as conversations
from domain.conversations.content import Reaction
from domain.conversations.schemas import Incoming, Sender
from domain.customers import service as customers
from domain.orders import confirmation, drafts, fulfilment
from domain.orders import service as orders
from domain.orders.kinds import Fulfilment
from domain.orders.schemas import Delivery, OrderView
from domain.payments import claims
from domain.payments import service as payments
from domain.payments.schemas import ClaimPayment
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from evals.world import World, WorldCustomer, WorldOrder, WorldProduct, WorldUnit


@dataclass(frozen=True, slots=True)
class Founded:
    """A founded world: where it is, and the past orders by their keys."""

    workspace_id: UUID
    connection: str
    connection_id: UUID
    variants: dict[str, UUID]
    orders: dict[str, UUID]
    numbers: dict[str, str]

    @property
    def principal(self) -> Principal:
        """Who looks at the workspace and acts for its staff."""
        return Principal.system(self.workspace_id)


async def found(world: World, slug: str) -> Founded:
    """Create the world as a new workspace whose only connection has the slug."""
    principal = Principal.system(new_id())
    async with open_work(principal) as work:
        await accounts.create_workspace(
            work,
            CreateWorkspace(
                slug=slug[:63].rstrip("-"),
                name=world.name,
                currency=world.currency,
                timezone=world.timezone,
                language=world.language,
                country=world.country,
                settings=world.settings,
            ),
        )
        connection = await connections.create(
            work,
            NewConnection(
                slug=slug,
                medium=Medium.WHATSAPP,
                provider=Provider.SANDBOX,
                name=world.name,
                address=f"1555{new_id().int % 10**8:08d}",
                credentials=Credentials(
                    api_key=SecretStr(f"eval-{slug}"),
                    webhook=WebhookAuthentication(method="header", header="X-Nexova-Secret", secret=SecretStr(f"s-{slug}")),
                ),
            ),
        )
        variants = await _stock_up(work, world)
        past: dict[str, OrderView] = {}
        for customer in world.customers.values():
            past.update(await _remember(work, world, connection, customer, variants))
    return Founded(
        workspace_id=principal.workspace_id,
        connection=slug,
        connection_id=connection.id,
        variants=variants,
        orders={key: order.id for key, order in past.items()},
        numbers={key: str(order.number) for key, order in past.items() if order.number is not None},
    )


async def _stock_up(work: Work, world: World) -> dict[str, UUID]:
    for unit in (*world.units, *([] if any(unit.code == "PZA" for unit in world.units) else [_PIECE])):
        await places.create_unit(work, NewUnit(code=unit.code, name=unit.name, precision=unit.precision, aliases=unit.aliases))
    stores = {
        store.code: (
            await places.create_store(work, NewStore(code=store.code, name=store.name, address=store.address, city=store.city))
        ).id
        for store in world.stores
    }
    paths = {name: (await categories.create_category(work, NewCategory(name=name))).path for name in _categories(world)}
    await editing.create_products(work, [_new_product(product, paths) for product in world.products])
    for phrase, expansion in world.expansions:
        await editing.add_expansion(work, phrase, expansion)
    await work.session.flush()
    variants = {sku: (await catalog.get_variant(work, sku)).variant_id for product in world.products for sku in product.skus}
    for code, store_id in stores.items():
        lines = [
            HoldLine(variant_id=variants[sku], quantity=quantity)
            for product in world.products
            for sku in product.skus
            if (quantity := _stock_in(product, code, first=code == world.stores[0].code)) > 0
        ]
        if lines:
            await stock.receive(work, store_id, lines, reason="opening stock")
    return variants


_PIECE = WorldUnit(code="PZA", name="pieza", precision=0, aliases=("pza", "und", "unidad"))


def _categories(world: World) -> list[str]:
    return list(dict.fromkeys(product.category for product in world.products if product.category))


def _stock_in(product: WorldProduct, store: str, *, first: bool) -> Decimal:
    if isinstance(product.stock, dict):
        return product.stock.get(store, Decimal(0))
    return product.stock if first else Decimal(0)


def _new_product(product: WorldProduct, paths: dict[str, str]) -> NewProduct:
    content = product.content or (None, None)
    return NewProduct(
        code=product.sku,
        name=product.name,
        price=product.price,
        category=paths[product.category] if product.category else None,
        brand=product.brand,
        unit=product.unit,
        step=product.step,
        content_quantity=content[0],
        content_unit=content[1],
        label=product.label,
        synonyms=product.synonyms,
        variants=tuple(NewVariant(sku=item.sku, label=item.label, price=item.price) for item in product.variants),
    )


async def _remember(
    work: Work, world: World, line: ConnectionSummary, customer: WorldCustomer, variants: dict[str, UUID]
) -> dict[str, OrderView]:
    """Bring a customer and their past orders into the shop; the thread begins with a reaction, which asks nothing."""
    received = await conversations.receive(
        work,
        line,
        Incoming(
            provider_message_id=f"past-{new_id()}",
            sender=Sender(address=customer.phone, phone=customer.phone, name=customer.name),
            content=Reaction(emoji="👍"),
            received_at=work.now - timedelta(days=20),
            inbound_event_id=new_id(),
        ),
    )
    for address in customer.addresses:
        await customers.save_address(work, received.customer_id, address, recipient_name=customer.name, phone=customer.phone)
    made: dict[str, OrderView] = {}
    for order in customer.orders:
        made[order.key] = await _past_order(
            work, world, received.conversation_id, received.customer_id, customer, order, variants
        )
    return made


async def _past_order(
    work: Work,
    world: World,
    conversation_id: UUID,
    customer_id: UUID,
    customer: WorldCustomer,
    past: WorldOrder,
    variants: dict[str, UUID],
) -> OrderView:
    draft = await drafts.start_draft(
        work,
        conversation_id=conversation_id,
        customer_id=customer_id,
        recipient_name=customer.name,
        recipient_phone=customer.phone,
    )
    for sku, quantity in past.lines.items():
        await drafts.add_item(work, conversation_id, variants[sku], quantity)
    store_id = (await catalog.get_store(work, past.store)).id if past.store else None
    delivery = Delivery(fulfilment=Fulfilment(past.fulfilment), address=past.address, store_id=store_id)
    if past.fulfilment == "pickup" and store_id is None:
        delivery = delivery.model_copy(update={"store_id": (await catalog.get_store(work, world.stores[0].code)).id})
    await drafts.set_delivery(work, conversation_id, delivery)
    if past.status == "draft":
        return await orders.get(work, draft.id)
    asked = await confirmation.request_confirmation(work, conversation_id)
    if asked.token is None:
        raise ValueError(f"the past order {past.key} cannot be placed: {asked.refusal}")
    placed = (await confirmation.confirm(work, conversation_id, customer_id, asked.token)).order
    await _pay(work, world, customer_id, past, placed)
    await _move_on(work, past, placed.id)
    return await orders.get(work, placed.id)


async def _pay(work: Work, world: World, customer_id: UUID, past: WorldOrder, placed: OrderView) -> None:
    if past.payment is None:
        return
    method = next(item for item in world.settings.payment_methods if item.code == past.payment.method)
    claimed = await claims.claim(
        work,
        ClaimPayment(
            order_id=placed.id,
            customer_id=customer_id,
            method=method.code,
            kind=PaymentMethodKind(method.kind).value,
            reference=past.payment.reference,
            amount=past.payment.amount or placed.total,
        ),
    )
    assert claimed.payment is not None, "a new world has no used references"
    if past.payment.state == "verified":
        await payments.verify(work, claimed.payment.id)
    elif past.payment.state == "rejected":
        await payments.reject(work, claimed.payment.id, "no llegó")


async def _move_on(work: Work, past: WorldOrder, order_id: UUID) -> None:
    if past.status == "cancelled":
        await fulfilment.cancel(work, order_id, "ya no lo quiere")
    if past.status == "shipped" or (past.status == "delivered" and past.fulfilment == "delivery"):
        await fulfilment.mark_shipped(work, order_id)
    if past.status == "delivered":
        await fulfilment.mark_delivered(work, order_id)
