"""Bank references as people type them: what makes two of them the same, and which are whole."""

import re
import unicodedata

FULL_LENGTH = 8
"""Shorter references are the last digits of a longer one, and collide between honest customers."""

TAIL_LENGTH = 6

_LABEL = re.compile(
    r"^\s*(?:n[uú]mero\s+de\s+|nro\.?\s*|n[°º]\s*)?(?:ref(?:erencia|erence)?|comprobante|operaci[oó]n)?\b[\s.:#°º-]*",
    re.IGNORECASE,
)
_NOT_ALNUM = re.compile(r"[^0-9A-Z]")


def clean(raw: str | None) -> str | None:
    """The reference as it is shown to staff: without labels and outer spaces."""
    if raw is None:
        return None
    return _LABEL.sub("", raw, count=1).strip()[:100] or None


def key(reference: str | None) -> str | None:
    """The reference without separators, case and padding zeros."""
    if reference is None:
        return None
    bare = _NOT_ALNUM.sub("", reference.upper())
    return bare.lstrip("0") or None


def is_full(reference: str | None) -> bool:
    """Whether the reference is long enough to name one payment."""
    return reference is not None and len(_NOT_ALNUM.sub("", reference.upper())) >= FULL_LENGTH


def tail(reference_key: str | None) -> str | None:
    """The last characters, by which a shortened reference is seen to be like a whole one."""
    return reference_key[-TAIL_LENGTH:] if reference_key and len(reference_key) >= 4 else None


def bank_key(bank: str | None) -> str:
    """The bank's name without accents, case, separators and the word for bank."""
    if not bank:
        return ""
    plain = unicodedata.normalize("NFKD", bank).encode("ascii", "ignore").decode().casefold()
    words = [word for word in re.split(r"[^a-z0-9]+", plain) if word and word not in {"banco", "bank", "de", "el", "la"}]
    return "".join(words)[:100]
