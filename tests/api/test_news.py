"""What the live line tells, read where it is found: to each of what they may see at this moment."""

from uuid import UUID

from app.web.api.realtime import TOPICS
from core import news
from core.work import open_work
from domain.accounts import entry
from domain.accounts.roles import Role
from domain.payments import claims
from domain.payments.schemas import ClaimPayment
from tests.api.test_payments import told
from tests.factories.chat import placed
from tests.factories.desk import Desk
from tests.factories.staff import Employee, employ


async def heard(desk: Desk, by: Employee) -> set[UUID]:
    """The payments of which somebody would be told."""
    async with open_work(await entry.staff(by.access_token, desk.workspace.id)) as work:
        found = await news.between(work, TOPICS, 0, await news.newest(work))
    return {each.subject_id for each in found if each.subject_kind == "payment"}


async def test_a_payment_is_news_to_whoever_sees_its_order(desk: Desk) -> None:
    # Given a payment of an order of the first store, and money without an order
    ahead = ClaimPayment(
        order_id=None, customer_id=desk.chat.customer_id, method="pago_movil", kind="mobile", reference="00998877"
    )
    order = await placed(desk.chat, {"HAR-1": 1})
    payment = await told(desk, order)
    async with desk.chat.work() as work:
        loose = (await claims.claim_ahead(work, ahead, desk.chat.conversation_id)).payment
    assert loose is not None
    async with open_work(desk.shop.principal) as work:
        branch = await desk.shop.open_branch(work)

    # Then one of another store hears only of what has none
    here = await employ(desk.api, desk.workspace, Role.MANAGER, desk.shop.store_id)
    there = await employ(desk.api, desk.workspace, Role.MANAGER, branch)
    assert await heard(desk, desk.owner) == await heard(desk, here) == {loose.id, payment.id}
    assert await heard(desk, there) == {loose.id}
