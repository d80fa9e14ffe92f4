"""Zip archives read by their members' own headers, so that a damaged directory hides nothing and cannot lie about sizes."""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from domain.imports.sheets.refusals import FileBomb

MOST_BYTES = 160 * 1024 * 1024
"""More than this no member and no archive of at most 10 MB may unpack to."""

_HEADER = b"PK\x03\x04"
_STEP = 1024 * 1024
_STORED, _DEFLATED = 0, 8


class Member(NamedTuple):
    """One file of an archive; `is_whole` tells whether it unpacked to its end."""

    name: str
    content: bytes
    is_whole: bool


def members(archive: bytes, wanted: str = "") -> Iterator[Member]:
    """Unpack the members whose names match a pattern, in the order in which they lie; raises FileBomb.

    Every member is unpacked for its size, also those that are not wanted; one that breaks off gives what there is.
    """
    total = 0
    pattern = re.compile(wanted)
    for found in re.finditer(re.escape(_HEADER), archive):
        start = found.start()
        if len(archive) < start + 30:
            return
        method, _, _, _, packed, _, name_length, extra_length = struct.unpack("<H2HI2I2H", archive[start + 8 : start + 30])
        name = archive[start + 30 : start + 30 + name_length].decode("utf-8", "replace")
        if method not in {_STORED, _DEFLATED} or not 0 < name_length < 400 or "\x00" in name:
            continue
        is_wanted = bool(pattern.search(name))
        body = start + 30 + name_length + extra_length
        kept, size, is_whole = _unpack(archive, body, packed, method, is_wanted, MOST_BYTES - total)
        total += size
        if is_wanted:
            yield Member(name, kept, is_whole)


def _unpack(archive: bytes, start: int, packed: int, method: int, is_kept: bool, room: int) -> tuple[bytes, int, bool]:
    """The content of a member if it is kept, its size, and whether it is whole."""
    if method == _STORED:
        content = archive[start : start + packed]
        if len(content) > room:
            raise FileBomb(limit_mb=MOST_BYTES // 2**20)
        return content if is_kept else b"", len(content), len(content) == packed
    inflater = zlib.decompressobj(-15)
    size, parts, rest = 0, [], memoryview(archive)[start:]
    position = 0
    pending = b""
    while not inflater.eof:
        if not pending:
            if position >= len(rest):
                break
            pending = bytes(rest[position : position + _STEP])
            position += _STEP
        try:
            part = inflater.decompress(pending, _STEP)
        except zlib.error:
            break
        pending = inflater.unconsumed_tail
        size += len(part)
        if size > room:
            raise FileBomb(limit_mb=MOST_BYTES // 2**20)
        if is_kept:
            parts.append(part)
    return b"".join(parts), size, inflater.eof
