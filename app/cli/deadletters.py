"""`nexova deadletters`: what was given up, whatever it is, and trying it again."""

from typing import Annotated

import typer

from app.cli import session
from app.cli.terminal import AsJson, fail, show
from app.queue import deadletters

group = typer.Typer(no_args_is_help=True)

LONGEST_LIST = 100


@group.command("list")
def list_letters(as_json: AsJson = False) -> None:
    """List what was given up: events that cannot be read, files that cannot be fetched, jobs without a queue or crashed."""
    rows = session.run(lambda: deadletters.list_all(limit=LONGEST_LIST))
    show(rows, as_json=as_json, empty="There are no dead letters.")


@group.command()
def retry(
    letter: Annotated[str | None, typer.Argument(help="The id of one dead letter.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
) -> None:
    """Try one dead letter again, or all of them."""
    if (letter is None) is not everything:
        fail("name one dead letter, or say --all.")
    if letter is None:
        print(f"On their way again: {session.run(deadletters.retry_all)}.")
        return
    again = session.run(lambda: deadletters.retry(letter))
    print(f"On its way again: {again.name} ({again.kind}).")
