"""Webhook bodies as Infobip makes them, and the rows that they leave behind."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select

from core.access import Principal
from core.inbound import InboundEvent
from core.outbox import OutboxMessage
from core.work import open_work

SECRET = {"X-Nexova-Secret": "secret-of-tests"}


def result(text: str = "hola", sender: str = "584141112233", message_id: str | None = None) -> dict[str, Any]:
    """One customer's text in an inbound webhook."""
    return {
        "from": sender,
        "to": "584120000000",
        "integrationType": "WHATSAPP",
        "receivedAt": "2026-05-04T09:15:30.000+0000",
        "messageId": message_id or f"wamid.{uuid4().hex}",
        "pairedMessageId": None,
        "callbackData": None,
        "message": {"type": "TEXT", "text": text},
        "contact": {"name": "Ada", "phoneNumber": sender, "userId": f"VE.{sender}"},
        "price": {"pricePerMessage": 0, "currency": "EUR"},
    }


def webhook(*results: dict[str, Any]) -> bytes:
    """The body of one webhook."""
    return json.dumps({"results": results, "messageCount": len(results), "pendingMessageCount": 0}).encode()


async def post(web: httpx.AsyncClient, slug: str, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """Deliver a webhook as the provider does."""
    return await web.post(
        f"/api/v1/webhooks/infobip/{slug}",
        content=body,
        headers={"content-type": "application/json", **(SECRET if headers is None else headers)},
    )


async def stored_events(workspace_id: UUID) -> list[InboundEvent]:
    """The inbound events of a workspace, as they came."""
    async with open_work(Principal.system(workspace_id)) as work:
        query = select(InboundEvent).order_by(InboundEvent.id)
        return list((await work.session.scalars(query)).all())


async def outbox_rows_of(workspace_id: UUID) -> list[OutboxMessage]:
    """The outbox rows of a workspace."""
    async with open_work(Principal.system(workspace_id)) as work:
        return list((await work.session.scalars(select(OutboxMessage).order_by(OutboxMessage.created_at))).all())
