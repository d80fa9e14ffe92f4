"""A real Firebird server of the tests' own, in a folder of its own, and databases in it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import firebirdsql

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu/firebird/3.0")
LINKED = ("plugins", "lib", "firebird.msg", "plugins.conf")
PASSWORD = "masterkey"

WHY_NOT = (
    None
    if shutil.which("firebird") and shutil.which("isql-fb") and LIBRARIES.exists()
    else "no Firebird server here: apt-get install firebird3.0-server"
)


class FirebirdServer:
    """The server; `stop` and `start` let it be away for a while, at the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        for name in LINKED:
            (folder / name).symlink_to(LIBRARIES / name)
        # Through a link the server loses its own character sets.
        shutil.copytree(LIBRARIES / "intl", folder / "intl")
        (folder / "databases.conf").touch()
        (folder / "firebird.conf").write_text(
            "RemoteBindAddress = 127.0.0.1\nAuthServer = Srp\nUserManager = Srp\nServerMode = Super\nGCPolicy = cooperative\n"
            f"SecurityDatabase = {folder}/security3.fdb\nIpcName = nexova_{self.port}\n"
        )
        self._environment = os.environ | {"FIREBIRD": str(folder), "FIREBIRD_LOCK": str(folder), "FIREBIRD_TMP": str(folder)}
        # Users are made before the server runs, by whoever owns the file.
        self._isql(
            f"create database '{folder}/security3.fdb'; commit;"
            f"create user SYSDBA password '{PASSWORD}' using plugin Srp; commit;"
        )

    def _isql(self, statements: str) -> None:
        command = ["isql-fb", "-q", "-bail", "-user", "SYSDBA"]
        subprocess.run(command, input=statements.encode(), env=self._environment, check=True, capture_output=True, timeout=60)

    def start(self) -> None:
        """Start it, and wait until it lets somebody in."""
        command = ["firebird", "-p", str(self.port)]
        self._process = subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self._process.poll() is None:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
        raise RuntimeError("Firebird has ended")

    def stop(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def make(self, name: str) -> str:
        """Make an empty database; its path."""
        path = self._folder / f"{name}.fdb"
        connection = firebirdsql.create_database(
            host="127.0.0.1", port=self.port, database=str(path), user="SYSDBA", password=PASSWORD, charset="WIN1252"
        )
        connection.close()
        return str(path)

    def rows(self, path: str, query: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        connection = firebirdsql.connect(
            host="127.0.0.1", port=self.port, database=path, user="SYSDBA", password=PASSWORD, charset="WIN1252"
        )
        cursor = connection.cursor()
        cursor.execute(query)
        found = [tuple(row) for row in cursor.fetchall() or ()]
        connection.close()
        return found

    def run(self, path: str, *statements: str, rows: Sequence[Sequence[Any]] = ()) -> None:
        """Run statements in a database, each in a transaction; `rows` are values for the last one, again and again."""
        connection = firebirdsql.connect(
            host="127.0.0.1", port=self.port, database=path, user="SYSDBA", password=PASSWORD, charset="WIN1252"
        )
        for place, statement in enumerate(statements):
            cursor = connection.cursor()
            for values in rows if rows and place == len(statements) - 1 else [()]:
                cursor.execute(statement, values)
            connection.commit()
        connection.close()
