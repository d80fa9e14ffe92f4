"""Secrets that are shown once and kept as digests: refresh tokens, links, keys for programs."""

import hashlib
import secrets


def mint(prefix: str) -> str:
    """A fresh secret of 256 bits that says what it is, such as `nxr_…`."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> str:
    """What is stored of a secret. It has too many bits to be guessed, so a plain hash will do."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
