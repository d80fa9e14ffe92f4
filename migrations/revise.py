"""Write the next revision: `python -m migrations.revise "Add a column."` compares the code with a migrated database.

Read what it writes before you commit it. A new table also needs `migrations.security.secure` in its revision.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from core.embedded import start_postgres
from migrations.upgrade import configuration, upgrade


def main() -> None:
    """Make a revision whose message is the first argument."""
    if len(sys.argv) != 2:
        raise SystemExit('Say what changes: python -m migrations.revise "Add a column."')
    with tempfile.TemporaryDirectory() as folder:
        server = start_postgres(Path(folder) / "postgres", durable=False)
        try:
            upgrade(server.url)
            command.revision(configuration(server.url), message=sys.argv[1], autogenerate=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
