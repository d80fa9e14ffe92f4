"""Infobip's answers, reports and messages, as the sandbox gives them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

_STATUSES: dict[str, tuple[int, str, int, str, str]] = {
    "pending": (1, "PENDING", 7, "PENDING_ENROUTE", "Message sent to next instance"),
    "delivered": (3, "DELIVERED", 5, "DELIVERED_TO_HANDSET", "Message delivered to handset"),
    "failed": (2, "UNDELIVERABLE", 9, "UNDELIVERABLE_NOT_DELIVERED", "Message sent not delivered"),
    "duplicate": (5, "REJECTED", 23, "REJECTED_DUPLICATE_MESSAGE_ID", "Message ID is not unique"),
    "source": (5, "REJECTED", 11, "REJECTED_SOURCE", "Sender is not registered"),
}
_ERRORS: dict[str, tuple[int, str, int, str, str, bool]] = {
    "none": (0, "OK", 0, "NO_ERROR", "No Error", False),
    "no_session": (1, "CLIENT_ERRORS", 7010, "EC_NO_SESSION", "No session", True),
    "unknown_user": (1, "CLIENT_ERRORS", 7002, "EC_UNKNOWN_USER", "Unknown user", True),
}


def moment(at: datetime) -> str:
    """A time as Infobip writes it, with the offset without a colon."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}" + at.strftime("%z")


def status(name: str) -> dict[str, Any]:
    """A status object."""
    group_id, group, identifier, label, said = _STATUSES[name]
    return {"groupId": group_id, "groupName": group, "id": identifier, "name": label, "description": said}


def error(name: str) -> dict[str, Any]:
    """An error object of a report."""
    group_id, group, identifier, label, said, permanent = _ERRORS[name]
    return {
        "groupId": group_id,
        "groupName": group,
        "id": identifier,
        "name": label,
        "description": said,
        "permanent": permanent,
    }


def accepted(to: str, message_id: str, state: str) -> dict[str, Any]:
    """The answer to one send; the state may be a refusal."""
    return {"to": to, "messageCount": 1, "messageId": message_id, "status": status(state)}


def refusal(code: str, text: str, fields: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """The classic error body."""
    exception: dict[str, Any] = {"messageId": code, "text": text}
    if fields:
        exception["validationErrors"] = dict(fields)
    return {"requestError": {"serviceException": exception}}


def platform_refusal(code: str, description: str, violations: Mapping[str, list[str]]) -> dict[str, Any]:
    """The newer error body, which the events endpoint uses."""
    found = [{"property": path, "violation": said} for path, all_said in violations.items() for said in all_said]
    action = "Check the syntax, violations and adjust the request."
    return {"errorCode": code, "description": description, "action": action, "violations": found, "resources": []}


def person(phone: str, user_id: str, name: str | None = None) -> dict[str, Any]:
    """The contact of a message, with the nulls that live bodies hold."""
    return {"name": name, "phoneNumber": phone, "userId": user_id, "parentUserId": None, "username": None}


def inbound(
    *, phone: str, user_id: str, name: str | None, to: str, message_id: str, at: datetime, message: dict[str, Any]
) -> dict[str, Any]:
    """One customer's message as a webhook result."""
    context = message.get("context")
    return {
        "from": phone,
        "to": to,
        "integrationType": "WHATSAPP",
        "receivedAt": moment(at),
        "messageId": message_id,
        "pairedMessageId": context.get("id") if isinstance(context, dict) else None,
        "callbackData": None,
        "message": message,
        "contact": person(phone, user_id, name),
        "price": {"pricePerMessage": 0, "currency": "EUR"},
    }


def delivery_report(message_id: str, phone: str, user_id: str, at: datetime, *, state: str, cause: str) -> dict[str, Any]:
    """One delivery report as a webhook result."""
    return {
        "bulkId": "",
        "messageId": message_id,
        "to": phone,
        "sentAt": moment(at),
        "doneAt": moment(at),
        "messageCount": 1,
        "price": {"pricePerMessage": 0.0, "currency": "EUR"},
        "status": status(state),
        "error": error(cause),
        "contact": {"phoneNumber": phone, "userId": user_id},
    }


def seen_report(message_id: str, phone: str, user_id: str, at: datetime, *, to: str) -> dict[str, Any]:
    """One seen report as a webhook result: it runs from the customer to the sender."""
    return {
        "messageId": message_id,
        "from": phone,
        "to": to,
        "sentAt": moment(at),
        "seenAt": moment(at),
        "contact": {"phoneNumber": phone, "userId": user_id},
    }


def webhook(result: dict[str, Any]) -> dict[str, Any]:
    """A webhook body around one result; only messages are counted."""
    if "message" in result:
        return {"results": [result], "messageCount": 1, "pendingMessageCount": 0}
    return {"results": [result]}
