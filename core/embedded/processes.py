"""Child processes that never outlive their parent, and the removal of those whose parent is gone."""

import ctypes
import hashlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import psutil

from core.errors import CannotRun

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class ServerFailed(CannotRun):
    """A server did not start or did not answer; the message says why and where its log is."""


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that lets the kernel send `death_signal` to the child when its parent dies.

    The signal is tied to the parent's thread, so the parent must start the child from its main thread. Where the
    kernel has no such thing (macOS), the next start removes what was left behind.
    """
    parent = os.getpid()

    def prepare() -> None:
        if sys.platform == "linux":
            if _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "prctl")
            if os.getppid() != parent:  # the parent died between fork and prctl
                os._exit(1)

    return prepare


def spawn(
    command: Sequence[str | Path],
    *,
    prepare: Callable[[], None],
    output: IO[bytes] | int | None = None,
    environment: dict[str, str] | None = None,
    user: int | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own (so Ctrl-C reaches the parent only) after `prepare` ran in it."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("start servers from the main thread: they end when the thread that started them ends")
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=environment,
        cwd=folder,
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
        start_new_session=True,
        preexec_fn=prepare,
    )


def stop(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> int:
    """End a child by ever stronger signals, waiting after each; returns its exit code."""
    for number, patience in steps:
        if process.poll() is not None:
            break
        process.send_signal(number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        process.kill()
    return process.wait()


def remove_orphan(pid: int, marker: str, steps: Sequence[tuple[signal.Signals, float]]) -> bool:
    """End a process that a dead owner left behind, if `pid` still is that process: `marker` is an argument of it.

    Returns whether there was one. A pid that now belongs to something else is left alone.
    """
    try:
        process = psutil.Process(pid)
        if marker not in process.cmdline() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        for number, patience in steps:
            process.send_signal(number)
            try:
                process.wait(patience)
            except psutil.TimeoutExpired:
                continue
            return True
        process.kill()
        process.wait(10)
    except psutil.NoSuchProcess:
        return False
    return True


def socket_folder(folder: Path, name: str) -> Path:
    """The private folder for a server's socket: short, since the path of a socket may have 107 bytes only.

    It is derived from the data folder, so that a restarted server is found where it was.
    """
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:10]
    path = Path(tempfile.gettempdir()) / f"nexova-{os.getuid()}-{digest}-{name}"
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        # Root may have handed the folder to the account that Postgres runs under.
        if not stat.S_ISDIR(found.st_mode) or (os.getuid() != 0 and found.st_uid != os.getuid()) or found.st_mode & 0o022:
            raise ServerFailed(f"{path} exists and is not a private folder of ours; remove it and start again.") from None
    return path


def tail(path: Path, lines: int = 8) -> str:
    """The last lines of a log, for the message of a failed start."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def open_log(path: Path, limit: int = 20_000_000) -> IO[bytes]:
    """A log file opened for appending; a file that has grown too large makes way once, as `<name>.1`."""
    if path.exists() and path.stat().st_size > limit:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")
