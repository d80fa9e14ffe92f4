"""One owner per data folder: a lock of the operating system that ends with its process, however that ends."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from core.errors import CannotRun


class FolderInUse(CannotRun):
    """Another living process owns the folder; `pid` names it when it is known."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{folder} is already in use by {who}; stop it first, or choose another data folder.")
        self.folder = folder
        self.pid = pid


class FolderUnusable(CannotRun):
    """The folder is not there and cannot be made, or cannot be written to."""

    def __init__(self, folder: Path, error: OSError) -> None:
        file = next((part for part in (folder, *folder.parents) if part.exists() and not part.is_dir()), None)
        why = f"{file} is not a folder" if file is not None else error.strerror
        super().__init__(f"{folder} cannot hold the data: {why}. Choose another data folder with NEXOVA_DATA_DIR.")


class FolderLock:
    """The ownership of a folder by this process, until it is released or the process ends."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        self.folder = folder
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Give the folder free. The file stays: removing it would let two processes lock two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def lock_data_folder(folder: Path) -> FolderLock:
    """Take the folder for this process, making it if needed.

    Raises FolderInUse at once when it is taken, FolderUnusable when it is no folder to write to.
    """
    folder = Path(os.path.realpath(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FolderUnusable(folder, error) from error
    for attempt in range(5):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError as error:
            if attempt == 4:
                pid = _written_pid(descriptor)
                os.close(descriptor)
                raise FolderInUse(folder, pid) from error
            time.sleep(0.01)  # `owner_of` holds the lock for an instant when it looks
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return FolderLock(folder, descriptor)


def owner_of(folder: Path) -> int | None:
    """The process that owns the folder now, or None; a lock file without a living owner counts as none."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _written_pid(descriptor)
    finally:
        os.close(descriptor)
    return None


def _written_pid(descriptor: int) -> int | None:
    written = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    return int(written) if written.isdigit() else None
