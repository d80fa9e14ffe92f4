"""Payments over HTTP: what was told stays as told, what staff found counts once, and no more goes back than came."""

import asyncio
from decimal import Decimal
from typing import Any

import httpx
from sqlalchemy import text

from core.messages import text as words
from core.work import open_work
from domain.accounts.roles import Role
from domain.conversations import handoffs
from domain.orders.schemas import OrderView
from domain.payments import claims, receipts
from domain.payments.schemas import ClaimPayment, PaymentView
from tests.factories.chat import placed, send_picture
from tests.factories.desk import Desk
from tests.factories.staff import Employee, employ
from tests.factories.workspaces import make_workspace

SHOWN = "Bs. 30.000,00"


async def told(desk: Desk, order: OrderView, reference: str = "00112233", amount: int | None = 30000) -> PaymentView:
    """The customer says to have paid."""
    async with desk.chat.work() as work:
        result = await claims.claim(
            work,
            ClaimPayment(
                order_id=order.id,
                customer_id=desk.chat.customer_id,
                method="pago_movil",
                kind="mobile",
                bank="Banesco",
                reference=reference,
                amount=Decimal(amount) if amount is not None else None,
            ),
        )
    assert result.payment is not None
    return result.payment


async def ids(desk: Desk, by: Employee | None = None, **query: Any) -> list[str]:
    return [each["id"] for each in (await desk.get("/payments", by=by, **query))["data"]]


async def test_a_day_of_a_shop_from_the_chat_to_the_money_back(desk: Desk) -> None:
    # Given an order placed in the chat, and a transfer with its picture
    order = await placed(desk.chat, {"HAR-1": 1})
    payment = await told(desk, order)
    picture = await send_picture(desk.chat, "ab" * 32)
    async with desk.chat.work() as work:
        await receipts.link_receipts(work, payment.id, [picture])

    # When staff find it among what waits, look at it, and see the money
    assert await ids(desk, status="claimed") == [str(payment.id)]
    seen = await desk.get(f"/payments/{payment.id}")
    assert (seen["amount"], seen["reference"], len(seen["receipts"])) == ("30000.00", "00112233", 1)
    verified = await desk.post(f"/payments/{payment.id}/verify")
    assert (verified.json()["status"], verified.json()["decided_by"]) == ("verified", str(desk.owner.id))
    for step in ("pack", "ship", "deliver"):
        assert (await desk.post(f"/orders/{order.id}/{step}")).status_code == 200, step

    # And give half of it back, once
    back = {"key": "uno", "amount": "15000", "reason": "una bolsa rota", "method": "efectivo"}
    for _ in range(2):
        assert (await desk.post(f"/orders/{order.id}/refunds", back)).status_code == 201
    shown = await desk.get(f"/orders/{order.id}")
    assert (shown["status"], shown["payment_status"], shown["refunded"]) == ("delivered", "paid", "15000.00")
    assert (shown["balance"]["verified"], shown["balance"]["refunded"]) == ("30000.00", "15000.00")
    assert [each["reason"] for each in (await desk.get(f"/orders/{order.id}/refunds"))["data"]] == ["una bolsa rota"]
    assert await desk.heard() == [
        words("payment.verified", "es", amount=SHOWN, number=1001),
        words("order.shipped", "es", number=1001),
    ]


async def test_what_was_told_stays_as_told_when_another_amount_came(desk: Desk) -> None:
    order = await placed(desk.chat, {"HAR-1": 1})
    payment = await told(desk, order)
    answer = await desk.post(f"/payments/{payment.id}/verify", {"amount": "10000", "note": "vino menos"})
    assert (answer.json()["amount"], answer.json()["verified_amount"]) == ("30000.00", "10000.00")
    assert (await desk.get(f"/orders/{order.id}"))["payment_status"] == "partly_paid"
    assert (await desk.post(f"/orders/{order.id}/ship")).json()["code"] == "order_unpaid"


async def test_a_refused_payment_is_told_without_its_reason_and_decided_once(desk: Desk) -> None:
    order = await placed(desk.chat, {"HAR-1": 1})
    payment = await told(desk, order)
    for _ in range(2):
        answer = await desk.post(f"/payments/{payment.id}/reject", {"reason": "no aparece en el banco"})
        assert (answer.json()["status"], answer.json()["decision_reason"]) == ("rejected", "no aparece en el banco")
    late = await desk.post(f"/payments/{payment.id}/verify")
    assert (late.status_code, late.json()["code"]) == (409, "payment_decided")
    assert (await desk.get(f"/orders/{order.id}"))["payment_status"] == "unpaid"
    assert await desk.heard() == [words("payment.rejected", "es", amount=SHOWN, number=1001)]
    assert (await desk.post(f"/payments/{payment.id}/reject", {})).status_code == 422


async def test_whom_a_person_attends_is_told_by_that_person(desk: Desk) -> None:
    payment = await told(desk, await placed(desk.chat, {"HAR-1": 1}))
    async with open_work(desk.chat.staff) as work:
        await handoffs.take(work, desk.chat.conversation_id)
    assert (await desk.post(f"/payments/{payment.id}/verify")).status_code == 200
    assert await desk.heard() == []


async def test_of_many_who_decide_at_once_one_decides(desk: Desk) -> None:
    order = await placed(desk.chat, {"HAR-1": 1})
    payment = await told(desk, order)
    answers = await asyncio.gather(
        *(desk.post(f"/payments/{payment.id}/verify") for _ in range(3)),
        *(desk.post(f"/payments/{payment.id}/reject", {"reason": "x"}) for _ in range(3)),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 409, 409, 409]
    assert len(await desk.heard()) == 1
    async with open_work(desk.shop.principal) as work:
        decided = await work.session.scalar(
            text("SELECT count(*) FROM events WHERE subject_id = :id AND type IN ('payment.verified', 'payment.rejected')"),
            {"id": payment.id},
        )
    assert decided == 1


async def test_of_many_refunds_at_once_no_more_goes_back_than_came(desk: Desk) -> None:
    order = await placed(desk.chat, {"HAR-1": 1})
    await desk.post(f"/payments/{(await told(desk, order)).id}/verify")
    answers = await asyncio.gather(
        *(
            desk.post(f"/orders/{order.id}/refunds", {"key": str(number), "amount": "11000", "reason": "x"})
            for number in range(8)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, *[409] * 6]
    assert (await desk.get(f"/orders/{order.id}"))["refunded"] == "22000.00"


async def test_cash_at_the_door_is_entered_and_counts_at_once(desk: Desk) -> None:
    draft = await desk.order(payment_method="efectivo")
    path = f"/orders/{draft['id']}"
    early = await desk.post(f"{path}/payments", {"method": "efectivo", "amount": "55000", "verified": True})
    assert (early.status_code, early.json()["code"]) == (409, "nothing_to_pay")
    for step in ("confirm", "ship", "deliver"):
        assert (await desk.post(f"{path}/{step}")).status_code == 200, step
    # Two notes of the same amount are two payments
    for status in ("partly_paid", "paid"):
        body = {"method": "efectivo", "amount": "27500", "verified": True, "note": "en la puerta"}
        assert (await desk.post(f"{path}/payments", body)).json()["status"] == "verified"
        assert (await desk.get(path))["payment_status"] == status
    more = await desk.post(f"{path}/payments", {"method": "efectivo", "amount": "1"})
    assert (more.status_code, more.json()["code"]) == (409, "nothing_to_pay")
    assert len((await desk.get(f"{path}/payments"))["data"]) == 2


async def test_a_payment_that_is_entered_waits_and_its_whole_reference_counts_once(desk: Desk) -> None:
    first, second = await placed(desk.chat, {"HAR-1": 1}), await placed(desk.chat, {"HAR-1": 1})
    body = {"method": "pago_movil", "amount": "30000", "bank": "Banesco", "reference": "Ref. 0011-2233"}
    entered = await desk.post(f"/orders/{first.id}/payments", body)
    assert (entered.status_code, entered.json()["status"]) == (201, "claimed")
    assert (await desk.get(f"/orders/{first.id}"))["payment_status"] == "claimed"
    again = await desk.post(f"/orders/{second.id}/payments", body)
    assert (again.status_code, again.json()["code"]) == (409, "payment_reference_used")
    unknown = await desk.post(f"/orders/{second.id}/payments", body | {"method": "cripto"})
    assert (unknown.status_code, unknown.json()["code"]) == (400, "payment_method_unknown")
    assert await ids(desk, reference="00112233") == [entered.json()["id"]]


async def test_a_payment_told_before_its_order_is_tied_to_it_by_staff(desk: Desk) -> None:
    async with desk.chat.work() as work:
        ahead = ClaimPayment(
            order_id=None,
            customer_id=desk.chat.customer_id,
            method="pago_movil",
            kind="mobile",
            reference="99887766",
            amount=Decimal(55000),
        )
        told_ahead = (await claims.claim_ahead(work, ahead, desk.chat.conversation_id, named="9")).payment
    assert told_ahead is not None
    assert await ids(desk, without_order=True) == [str(told_ahead.id)]
    draft = await desk.order()
    await desk.post(f"/orders/{draft['id']}/confirm")
    linked = await desk.post(f"/payments/{told_ahead.id}/link", {"order_id": draft["id"]})
    assert linked.json()["order_id"] == draft["id"]
    assert await ids(desk, without_order=True) == []


async def test_a_member_decides_up_to_their_limit(desk: Desk, api: httpx.AsyncClient) -> None:
    clerk = await employ(api, desk.workspace, Role.MANAGER)
    path = f"/api/v1/workspaces/{desk.workspace.id}/members/{clerk.id}"
    headers = desk.owner.headers | {"if-match": '"v1"'}
    changed = await api.patch(path, headers=headers, json={"amount_limit": "29999.99"})
    assert (changed.status_code, changed.json()["amount_limit"]) == (200, "29999.99")
    order = await placed(desk.chat, {"HAR-1": 1})
    payment = await told(desk, order)
    refused = await desk.post(f"/payments/{payment.id}/verify", by=clerk)
    assert (refused.status_code, refused.json()["code"]) == (403, "amount_beyond_limit")
    assert "29999.99" in refused.json()["detail"]
    cash = {"method": "efectivo", "amount": "30000", "verified": True}
    assert (await desk.post(f"/orders/{order.id}/payments", cash, by=clerk)).status_code == 403
    assert (await desk.post(f"/payments/{payment.id}/verify")).status_code == 200
    back = {"key": "x", "amount": "29999.99", "reason": "x"}
    assert (await desk.post(f"/orders/{order.id}/refunds", back | {"amount": "30000"}, by=clerk)).status_code == 403
    assert (await desk.post(f"/orders/{order.id}/refunds", back, by=clerk)).status_code == 201
    assert len((await desk.get(f"/orders/{order.id}/payments"))["data"]) == 1


async def test_pages_of_what_waits_show_each_payment_once_while_others_come(desk: Desk) -> None:
    orders = [await placed(desk.chat, {"HAR-1": 1}) for _ in range(5)]
    there = [str((await told(desk, order, reference=f"1000000{number}")).id) for number, order in enumerate(orders[:4])]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "status": "claimed"}
    while True:
        page = await desk.get("/payments", **query)
        seen += [each["id"] for each in page["data"]]
        await told(desk, orders[4], reference=f"2000000{len(seen)}", amount=1000)
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == there[::-1]
    assert (await ids(desk, status="claimed", sort="claimed_at"))[:4] == there


async def test_nobody_reaches_payments_of_another_store_or_shop(desk: Desk, api: httpx.AsyncClient) -> None:
    order = await placed(desk.chat, {"HAR-1": 1})
    payment = await told(desk, order)
    async with open_work(desk.shop.principal) as work:
        branch = await desk.shop.open_branch(work)
    for by in (await employ(api, desk.workspace, Role.MANAGER, branch), await employ(api, await make_workspace())):
        assert await ids(desk, by=by) == []
        for method, path, body in (
            ("GET", f"/payments/{payment.id}", None),
            ("POST", f"/payments/{payment.id}/verify", None),
            ("POST", f"/payments/{payment.id}/reject", {"reason": "x"}),
            ("POST", f"/payments/{payment.id}/link", {"order_id": str(order.id)}),
            ("GET", f"/orders/{order.id}/payments", None),
            ("POST", f"/orders/{order.id}/payments", {"method": "efectivo", "amount": "1"}),
            ("POST", f"/orders/{order.id}/refunds", {"key": "x", "amount": "1", "reason": "x"}),
        ):
            answer = await api.request(method, f"/api/v1{path}", headers=by.headers, json=body)
            assert answer.status_code == 404, (path, answer.text)
        assert (await api.get(f"/api/v1/orders/{order.id}/refunds", headers=by.headers)).status_code == 404
