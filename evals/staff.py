"""What the shop's people do while a customer writes: prices, stock, payments, and talking themselves."""

from sqlalchemy import select

from agent import takeover
from core.work import Work, open_work, own
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.catalog import pricing
from domain.catalog import service as catalog
from domain.conversations import service as conversations
from domain.conversations.content import Text
from domain.conversations.models import Conversation
from domain.payments import service as payments
from domain.stock import service as stock
from evals.founding import Founded
from evals.tasks import ShopEvent


async def act(event: ShopEvent, place: Founded) -> None:
    """Do what the event names, as the shop's system or as one of its operators."""
    async with open_work(place.principal) as work:
        await _change_goods(work, event, place)
        if event.verify_payment or event.reject_payment:
            for payment in await payments.pending(work):
                if event.verify_payment:
                    await payments.verify(work, payment.id)
                else:
                    await payments.reject(work, payment.id, "no aparece en la cuenta")
    if event.reply is not None or event.release is not None:
        await _talk(event, place)


async def _change_goods(work: Work, event: ShopEvent, place: Founded) -> None:
    if event.set_price is not None:
        sku, price = event.set_price
        await pricing.set_price(work, sku, price)
    if event.set_stock is not None:
        sku, quantity = event.set_stock
        for store in await catalog.stores(work):
            levels = await stock.levels(work, place.variants[sku])
            if any(level.store_id == store.id for level in levels):
                await stock.count(work, store.id, place.variants[sku], quantity)
                quantity -= quantity


async def _talk(event: ShopEvent, place: Founded) -> None:
    """An operator takes the conversation, writes, and gives it back when the event says with which note."""
    async with open_work(place.principal) as work:
        member = await accounts.add_member(work, "operadora@eval.test", "Operadora", Role.OPERATOR)
        conversation_id = await work.session.scalar(
            select(Conversation.id).where(own(Conversation, work), Conversation.voice != "agent")
        )
    if conversation_id is None:
        return
    operator = roles.staff(place.workspace_id, member.user_id, Role.OPERATOR)
    if event.reply is not None:
        async with open_work(operator) as work:
            conversation = await conversations.get(work, conversation_id)
            if conversation.operator_id is None:
                await takeover.take(work, conversation_id)
            seen = (await conversations.thread(work, conversation_id, limit=1))[-1].id
            await conversations.reply(work, conversation_id, Text(text=event.reply), seen=seen)
    if event.release is not None:
        async with open_work(operator) as work:
            await takeover.release(work, conversation_id, event.release)
