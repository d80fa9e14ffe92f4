"""A customer in a conversation with a shop, for tests of what they can do there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import text

from core import clock
from core.access import Principal
from core.tables import new_id
from core.work import Work, open_system_work, open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.accounts.schemas import PaymentMethod, PaymentMethodKind, WorkspaceSettings
from domain.catalog import pricing
from domain.connections import service as connections
from domain.conversations import attachments
from domain.conversations import files as conversation_files
from domain.conversations import service as conversations
from domain.conversations.content import File, Text
from domain.conversations.schemas import Incoming, Sender
from domain.orders import confirmation, drafts
from domain.orders.kinds import Fulfilment
from domain.orders.schemas import Delivery, OrderView
from domain.stock import service as stock
from tests.factories.shop import Shop
from tests.factories.workspaces import make_connection, settle

METHODS = (
    PaymentMethod(
        code="pago_movil",
        kind=PaymentMethodKind.MOBILE,
        name="Pago Móvil",
        instructions="Banesco 0134, teléfono 0414-5550101, RIF J-123456789",
        aliases=("pago movil", "pagomovil"),
    ),
    PaymentMethod(code="transferencia", kind=PaymentMethodKind.TRANSFER, name="Transferencia", aliases=("transfer",)),
    PaymentMethod(code="efectivo", kind=PaymentMethodKind.CASH, name="Efectivo", aliases=("cash",)),
)

STREET = "Av. Francisco de Miranda, edificio 12, piso 3"


@dataclass(frozen=True)
class Chat:
    """One customer's conversation with a shop."""

    shop: Shop
    conversation_id: UUID
    customer_id: UUID
    connection_id: UUID
    phone: str

    @property
    def agent(self) -> Principal:
        """The agent while it serves this customer."""
        return roles.agent_for(self.shop.workspace_id, self.customer_id)

    @property
    def staff(self) -> Principal:
        """A manager of the shop."""
        return roles.staff(self.shop.workspace_id, new_id(), Role.MANAGER)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """A transaction of the agent."""
        async with open_work(self.agent) as work:
            yield work


async def open_chat(shop: Shop, connection_id: UUID, phone: str = "") -> Chat:
    """A customer writes for the first time."""
    number = phone or f"58414{uuid4().int % 10**7:07d}"
    received = await send(shop.workspace_id, connection_id, number, text_="hola")
    return Chat(shop, received[0], received[1], connection_id, number)


async def send(
    workspace_id: UUID,
    connection_id: UUID,
    phone: str,
    *,
    text_: str | None = None,
    image: str | None = None,
    user_id: str | None = None,
) -> tuple[UUID, UUID, UUID]:
    """A message of a customer arrives; ids of the conversation, the customer and the message."""
    async with open_work(Principal.system(workspace_id)) as work:
        received = await conversations.receive(
            work,
            await connections.get(work, connection_id),
            Incoming(
                provider_message_id=uuid4().hex,
                sender=Sender(address=phone, phone=phone, user_id=user_id, name="Ana Pérez"),
                content=File(media="image", url=image, caption=text_) if image else Text(text=text_ or ""),
                received_at=work.now,
                inbound_event_id=new_id(),
            ),
        )
    assert received.message_id is not None
    return received.conversation_id, received.customer_id, received.message_id


async def send_picture(chat: Chat, sha256: str | None = None, content_type: str = "image/png") -> UUID:
    """The customer sends a picture, whose bytes have arrived if their digest is given; the id of the file."""
    await send(chat.shop.workspace_id, chat.connection_id, chat.phone, image=f"https://media.example/{uuid4().hex}")
    async with open_work(Principal.system(chat.shop.workspace_id)) as work:
        files = await conversation_files.recent_files(work, chat.conversation_id, work.now - timedelta(minutes=1))
        if sha256 is not None:
            fetch = await attachments.take(work, files[-1])
            assert fetch is not None
            await attachments.record_stored(work, fetch, sha256=sha256, size=3, content_type=content_type)
    return files[-1]


async def level(chat: Chat, sku: str) -> tuple[Decimal, Decimal]:
    """On hand and held."""
    variant_id = chat.shop.variants[sku]
    async with open_work(chat.shop.principal) as work:
        found = (await stock.available(work, [variant_id]))[variant_id]
    return found.on_hand, found.held


async def settle_on(shop: Shop, **settings: object) -> None:
    """Change the shop's settings."""
    async with open_work(shop.principal) as work:
        chosen = {"payment_methods": METHODS, "delivery_fee": Decimal(5000)} | settings
        await settle(work, WorkspaceSettings.model_validate(chosen))


async def chat_of(shop: Shop, workspace_view_connection: UUID | None = None) -> Chat:
    """A chat on a connection of its own, in a shop that takes payments and delivers."""
    await settle_on(shop)
    if workspace_view_connection is not None:
        return await open_chat(shop, workspace_view_connection)
    async with open_work(shop.principal) as work:
        workspace = await accounts.get_workspace(work)
    connection = await make_connection(workspace)
    return await open_chat(shop, connection.id)


async def draft_with(chat: Chat, items: dict[str, Decimal | int], *, delivery: bool = True) -> OrderView:
    """A draft with these items, and an address to bring them to."""
    async with chat.work() as work:
        await drafts.start_draft(
            work,
            conversation_id=chat.conversation_id,
            customer_id=chat.customer_id,
            recipient_name="Ana Pérez",
            recipient_phone="+584145550101",
        )
        for sku, quantity in items.items():
            await drafts.add_item(work, chat.conversation_id, chat.shop.variants[sku], Decimal(quantity))
        if delivery:
            details = Delivery(fulfilment=Fulfilment.DELIVERY, address=STREET)
            return await drafts.set_delivery(work, chat.conversation_id, details)
        order = await drafts.open_draft(work, chat.conversation_id)
    assert order is not None
    return order


async def asked(chat: Chat, items: dict[str, Decimal | int]) -> str:
    """A draft whose summary has been asked for; its token."""
    await draft_with(chat, items)
    async with chat.work() as work:
        result = await confirmation.request_confirmation(work, chat.conversation_id)
    assert result.token is not None, result
    return result.token


async def placed(chat: Chat, items: dict[str, Decimal | int]) -> OrderView:
    """A confirmed order."""
    token = await asked(chat, items)
    async with chat.work() as work:
        result = await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)
    assert result.refusal is None
    return result.order


async def reprice(shop: Shop, sku: str, price: Decimal | int) -> None:
    """The shop changes a price."""
    async with open_work(shop.principal) as work:
        await pricing.set_price(work, sku, Decimal(price))


async def later(delta: timedelta) -> None:
    """Business time goes on."""
    async with open_system_work() as session:
        await clock.shift_by(session, delta)


async def count(shop: Shop, table: str) -> int:
    """How many rows a table has in this shop."""
    async with open_work(shop.principal) as work:
        found = await work.session.scalar(text(f"SELECT count(*) FROM {table}"))
    return int(found or 0)
