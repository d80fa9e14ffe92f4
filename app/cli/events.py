"""`nexova events`: what happened in a workspace, from its event stream, and making anew what is made of it."""

import asyncio
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from app.cli import session
from app.cli.terminal import AsJson, InWorkspace, fail
from core import event_replay, events
from core.access import Principal
from core.db import to_json
from core.event_replay import Replayed, SubjectUnknown
from core.events import EventView
from core.work import open_work
from domain.routines import service as routines
from domain.routines.kinds import RoutineName

group = typer.Typer(no_args_is_help=True)

LOOK_SECONDS = 0.5
"""How often `--follow` asks for more."""


class Projection(StrEnum):
    """What is made of the stream of events."""

    DEMAND = "demand"


_MADE_BY: Final = {Projection.DEMAND: RoutineName.DEMAND_PROJECT}


def _line(workspace: str, event: EventView) -> str:
    """One event as one line: place, time, what happened to what, by whom, why, and the values that changed."""
    words = [
        f"{workspace} {event.position}",
        f"{event.at:%Y-%m-%d %H:%M:%S}",
        event.type,
        f"{event.subject_id}#{event.subject_number}",
        f"by {event.actor_kind}{f' {event.actor_id}' if event.actor_id else ''}",
    ]
    if event.reason:
        words.append(f'"{event.reason}"')
    if event.before is not None or event.after is not None:
        words.append(f"{to_json(event.before)} -> {to_json(event.after)}")
    return "  ".join(words)


def _shown(workspace: str, event: EventView, *, as_json: bool) -> str:
    if not as_json:
        return _line(workspace, event)
    fields: dict[str, Any] = event.model_dump(mode="json")
    return to_json({"workspace": workspace, **fields})


async def _next(principal: Principal, after: int) -> list[EventView]:
    async with open_work(principal) as work:
        return await events.page(work, after=after)


async def _start(principal: Principal, after: int | None, lines: int) -> int:
    if after is not None:
        return after
    async with open_work(principal) as work:
        return max(0, await events.last_position(work) - lines)


async def _tail(slug: str | None, after: int | None, lines: int, *, as_json: bool, follow: bool) -> None:
    streams = await session.workspaces(slug)
    read = {ref.slug: await _start(principal, after, lines) for ref, principal in streams}
    while True:
        more = False
        for ref, principal in streams:
            for event in await _next(principal, read[ref.slug]):
                print(_shown(ref.slug, event, as_json=as_json), flush=True)
                read[ref.slug], more = event.position, True
        if not more and not follow:
            return
        if not more:
            await asyncio.sleep(LOOK_SECONDS)


async def _replay(slug: str | None, projection: Projection) -> list[str]:
    done = []
    for ref, principal in await session.workspaces(slug):
        async with open_work(principal) as work:
            await routines.restart(work, _MADE_BY[projection])
        done.append(ref.slug)
    return done


@group.command()
def replay(projection: Annotated[Projection, typer.Option(help="What is made anew.")], workspace: InWorkspace = None) -> None:
    """Make a projection anew from the beginning of the stream; a worker does it at once, while everything goes on."""
    for slug in session.run(lambda: _replay(workspace, projection)):
        print(f"{slug}: {projection.value} is made anew.")


async def _state(slug: str | None, subject_kind: str, subject_id: UUID, number: int | None) -> Replayed | None:
    for _, principal in await session.workspaces(slug):
        async with open_work(principal) as work:
            with suppress(SubjectUnknown):
                return await event_replay.replay(work, subject_kind, subject_id, number)
    return None


@group.command()
def state(
    subject_kind: Annotated[str, typer.Argument(help="`order`, `stock` and the like.")],
    subject_id: Annotated[UUID, typer.Argument(help="The id of the subject, as `tail` shows it.")],
    workspace: InWorkspace = None,
    number: Annotated[int | None, typer.Option(min=1, help="After this event of the subject; else after its last.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print how something stood after one of its events, each value with the event that told it last."""
    found = session.run(lambda: _state(workspace, subject_kind, subject_id, number))
    if found is None:
        fail(f"nothing is kept of what happened to {subject_kind} {subject_id}")
    if as_json:
        print(found.model_dump_json())
        return
    print(
        f"{found.subject_kind} {found.subject_id}#{found.number}" + (f"  {found.forgotten} forgotten" * bool(found.forgotten))
    )
    for name, told in sorted(found.values.items()):
        print(f"{name} = {to_json(told.value)}  #{told.number} {told.type} {told.at:%Y-%m-%d %H:%M:%S}")


@group.command()
def tail(
    workspace: InWorkspace = None,
    after: Annotated[int | None, typer.Option(min=0, help="Everything behind this position of each stream.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Without --after: so many of the newest.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens from now on.")] = False,
) -> None:
    """Print the events of a workspace, or of all, each with its position; in the order in which they were committed."""
    session.run(lambda: _tail(workspace, after, lines, as_json=as_json, follow=follow))
