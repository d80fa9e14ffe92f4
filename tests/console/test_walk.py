"""Payments to verify in a real browser: one after the other by the keyboard alone, under the policy of the console."""

from decimal import Decimal

from playwright.async_api import expect

from core.work import open_work
from domain.accounts.roles import Role
from domain.payments import claims
from domain.payments import service as payments
from domain.payments.kinds import PaymentState
from domain.payments.schemas import ClaimPayment
from tests.console.serving import serving
from tests.console.test_browser import browsing, pytestmark
from tests.factories.chat import placed
from tests.factories.desk import Desk
from tests.factories.staff import employ

__all__ = ["pytestmark"]


async def test_payments_are_verified_and_rejected_by_the_keyboard_alone(desk: Desk) -> None:
    # Given two payments of an order that wait
    order = await placed(desk.chat, {"HAR-1": 1})
    for reference in ("00112233", "99887766"):
        said = ClaimPayment(
            order_id=order.id,
            customer_id=desk.chat.customer_id,
            method="pago_movil",
            kind="mobile",
            reference=reference,
            amount=Decimal(30000),
        )
        async with desk.chat.work() as work:
            await claims.claim(work, said)
    person = await employ(desk.api, desk.workspace, Role.OPERATOR)

    # When somebody verifies the first and rejects the second without a mouse
    async with serving() as served, browsing(served, person) as page:
        await page.goto(f"{served.http.base_url}/console/@{desk.workspace.slug}/payments")
        await page.keyboard.press("v")
        await expect(page.get_by_role("heading", name="1 de 2 por verificar")).to_be_visible()
        await page.keyboard.press("v")
        await expect(page.get_by_role("heading", name="1 de 1 por verificar")).to_be_visible()
        await page.keyboard.press("x")
        await page.get_by_label("Motivo").fill("No está en el banco")
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_text("Pago rechazado; el cliente recibe un aviso.")).to_be_visible()

    # Then both are decided, as the keys said
    async with open_work(desk.shop.principal) as work:
        decided = await payments.list_for_order(work, order.id)
    assert [each.status for each in decided] == [PaymentState.VERIFIED, PaymentState.REJECTED]
    assert decided[1].decision_reason == "No está en el banco"
