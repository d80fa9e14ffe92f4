"""`nexova tools`: what the model may do, as JSON Schema."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from app.cli.terminal import AsJson, show
from tools import registry


class Row(BaseModel):
    """A tool as it is listed."""

    name: str
    audience: str
    writes: bool
    permission: str
    seconds: float
    states: str


def tools(
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(help="Write the schemas into this file.")] = None,
) -> None:
    """List the tools; with --json or --out, export each with the JSON Schema of its parameters and its result."""
    schemas = registry.schemas()
    exported = json.dumps(schemas, ensure_ascii=False, indent=2)
    if out is not None:
        out.write_text(exported + "\n", encoding="utf-8")
        print(f"{len(schemas)} tools written to {out}.")
    elif as_json:
        print(exported)
    else:
        rows = [
            Row(
                name=one["name"],
                audience=one["audience"],
                writes=one["writes"],
                permission=one["permission"],
                seconds=one["timeout_seconds"],
                states=", ".join(one["states"]),
            )
            for one in schemas
        ]
        show(rows, as_json=False, empty="There are no tools.")
