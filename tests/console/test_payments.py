"""Payments over HTTP: verified or rejected one after the other, once, with the receipt as a picture and nothing else."""

import re
from decimal import Decimal

import httpx
import pytest
from fastapi import FastAPI

from core.blobs import BlobMissing, open_blobs
from core.filetypes import SIGNED, sniff
from core.settings import get_settings
from core.work import open_work
from domain.accounts.roles import Role
from domain.orders.schemas import OrderView
from domain.payments import claims, receipts
from domain.payments import service as payments
from domain.payments.kinds import PaymentState
from domain.payments.schemas import ClaimPayment, PaymentView
from tests.factories.chat import placed, send_picture
from tests.factories.desk import Desk
from tests.factories.visitors import Visitor, visit

PICTURE = b"\x89PNG\r\n\x1a\n picture"
PAGE = b"<script>alert(1)</script>"
ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
async def person(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> Visitor:
    return (await visit(application, api, desk.workspace, Role.OPERATOR))[0]


async def told(desk: Desk, order: OrderView, reference: str = "00112233", bank: str = "Banesco") -> PaymentView:
    """The customer says to have paid."""
    said = ClaimPayment(
        order_id=order.id,
        customer_id=desk.chat.customer_id,
        method="pago_movil",
        kind="mobile",
        bank=bank,
        reference=reference,
        amount=Decimal(30000),
    )
    async with desk.chat.work() as work:
        result = await claims.claim(work, said)
    assert result.payment is not None
    return result.payment


async def stored(desk: Desk, payment: PaymentView) -> PaymentView:
    async with open_work(desk.shop.principal) as work:
        return await payments.get(work, payment.id)


async def test_payments_are_decided_one_after_the_other(person: Visitor, desk: Desk) -> None:
    # Given two payments that wait
    order = await placed(desk.chat, {"HAR-1": 1})
    first, second = await told(desk, order), await told(desk, order, "99887766")

    # When somebody walks through them from the one that waits longest
    begun = await person.http.get(person.at("payments/next"))
    assert begun.headers["location"] == person.at(f"payments/{first.id}")
    shown = await person.open(f"payments/{first.id}")
    assert "1 de 2 por verificar" in shown
    onward = re.search(r'name="onward" value="([^"]+)"', shown)
    assert onward is not None
    verified = await person.send(f"payments/{first.id}/verify", {"onward": onward[1], "key": "v"})
    assert verified.headers["location"] == person.at(f"payments/{second.id}?said=verified")
    rejected = await person.send(f"payments/{second.id}/reject", {"reason": "No está en el banco", "onward": "", "key": "r"})
    assert rejected.status_code == 303

    # Then nothing waits, and each says who decided and why
    assert (await person.http.get(person.at("payments/next"))).headers["location"] == person.at("payments")
    assert "Nada por verificar" in await person.open("payments")
    assert "No está en el banco" in await person.open(f"payments/{second.id}")
    assert ((await stored(desk, first)).status, (await stored(desk, second)).status) == (
        PaymentState.VERIFIED,
        PaymentState.REJECTED,
    )


async def test_a_decision_that_is_sent_twice_is_one_and_the_other_one_is_refused(person: Visitor, desk: Desk) -> None:
    payment = await told(desk, await placed(desk.chat, {"HAR-1": 1}))
    for _ in range(3):
        assert (await person.send(f"payments/{payment.id}/verify", {"key": "v"})).status_code == 303
    assert (await desk.heard())[-1].count("30.000") == 1

    late = await person.send(f"payments/{payment.id}/reject", {"reason": "x", "key": "r"}, x_fragment="1")

    assert (late.status_code, 'data-code="payment_decided"' in late.text) == (409, True)


async def test_another_amount_than_was_told_is_what_counts(person: Visitor, desk: Desk) -> None:
    payment = await told(desk, await placed(desk.chat, {"HAR-1": 1}))
    await person.send(f"payments/{payment.id}/verify", {"amount": "12000", "note": "Llegó menos"})
    assert (await stored(desk, payment)).verified_amount == 12000
    for amount in ("0", "-1", "abc", "1e9999", "NaN"):
        answer = await person.send(f"payments/{payment.id}/verify", {"amount": amount})
        assert answer.status_code == 422, amount


async def test_the_first_bytes_of_a_file_tell_its_kind(desk: Desk) -> None:
    blobs = open_blobs(get_settings())
    key = await blobs.put(PICTURE + bytes(1000))
    begun = await blobs.head(key, SIGNED)
    assert (begun, sniff(begun, None)) == ((PICTURE + bytes(1000))[:SIGNED], "image/png")
    assert sniff((b"RIFF" + bytes(4) + b"WEBPVP8 ")[:SIGNED], None) == "image/webp"
    with pytest.raises(BlobMissing):
        await blobs.head("0" * 64, SIGNED)


async def test_a_receipt_stands_beside_its_order_as_a_picture_or_to_be_kept_and_is_never_run(
    person: Visitor, desk: Desk
) -> None:
    # Given a picture, a page that says it were one, one that staff uploaded, and a file that has not arrived
    blobs = open_blobs(get_settings())
    payment = await told(desk, await placed(desk.chat, {"HAR-1": 1}))
    sent = [await send_picture(desk.chat, await blobs.put(content), "image/png") for content in (PICTURE, PAGE)]
    sent.append(await send_picture(desk.chat))
    async with desk.chat.work() as work:
        links = await receipts.link_receipts(work, payment.id, sent)
    async with open_work(desk.shop.principal) as work:
        uploaded = await receipts.upload(work, payment.id, await blobs.put(PICTURE + b"2"))
    picture, page, coming = (f"payments/{payment.id}/receipts/{link.id}" for link in links)

    # When somebody looks at the payment
    shown = await person.open(f"payments/{payment.id}")
    seen, kept = await person.http.get(person.at(picture)), await person.http.get(person.at(page))

    # Then the pictures stand in it, and the page is a file like any
    for path in (picture, f"payments/{payment.id}/receipts/{uploaded.id}"):
        assert f'<img src="{person.at(path)}"' in shown
    assert f'href="{person.at(page)}" download' in shown
    assert coming not in shown
    assert "El archivo aún no ha llegado." in shown
    assert (seen.headers["content-type"], seen.content) == ("image/png", PICTURE)
    assert kept.headers["content-type"] == "application/octet-stream"
    assert kept.headers["content-disposition"].startswith("attachment")
    assert all("sandbox" in each.headers["content-security-policy"] for each in (seen, kept))
    other = await told(desk, await placed(desk.chat, {"HAR-1": 1}), "55667788")
    assert (await person.http.get(person.at(picture.replace(str(payment.id), str(other.id))))).status_code == 404


async def test_a_viewer_sees_payments_and_decides_nothing(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> None:
    payment = await told(desk, await placed(desk.chat, {"HAR-1": 1}))
    viewer, _ = await visit(application, api, desk.workspace, Role.VIEWER)
    assert not re.search(rf'action="{viewer.at("payments")}', await viewer.open(f"payments/{payment.id}"))
    for verb in ("verify", "reject", "link"):
        assert (await viewer.send(f"payments/{payment.id}/{verb}", {"reason": "x"})).status_code == 403
    assert (await stored(desk, payment)).status is PaymentState.CLAIMED


async def test_what_strangers_write_of_a_payment_is_text(person: Visitor, desk: Desk) -> None:
    payment = await told(desk, await placed(desk.chat, {"HAR-1": 1}), ATTACK, ATTACK)
    for path in (f"payments/{payment.id}", "payments", f"payments?search={ATTACK}", f"payments?method={ATTACK[:40]}"):
        shown = await person.open(path)
        assert "<img src=x" not in shown, path
        assert "<script>" not in shown, path
