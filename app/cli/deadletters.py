"""`nexova deadletters`: what failed for an unforeseen reason, and ringing for it again."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import redis
import typer

from app import deadletters
from app.broker import QueueUnavailable, RedisBells, open_broker
from app.cli.terminal import AsJson, fail, settings_or_exit, show

group = typer.Typer(no_args_is_help=True)

Result = TypeVar("Result")


def _with_broker(act: Callable[[RedisBells], Result]) -> Result:
    broker = open_broker(settings_or_exit(attached=True))
    try:
        return act(broker)
    except (redis.RedisError, QueueUnavailable) as error:
        fail(f"Redis did not answer as expected: {error}. `nexova doctor` tells more.")
    finally:
        broker.close()


@group.command("list")
def list_letters(as_json: AsJson = False) -> None:
    """List the dead letters of all queues, the newest first."""
    show(_with_broker(deadletters.dead_letters), as_json=as_json, empty="There are no dead letters.")


@group.command()
def retry(
    letter: Annotated[str | None, typer.Argument(help="The id of one dead letter.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Ring again for every dead letter.")] = False,
) -> None:
    """Ring again for one dead letter, or for all."""
    if (letter is None) is not everything:
        fail("name one dead letter, or say --all.")
    rung = _with_broker(lambda broker: deadletters.retry(broker, letter))
    if letter is not None and not rung:
        fail(f"there is no dead letter {letter}.")
    print(f"Rung again: {rung}.")
