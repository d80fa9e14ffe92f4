"""`nexova retention`: for how long what is kept."""

from typing import Annotated

import typer
from pydantic import BaseModel

from app.cli.terminal import AsJson, show
from app.queue.jobs import RETENTIONS

_HEAD = """# For how long what is kept

Made from what each room declares (`core.jobs.Retention`) by `nexova retention --page`; a test compares it. A relay forgets
once an hour what is older, in batches, each a transaction of its own, in a role of Postgres that cannot delete what is
younger. Whatever does not stand here is kept as long as its workspace: what a shop has, owes and was paid, and what was said.
Files lose their bytes when no row names them any more.

| Table | Kept | Counted from | Longer |
| --- | --- | --- | --- |
"""


class Row(BaseModel):
    """A retention as it is listed; `longer` is what stays all the same."""

    table: str
    days: int
    since: str
    longer: str


def page() -> str:
    """The page as Markdown."""
    rows = (f"| {row.table} | {row.days} days | {row.since} | {row.longer} |" for row in _rows())
    return _HEAD + "\n".join(rows) + "\n"


def _rows() -> list[Row]:
    return [Row(table=one.table, days=one.kept.days, since=one.since, longer=one.stays) for one in RETENTIONS]


def retention(
    as_json: AsJson = False,
    as_page: Annotated[bool, typer.Option("--page", help="Print the page of the documentation instead.")] = False,
) -> None:
    """List for how long rows are kept, from when on, and what stays longer."""
    if as_page:
        print(page(), end="")
        return
    show(_rows(), as_json=as_json, empty="Everything is kept for ever.")
