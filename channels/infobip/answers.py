"""What an answer to a send means: sent, certainly not sent, refused for good, or not known."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import ValidationError

from channels.base import SendOutcome
from channels.infobip.cleaning import clean_text
from channels.infobip.statuses import DUPLICATES, error_code, report_status
from channels.infobip.wire import StatusDetail
from domain.conversations.kinds import AttemptOutcome

MAX_RETRY_AFTER = 300.0
_MAX_DETAIL = 500

_NOT_WRITTEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NEVER = (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError)


def of_failure(error: Exception) -> SendOutcome:
    """The outcome of a request that got no answer: only what fails before it was written is certainly not sent."""
    detail = type(error).__name__
    if isinstance(error, _NOT_WRITTEN):
        return SendOutcome(AttemptOutcome.RETRY, "connect_failed", detail)
    if isinstance(error, _NEVER):
        return SendOutcome(AttemptOutcome.REJECTED, "connection_misconfigured", detail)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return SendOutcome(AttemptOutcome.UNKNOWN, "timeout", detail)
    return SendOutcome(AttemptOutcome.UNKNOWN, "connection_lost", detail)


def of_response(status: int, headers: Mapping[str, str], content: bytes) -> SendOutcome:
    """The outcome that an answer tells, whichever of its shapes it has."""
    body = _json(content)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        wait = _retry_after(headers.get("retry-after"))
        return SendOutcome(AttemptOutcome.RETRY, "too_many_requests", _explanation(body), wait, status)
    if status >= 500 or status == httpx.codes.REQUEST_TIMEOUT:
        return SendOutcome(AttemptOutcome.UNKNOWN, f"http_{status}", _explanation(body), http_status=status)
    if status >= 300:
        code = f"http_{status}" if status >= 400 else "http_redirected"
        return SendOutcome(AttemptOutcome.REJECTED, code, _explanation(body), http_status=status)
    return _accepted(status, body)


def _accepted(status: int, body: Any) -> SendOutcome:
    """A 200 still holds a status, and that status may be a refusal."""
    detail = _status_of(body)
    state = report_status(detail, None)
    if detail is None or state is None:
        return SendOutcome(AttemptOutcome.UNKNOWN, "answer_unreadable", None, http_status=status)
    if detail.id in DUPLICATES:
        return SendOutcome(AttemptOutcome.UNKNOWN, error_code(detail, None), _said(detail), http_status=status)
    if state == "failed":
        return SendOutcome(AttemptOutcome.REJECTED, error_code(detail, None), _said(detail), http_status=status)
    return SendOutcome(AttemptOutcome.SENT, http_status=status)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _status_of(body: Any) -> StatusDetail | None:
    if not isinstance(body, dict):
        return None
    messages = body.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else body
    status = first.get("status") if isinstance(first, dict) else None
    try:
        return StatusDetail.model_validate(status) if isinstance(status, dict) else None
    except ValidationError:
        return None


def _said(detail: StatusDetail) -> str | None:
    said = ": ".join(part for part in (detail.name, detail.description) if part)
    return _short(said) if said else None


def _short(text: str) -> str:
    return clean_text(text)[:_MAX_DETAIL]


def _explanation(body: Any) -> str | None:
    """Why, from any of the error shapes: the classic one, the platform's one, or a bare `error`."""
    if not isinstance(body, dict):
        return None
    outer = body.get("requestError")
    inner = outer.get("serviceException") if isinstance(outer, dict) else None
    if isinstance(inner, dict):
        said = [inner.get("text"), *_fields(inner.get("validationErrors"))]
    elif body.get("errorCode") is not None:
        said = [body.get("description"), *_violations(body.get("violations"))]
    else:
        said = [body.get("error")]
    text = "; ".join(str(part) for part in said if part)
    return _short(text) if text else None


def _fields(errors: Any) -> list[str]:
    if not isinstance(errors, dict):
        return []
    return [f"{path} {', '.join(map(str, why)) if isinstance(why, list) else why}" for path, why in errors.items()]


def _violations(violations: Any) -> list[str]:
    if not isinstance(violations, list):
        return []
    return [f"{found.get('property')} {found.get('violation')}" for found in violations if isinstance(found, dict)]


def _retry_after(value: str | None) -> float | None:
    try:
        seconds = float(value) if value is not None else None
    except ValueError:
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER) if seconds is not None and seconds == seconds else None
