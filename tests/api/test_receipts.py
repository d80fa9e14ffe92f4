"""Receipts that staff upload: told by their bytes, kept once, given back to be kept and never shown as a page of ours."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest

from domain.accounts.roles import Role
from domain.payments import receipts
from domain.payments.receipts import MOST, MOST_BYTES
from tests.factories.chat import placed, send_picture
from tests.factories.desk import Desk
from tests.factories.staff import Employee, employ
from tests.factories.workspaces import make_workspace

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(200)
DOCUMENT = b"%PDF-1.7\n<script>alert(1)</script>"


async def payment(desk: Desk, reference: str = "00451245") -> str:
    order = await placed(desk.chat, {"HAR-1": 1})
    body = {"method": "pago_movil", "amount": "30000", "reference": reference}
    entered = await desk.post(f"/orders/{order.id}/payments", body)
    assert entered.status_code == 201, entered.text
    return str(UUID(entered.json()["id"]))


async def upload(
    desk: Desk, payment_id: str, content: bytes, by: Employee | None = None, kind: str = "application/octet-stream"
) -> httpx.Response:
    sent = {**(by or desk.owner).headers, "content-type": kind}
    return await desk.api.post(f"/api/v1/payments/{payment_id}/receipts", content=content, headers=sent)


async def test_a_file_is_kept_once_and_given_back_as_an_attachment(desk: Desk) -> None:
    paid = await payment(desk)
    answers = await asyncio.gather(*(upload(desk, paid, DOCUMENT) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    (receipt,) = (await desk.get(f"/payments/{paid}"))["receipts"]
    assert {answer.json()["id"] for answer in answers} == {receipt["id"]}
    assert receipt["attachment_id"] is None
    file = await desk.api.get(f"/api/v1/payments/{paid}/receipts/{receipt['id']}/file", headers=desk.owner.headers)
    assert file.content == DOCUMENT
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"] == f'attachment; filename="receipt-{receipt["id"]}.pdf"'
    assert file.headers["x-content-type-options"] == "nosniff"


async def test_the_same_file_for_two_payments_is_flagged_on_both(desk: Desk) -> None:
    one, other = await payment(desk), await payment(desk, "00997766")
    await upload(desk, one, PICTURE)
    await upload(desk, other, PICTURE)
    assert [(await desk.get(f"/payments/{each}"))["flags"] for each in (one, other)] == [["receipt_reused"]] * 2


async def test_a_payment_has_so_many_receipts_and_no_more(desk: Desk) -> None:
    # Given a payment with all the receipts but one that it takes
    paid = await payment(desk)
    for number in range(MOST - 1):
        assert (await upload(desk, paid, PICTURE + bytes([number]))).status_code == 201

    # When three come at once, then one is taken, and one that is there already is no further one
    answers = await asyncio.gather(*(upload(desk, paid, PICTURE + bytes([number])) for number in (100, 101, 102)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert (refused.json()["code"], str(MOST) in refused.json()["detail"]) == ("too_many_receipts", True)
    assert (await upload(desk, paid, PICTURE + bytes([0]))).status_code == 201
    assert len((await desk.get(f"/payments/{paid}"))["receipts"]) == MOST

    # And of what comes in the chat nothing is tied to it
    sent = await send_picture(desk.chat, "ab" * 32)
    async with desk.chat.work() as work:
        assert await receipts.link_receipts(work, UUID(paid), [sent]) == []
        assert await receipts.unlinked(work, [sent]) == [sent]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"<html><script>alert(1)</script>", 400, "receipt_kind_unknown"),
        (b"PK\x03\x04" + bytes(50), 400, "receipt_kind_unknown"),
        (b"GIF89a" + bytes(50), 400, "receipt_kind_unknown"),
        (b"", 400, "receipt_kind_unknown"),
        (PICTURE + bytes(MOST_BYTES), 413, "body_too_large"),
    ],
)
async def test_what_is_no_receipt_is_refused_whatever_it_is_called(desk: Desk, content: bytes, status: int, code: str) -> None:
    paid = await payment(desk)
    answer = await upload(desk, paid, content, kind="image/png")
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await desk.get(f"/payments/{paid}"))["receipts"] == []


async def test_only_those_who_may_reach_a_receipt_or_add_one(desk: Desk) -> None:
    paid = await payment(desk)
    receipt = (await upload(desk, paid, PICTURE)).json()["id"]
    viewer = await employ(desk.api, desk.workspace, Role.VIEWER)
    assert (await upload(desk, paid, DOCUMENT, viewer)).status_code == 403
    stranger = await employ(desk.api, await make_workspace())
    path = f"/api/v1/payments/{paid}/receipts/{receipt}/file"
    assert (await desk.api.get(path, headers=stranger.headers)).json()["code"] == "payment_not_found"
    assert (await upload(desk, paid, DOCUMENT, stranger)).json()["code"] == "payment_not_found"
    missing = f"/api/v1/payments/{paid}/receipts/{uuid4()}/file"
    assert (await desk.api.get(missing, headers=desk.owner.headers)).json()["code"] == "receipt_not_found"
    # A receipt of one payment is none of another
    other = await payment(desk, "00997766")
    crossed = f"/api/v1/payments/{other}/receipts/{receipt}/file"
    assert (await desk.api.get(crossed, headers=desk.owner.headers)).json()["code"] == "receipt_not_found"
