"""A process that writes a row must know the tables that the row refers to, or its first write fails."""

import subprocess
import sys

import pytest

UNKNOWN = """
import {module}
from core.tables import Base
tables = Base.metadata.tables
refers_to = {{key.target_fullname.split(".")[0] for table in tables.values() for key in table.foreign_keys}}
print(*sorted(refers_to - tables.keys()))
"""


@pytest.mark.parametrize("module", ["app.queue.relay", "app.queue.worker"])
def test_who_writes_rows_knows_the_tables_that_they_refer_to(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", UNKNOWN.format(module=module)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
