"""What the bytes of a file are, whatever its name or its sender says of them."""

_SIGNATURES: tuple[tuple[bytes, int, str], ...] = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"%PDF-", 0, "application/pdf"),
    (b"OggS", 0, "audio/ogg"),
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"#!AMR", 0, "audio/amr"),
    (b"ftyp3gp", 4, "video/3gpp"),
    (b"ftypM4A", 4, "audio/mp4"),
    (b"ftyp", 4, "video/mp4"),
    (b"PK\x03\x04", 0, "application/zip"),
)
SIGNED = max(offset + len(magic) for magic, offset, _ in _SIGNATURES)
"""How many of its first bytes tell what a file is."""

PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""Kinds of pictures that every browser shows."""

_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}

_TRUSTED_HEADERS = frozenset({"text/plain", "text/csv", "application/msword", "application/vnd.ms-excel", "audio/aac"})
_OFFICE = "application/vnd.openxmlformats-officedocument."


def sniff(content: bytes, header: str | None) -> str:
    """What the bytes are; a header is believed only for harmless kinds that have no signature of their own."""
    named = (header or "").split(";")[0].strip().lower()
    for magic, offset, kind in _SIGNATURES:
        if content[offset : offset + len(magic)] == magic:
            return named if kind == "application/zip" and named.startswith(_OFFICE) else kind
    return named if named in _TRUSTED_HEADERS else "application/octet-stream"


def ending(kind: str) -> str:
    """How the name of a copy ends, `.bin` where a kind has no ending that everybody knows."""
    return _ENDINGS.get(kind, ".bin")
