"""Who Postgres runs as when we are root, which it refuses: in a user namespace of its own, or as another account."""

import ctypes
import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.embedded.processes import ServerFailed

_CLONE_NEWUSER = 0x10000000
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Identity:
    """How to start a child that must not be root: a step before `exec`, and the account to change to, if any."""

    enter: Callable[[], None]
    account: int | None = None

    def own(self, path: Path) -> None:
        """Give a file or folder, with what is in it, to the account that the child will run as."""
        account = self.account if self.account is not None else os.geteuid()
        if path.stat().st_uid == account:
            return
        for item in (path, *path.rglob("*")):
            os.chown(item, account, account, follow_symlinks=False)


def _stay() -> None:
    """Run as whoever started us."""


def _enter_namespace() -> None:
    """Become user 1000 in a new user namespace; outside it the process and its files stay root's.

    This works under a home that only root may enter, and changes the owner of nothing.
    """
    if _LIBC.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for name, content in (("setgroups", "deny"), ("uid_map", "1000 0 1"), ("gid_map", "1000 0 1")):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, content.encode())
        os.close(descriptor)


def _works(program: Path, folder: Path, identity: Identity) -> bool:
    def prepare() -> None:
        identity.enter()
        os.chdir(folder)  # fails when a folder on the way may not be entered

    try:
        done = subprocess.run(
            [program, "--version"],
            check=False,
            capture_output=True,
            user=identity.account,
            group=identity.account,
            extra_groups=[] if identity.account is not None else None,
            preexec_fn=prepare,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def identity_for(program: Path, folder: Path) -> Identity:
    """How to run `program` on `folder` without being root; raises ServerFailed when no way is open."""
    if os.geteuid() != 0:
        return Identity(_stay)
    if sys.platform == "linux" and _works(program, folder, namespace := Identity(_enter_namespace)):
        return namespace
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
        if _works(program, folder, other := Identity(_stay, account)):
            return other
    raise ServerFailed(
        "Postgres refuses to run as root, this container forbids user namespaces, and no other account can reach "
        f"{program} and {folder}. Start Nexova as an ordinary user, put NEXOVA_DATA_DIR and the virtual environment "
        "where every account may enter (not under /root), or set DATABASE_URL to a server of your own."
    )
