"""Standard Webhooks: the headers by which whoever is told something knows that it came from here, and unchanged."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime


def headers(delivery_id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """The headers of one try: the id is the same in all of them, the time is that of the try.

    There is one signature for each secret, so that the receiver may change over whenever it likes.
    """
    time = str(int(at.timestamp()))
    signed = b".".join((delivery_id.encode(), time.encode(), body))
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets]
    signatures = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys]
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": time,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
