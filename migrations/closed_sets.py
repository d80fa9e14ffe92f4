"""Closed sets that grow: a value more that a column may hold, whatever other migrations have let it hold before."""

import re
from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op


def _known(table: str, column: str) -> list[str]:
    """What the column may hold now, by the rule that `core.tables.one_of` gives it."""
    name = sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name")
    rule = op.get_bind().execute(name, {"name": f"ck_{table}_{column}_known"}).scalar_one()
    return re.findall(r"'([^']*)'", rule)


def _allow(table: str, column: str, values: Iterable[str]) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    op.drop_constraint(name, table, type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def know(table: str, column: str, *values: str) -> None:
    """Let a column hold these values too."""
    known = _known(table, column)
    _allow(table, column, [*known, *(value for value in values if value not in known)])


def know_no_more(table: str, column: str, *values: str) -> None:
    """Let a column hold these values no more; rows that hold them go."""
    listed = ", ".join(f"'{value}'" for value in values)
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"DELETE FROM {table} WHERE {column} IN ({listed})")  # noqa: S608 - names of migrations
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _allow(table, column, [value for value in _known(table, column) if value not in values])
