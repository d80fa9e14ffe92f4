"""Media and documents: bytes under a key, on disk; the key is the content's SHA-256, so equal files are stored once."""

import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from core.errors import NotFound
from core.settings import Settings


class BlobMissing(NotFound):
    """No bytes are stored under this key."""

    code = "blob_missing"


class BlobStore(Protocol):
    """Where bytes live. The disk is built in; an S3 store implements the same calls."""

    async def put(self, content: bytes) -> str:
        """Store bytes and return their key, the SHA-256 in hex."""
        ...

    async def get(self, key: str) -> bytes:
        """The bytes under a key; raises BlobMissing."""
        ...

    async def head(self, key: str, size: int) -> bytes:
        """The first bytes under a key, at most so many; raises BlobMissing."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the bytes under a key, if they are there."""
        ...

    async def forget_unless(self, named: Callable[[Collection[str]], Awaitable[set[str]]], untouched: timedelta) -> int:
        """Forget all bytes that nobody has put for so long and that `named` does not name; how many went."""
        ...


class DiskBlobs:
    """Blobs as files in the data folder, written atomically."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, key: str) -> Path:
        if len(key) != 64 or not all(c in "0123456789abcdef" for c in key):
            raise BlobMissing(key)
        return self._folder / key[:2] / key

    def _write(self, content: bytes) -> str:
        key = hashlib.sha256(content).hexdigest()
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.utime(path)  # whoever forgets files sees that this one was put again
        except FileNotFoundError:
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
        return key

    async def put(self, content: bytes) -> str:
        """Store bytes and return their key, the SHA-256 in hex."""
        return await asyncio.to_thread(self._write, content)

    async def get(self, key: str) -> bytes:
        """The bytes under a key; raises BlobMissing."""
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except FileNotFoundError as error:
            raise BlobMissing(key) from error

    def _begin(self, key: str, size: int) -> bytes:
        with self._path(key).open("rb") as file:
            return file.read(size)

    async def head(self, key: str, size: int) -> bytes:
        """The first bytes under a key, at most so many; raises BlobMissing."""
        try:
            return await asyncio.to_thread(self._begin, key, size)
        except FileNotFoundError as error:
            raise BlobMissing(key) from error

    async def delete(self, key: str) -> None:
        """Forget the bytes under a key, if they are there."""
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def forget_unless(self, named: Callable[[Collection[str]], Awaitable[set[str]]], untouched: timedelta) -> int:
        """Forget all bytes that nobody has put for so long and that `named` does not name; how many went.

        A file is first put aside. Whoever puts the same bytes before that has touched it, so it is put back; whoever does
        later writes it anew.
        """
        before = time.time() - untouched.total_seconds()
        forgotten = 0
        for folder in await asyncio.to_thread(lambda: sorted(self._folder.glob("[0-9a-f][0-9a-f]"))):
            old = await asyncio.to_thread(_untouched, folder, before)
            wanted = await named(old) if old else set()
            for key in set(old) - wanted:
                forgotten += await asyncio.to_thread(_remove, folder / key, before)
        return forgotten


def _untouched(folder: Path, before: float) -> list[str]:
    return [path.name for path in folder.iterdir() if len(path.name) == 64 and path.stat().st_mtime < before]


def _remove(path: Path, before: float) -> bool:
    aside = path.with_suffix(".forgotten")
    with suppress(FileNotFoundError):
        path.rename(aside)
        if aside.stat().st_mtime < before:
            aside.unlink()
            return True
        aside.replace(path)
    return False


def open_blobs(settings: Settings) -> BlobStore:
    """The blob store of this installation."""
    return DiskBlobs(settings.data_dir / "blobs")
