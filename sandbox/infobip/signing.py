"""Makes a webhook call prove that it comes from the provider, in the way in which the connection expects it."""

import base64
import hashlib
import hmac

from domain.connections.schemas import WebhookAuthentication


def headers_for(rule: WebhookAuthentication, body: bytes) -> dict[str, str]:
    """The headers that satisfy a rule; a token stands in the address instead."""
    if rule.method == "basic" and rule.password is not None:
        pair = f"{rule.username}:{rule.password.get_secret_value()}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
    if rule.method == "header" and rule.header is not None and rule.secret is not None:
        return {rule.header: rule.secret.get_secret_value()}
    if rule.method == "hmac" and rule.header is not None and rule.secret is not None:
        key = rule.secret.get_secret_value().encode()
        digest = hmac.new(key, body, getattr(hashlib, rule.algorithm)).digest()
        encoded = digest.hex() if rule.encoding == "hex" else base64.b64encode(digest).decode()
        return {rule.header: rule.prefix + encoded}
    return {}
