"""Files of customers in the console: shown to whoever may see them, never run, and beside the order that they shall pay."""

import asyncio
import re
from decimal import Decimal
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from app.console import forms
from core.blobs import open_blobs
from core.events import Wanted, page
from core.work import open_work
from domain.accounts.roles import Role
from domain.conversations import service as conversations
from domain.conversations.content import File
from domain.conversations.kinds import Author
from domain.payments import claims, receipts
from domain.payments.schemas import ClaimPayment, PaymentView
from tests.console.test_inbox import at, seen
from tests.factories.chat import placed, send_picture
from tests.factories.desk import Desk
from tests.factories.visitors import OWN, Visitor, visit
from tests.factories.workspaces import make_workspace

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))


@pytest.fixture
async def person(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> Visitor:
    return (await visit(application, api, desk.workspace, Role.OPERATOR))[0]


async def stored(application: FastAPI, desk: Desk, content: bytes, content_type: str) -> str:
    """A file that the customer has sent and that was fetched; its address, below the workspace."""
    key = await open_blobs(application.state.settings).put(content)
    return f"files/{await send_picture(desk.chat, key, content_type)}"


async def claimed(desk: Desk) -> PaymentView:
    """An order, and a customer who says to have paid it, with a picture."""
    order = await placed(desk.chat, {"HAR-1": 1})
    claim = ClaimPayment(
        order_id=order.id,
        customer_id=desk.chat.customer_id,
        method="pago_movil",
        kind="mobile",
        bank="Banesco",
        reference="00112233",
        amount=Decimal(30000),
    )
    async with desk.chat.work() as work:
        result = await claims.claim(work, claim)
    assert result.payment is not None
    return result.payment


async def test_a_picture_is_shown_in_the_thread_and_nothing_in_it_is_run(
    application: FastAPI, person: Visitor, desk: Desk
) -> None:
    address = await stored(application, desk, PNG, "image/png")

    shown = await person.open(f"inbox/{desk.chat.conversation_id}")
    answer = await person.http.get(person.at(address))

    assert f'<img src="{person.at(address)}"' in shown
    assert answer.content == PNG
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    again = await person.http.get(person.at(address), headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "application/pdf", "text/xml"])
async def test_what_could_be_run_is_a_download(application: FastAPI, person: Visitor, desk: Desk, content_type: str) -> None:
    address = await stored(application, desk, b"<svg onload=alert(1)><script>alert(2)</script>", content_type)

    shown = await person.open(f"inbox/{desk.chat.conversation_id}")
    answer = await person.http.get(person.at(address))

    assert f'<img src="{person.at(address)}"' not in shown
    assert f'href="{person.at(address)}" download=' in shown
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("asked", "status", "given"),
    [("bytes=0-3", 206, PNG[:4]), ("bytes=200-", 206, PNG[200:]), ("bytes=-5", 206, PNG[-5:])]
    + [(asked, 200, PNG) for asked in ("bytes=9999-", "bytes=5-2", "bytes=-", "bytes=0-1,4-5", "bytes=a-b", "rows=0-1")],
)
async def test_a_player_gets_the_part_that_it_asks_for(
    application: FastAPI, person: Visitor, desk: Desk, asked: str, status: int, given: bytes
) -> None:
    address = await stored(application, desk, PNG, "audio/ogg")

    answer = await person.http.get(person.at(address), headers={"range": asked})

    assert (answer.status_code, answer.content) == (status, given)


async def test_a_file_of_another_shop_and_one_that_has_not_come_are_not_there(
    application: FastAPI, api: httpx.AsyncClient, person: Visitor, desk: Desk
) -> None:
    stranger, _ = await visit(application, api, await make_workspace())
    address = await stored(application, desk, PNG, "image/png")
    awaited = await send_picture(desk.chat)

    assert (await stranger.http.get(stranger.at(address))).status_code == 404
    assert (await person.http.get(person.at(f"files/{awaited}"))).status_code == 404
    assert f'src="{person.at(f"files/{awaited}")}"' not in await person.open(f"inbox/{desk.chat.conversation_id}")


async def test_the_receipt_stands_beside_its_order_and_the_payment_is_verified_once(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    # Given a claim with its receipt in the panel of somebody who verifies
    payment = await claimed(desk)
    key = await open_blobs(application.state.settings).put(PNG)
    file_id = await send_picture(desk.chat, key)
    async with desk.chat.work() as work:
        await receipts.link_receipts(work, payment.id, [file_id])
    manager, _ = await visit(application, api, desk.workspace, Role.MANAGER)
    shown = await manager.open(f"inbox/{desk.chat.conversation_id}")
    claim = shown[shown.index('class="claim"') :]
    claim = claim[: claim.index("</section>")]
    assert f'<img src="{manager.at(f"files/{file_id}")}"' in claim
    assert "30.000,00" in claim
    assert "<b>#" in claim

    # When the button is pressed twice, from two tabs as well
    verify = f"inbox/{desk.chat.conversation_id}/payments/{payment.id}/verify"
    presses = [
        manager.send(verify, {"key": form, "amount": "30000.00"}, x_fragment="1")
        for form in (f"verify-{payment.id}", f"verify-{payment.id}", "another", "and-another")
    ]
    answers = await asyncio.gather(*presses)

    # Then the money counts once, and the customer is told once
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert any(answer.status_code == 200 for answer in answers)
    async with open_work(desk.shop.principal) as work:
        verified = await page(work, wanted=Wanted(types=("payment.verified",)))
    assert [event.subject_id for event in verified] == [payment.id]
    assert len([words for words in await desk.heard() if "30.000,00" in words]) == 1
    assert 'class="claim"' not in await manager.open(f"inbox/{desk.chat.conversation_id}")


async def test_whoever_may_not_verify_sees_the_claim_and_no_button(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    payment = await claimed(desk)
    reader, _ = await visit(application, api, desk.workspace, Role.VIEWER)

    shown = await reader.open(f"inbox/{desk.chat.conversation_id}")
    refused = await reader.send(f"inbox/{desk.chat.conversation_id}/payments/{payment.id}/verify", {"key": "k"})

    assert 'class="claim"' in shown
    assert "/verify" not in shown
    assert refused.status_code == 403


async def test_a_picture_goes_out_from_the_inbox_under_an_address_for_the_provider(
    application: FastAPI, person: Visitor, desk: Desk
) -> None:
    await person.send(at(desk, "/take"))
    fields = {forms.FIELD: await person.token(), "seen": seen(await person.open(at(desk))), "caption": "Así llega", "key": "k"}

    async def sends(content: bytes, **more: str) -> httpx.Response:
        return await person.http.post(
            person.at(at(desk, "/files")),
            data=fields | more,
            files={"file": ("foto.png", content, "image/png")},
            headers=OWN | {"x-fragment": "1"},
        )

    sent = await sends(PNG)
    again = await sends(PNG)

    # What was sent is one message, shown to staff as the picture that it is, and can be taken back while it waits
    assert (sent.status_code, again.status_code) == (200, 200), sent.text
    assert "Así llega" in sent.text
    assert "/undo/" in sent.text
    file_id = re.search(r'href="[^"]*/files/([0-9a-f-]+)"', sent.text)
    assert file_id is not None
    assert (await person.http.get(person.at(f"files/{file_id[1]}"))).content == PNG
    async with open_work(desk.chat.staff) as work:
        [line] = [
            each for each in await conversations.thread(work, desk.chat.conversation_id) if each.author is Author.OPERATOR
        ]
    assert isinstance(line.content, File)
    path = urlsplit(line.content.url).path
    given = await person.http.get(path)
    assert (given.content, given.headers["content-type"]) == (PNG, "image/png")
    assert (await person.http.get(path[:-2])).status_code == 404
    refused = await sends(b"GIF89a" + b"0" * 64, key="other", seen=str(line.id))
    assert refused.status_code == 422
