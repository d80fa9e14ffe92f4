"""What all commands share: options, the end with a reason, and lists as tables or as JSON."""

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
InWorkspace = Annotated[str | None, typer.Option("--workspace", "-w", help="Only this workspace, by its slug.")]


def fail(reason: str, status: int = 1) -> NoReturn:
    """End the command with a reason and an exit code."""
    print(f"nexova: {reason}", file=sys.stderr)
    raise typer.Exit(status)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "-"
    return "-" if value is None else str(value)


def show(rows: Sequence[Any], *, as_json: bool, empty: str) -> None:
    """Print rows (models or dataclasses) as a JSON array, or as a table with a column per field.

    `empty` is said when there are none.
    """
    cells = [TypeAdapter(type(row)).dump_python(row, mode="json") for row in rows]
    if as_json:
        print(json.dumps(cells, ensure_ascii=False, indent=2))
        return
    if not cells:
        print(empty)
        return
    table = Table(*(name.replace("_", " ") for name in cells[0]), box=None, pad_edge=False, header_style="bold")
    for row in cells:
        table.add_row(*(_cell(value) for value in row.values()))
    # A pipe gets whole lines, whatever the width of the terminal that started it.
    Console(width=None if sys.stdout.isatty() else 240, highlight=False).print(table)
