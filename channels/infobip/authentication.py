"""Whether a webhook comes from Infobip: URL token, Basic, static header or HMAC, as the connection says."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from channels.base import BadSignature
from domain.connections.schemas import WebhookAuthentication


def _same(expected: str | bytes, given: str | bytes) -> bool:
    """Compare without telling by the time it takes where the first difference is."""
    left = expected.encode("utf-8", "surrogatepass") if isinstance(expected, str) else expected
    right = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else given
    return hmac.compare_digest(left, right)


def _basic_is_right(rule: WebhookAuthentication, authorization: str) -> bool:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic" or rule.username is None or rule.password is None:
        return False
    try:
        given = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return _same(f"{rule.username}:{rule.password.get_secret_value()}", given)


def _hmac_is_right(rule: WebhookAuthentication, signature: str, body: bytes) -> bool:
    if rule.secret is None or not signature.startswith(rule.prefix):
        return False
    digest = hmac.new(rule.secret.get_secret_value().encode(), body, getattr(hashlib, rule.algorithm)).digest()
    given = signature.removeprefix(rule.prefix).strip()
    if rule.encoding == "hex":
        return _same(digest.hex(), given.lower())
    return _same(base64.b64encode(digest).decode(), given)


def authenticate(rule: WebhookAuthentication, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> None:
    """Raise BadSignature unless the request satisfies the connection's rule; `none` accepts everybody."""
    lowered = {name.lower(): value for name, value in headers.items()}
    match rule.method:
        case "none":
            accepted = True
        case "token":
            accepted = rule.token is not None and _same(rule.token.get_secret_value(), query.get("token", ""))
        case "basic":
            accepted = _basic_is_right(rule, lowered.get("authorization", ""))
        case "header":
            given = lowered.get((rule.header or "").lower(), "")
            accepted = rule.secret is not None and _same(rule.secret.get_secret_value(), given)
        case "hmac":
            accepted = _hmac_is_right(rule, lowered.get((rule.header or "").lower(), ""), body)
    if not accepted:
        raise BadSignature(f"webhook authentication {rule.method!r} failed")
