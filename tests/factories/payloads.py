"""Webhook bodies as Infobip sends them, with the explicit nulls of live bodies."""

import json
from typing import Any

SENDER = "447700900123"
USER_ID = "GB.1234567890123456"
BUSINESS = "447700900999"
WAMID = "wamid.HBgMNDQ3NzAwOTAwMTIzFQIAEhgUM0EwMDAwMDAwMDAwMDAwMDAwMDEA"
OUTBOUND_ID = "7d0c1c2e-5f6a-4b51-9c2b-2f7f1d0a9b11"
MEDIA_URL = "https://example.api.infobip.com/whatsapp/1/senders/447700900999/media/a3f1c0de-0001-4000-8000-000000000001"
CONTEXT = {"from": BUSINESS, "id": OUTBOUND_ID, "groupId": None, "referredProduct": None}

MESSAGES: dict[str, dict[str, Any]] = {
    "TEXT": {"type": "TEXT", "text": "Hola, ¿tienen harina?"},
    "IMAGE": {"type": "IMAGE", "url": MEDIA_URL, "caption": "la caja rota"},
    "DOCUMENT": {"type": "DOCUMENT", "url": MEDIA_URL, "caption": "pago-0412.pdf"},
    "AUDIO": {"type": "AUDIO", "url": MEDIA_URL},
    "VOICE": {"type": "VOICE", "url": MEDIA_URL},
    "VIDEO": {"type": "VIDEO", "url": MEDIA_URL, "caption": "abriendo"},
    "STICKER": {"type": "STICKER", "url": MEDIA_URL},
    "LOCATION": {
        "type": "LOCATION",
        "latitude": 10.4806,
        "longitude": -66.9036,
        "name": "Oficina",
        "address": "Av. Francisco de Miranda",
        "url": "https://example.com/places/1",
    },
    "CONTACT": {
        "type": "CONTACT",
        "contacts": [
            {
                "name": {"firstName": "Bo", "lastName": "Lee", "formattedName": "Dr Bo Lee"},
                "phones": [{"phone": "+447700900456", "type": "CELL", "waId": "447700900456"}],
                "emails": [{"email": "bo@example.com", "type": "WORK"}],
            }
        ],
    },
    "BUTTON": {"type": "BUTTON", "text": "Ver pedido", "payload": "TRACK:4711", "context": CONTEXT},
    "INTERACTIVE_BUTTON_REPLY": {
        "type": "INTERACTIVE_BUTTON_REPLY",
        "id": "confirm:4711",
        "title": "Sí, confirmo",
        "context": CONTEXT,
    },
    "INTERACTIVE_LIST_REPLY": {
        "type": "INTERACTIVE_LIST_REPLY",
        "id": "HAR-001",
        "title": "Harina",
        "description": "1 kg",
        "context": CONTEXT,
    },
    "ORDER": {
        "type": "ORDER",
        "catalogId": "1000200030004000",
        "productItems": [
            {"productRetailerId": "SKU-1", "quantity": 2, "itemPrice": 4.5, "currency": "EUR"},
            {"productRetailerId": "SKU-9", "quantity": 1, "itemPrice": 12.99, "currency": "EUR"},
        ],
        "text": "Déjalo en la puerta",
    },
    "REACTION": {"type": "REACTION", "emoji": "👍", "action": "ADDED", "context": {"id": OUTBOUND_ID}},
    "INFECTED_CONTENT": {"type": "INFECTED_CONTENT", "malware": "Infected content detected"},
    "UNSUPPORTED": {"type": "UNSUPPORTED"},
    "INTERACTIVE_CALL_PERMISSION_REPLY": {
        "type": "INTERACTIVE_CALL_PERMISSION_REPLY",
        "callPermissionReply": {"response": "ACCEPT"},
    },
    "INTERACTIVE_PAYMENT_CONFIRMATION": {
        "type": "INTERACTIVE_PAYMENT_CONFIRMATION",
        "referenceId": "ref-1",
        "status": "SUCCESS",
        "currency": "BRL",
        "totalAmount": {"value": 1250, "offset": 100},
        "transactionId": "tx-1",
        "transactionType": "BR",
    },
}
"""One message of every type that the published schema knows and an example of which satisfies it."""


def result(message: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """One inbound result around a message."""
    return {
        "from": SENDER,
        "to": BUSINESS,
        "integrationType": "WHATSAPP",
        "receivedAt": "2026-05-04T09:15:30.000+0000",
        "messageId": WAMID,
        "pairedMessageId": None,
        "callbackData": None,
        "message": message,
        "contact": {"name": "Ada", "phoneNumber": SENDER, "userId": USER_ID, "parentUserId": None, "username": None},
        "price": {"pricePerMessage": 0, "currency": "EUR"},
        **changes,
    }


def webhook(*results: dict[str, Any]) -> dict[str, Any]:
    """A webhook body of several results."""
    return {"results": list(results), "messageCount": len(results), "pendingMessageCount": 3}


def delivery(group: int, status: int, error: int = 0, message_id: str = OUTBOUND_ID) -> dict[str, Any]:
    """One delivery report."""
    names = {1: "PENDING", 2: "UNDELIVERABLE", 3: "DELIVERED", 4: "EXPIRED", 5: "REJECTED"}
    return {
        "bulkId": "",
        "messageId": message_id,
        "to": SENDER,
        "sentAt": "2026-05-04T09:15:31.101+0000",
        "doneAt": "2026-05-04T09:15:32.640-0300",
        "messageCount": 1,
        "price": {"pricePerMessage": 0.0, "currency": "EUR"},
        "status": {"groupId": group, "groupName": names.get(group, "?"), "id": status, "name": "NAME", "description": "Why"},
        "error": {"groupId": 0, "groupName": "OK", "id": error, "name": "NO_ERROR", "description": "x", "permanent": False},
    }


def seen(message_id: str = OUTBOUND_ID) -> dict[str, Any]:
    """One seen report."""
    return {
        "messageId": message_id,
        "from": SENDER,
        "to": BUSINESS,
        "sentAt": "2026-05-04T09:15:31.101+0000",
        "seenAt": "2026-05-04T09:16:02.000+0000",
    }


def encoded(body: Any) -> bytes:
    """The bytes of a body."""
    return json.dumps(body).encode()
