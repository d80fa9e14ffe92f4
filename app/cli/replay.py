"""`nexova replay`: reads a stored inbound event again, for instance after a fault in reading it was repaired."""

from typing import Annotated
from uuid import UUID

import typer

from app.cli import session
from app.queue import replay as replaying


def replay(event: Annotated[UUID, typer.Argument(help="The id of the inbound event.")]) -> None:
    """Read one stored inbound event again.

    A message that is in its conversation already is not doubled: it is recognised, and the event is closed again.
    """
    session.run(lambda: replaying.replay(event))
    print("The event is open again, and its job is announced.")
