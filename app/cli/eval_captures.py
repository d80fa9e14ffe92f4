"""The commands of `nexova eval` that play what was not written for it: captures, last week's traffic, a benchmark."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from app.cli import session
from app.cli.terminal import AsJson, fail
from core.work import open_work

if TYPE_CHECKING:
    from evals.captures import Capture
    from evals.replay import Replayed

_FOLDER = Path("evals/captures")


def _room(name: str) -> Any:
    return importlib.import_module(f"evals.{name}")


def capture(
    conversation: Annotated[UUID, typer.Argument(help="The conversation to freeze.")],
    name: Annotated[str | None, typer.Option(help="What to call it; its id otherwise.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write it; evals/captures otherwise.")] = None,
) -> None:
    """Freeze a conversation of the running installation, without personal data, so that it can be played again."""
    called = name or str(conversation)
    capturing = _room("capturing")

    async def find() -> "Capture":
        for _, principal in await session.workspaces(None):
            async with open_work(principal) as work:
                try:
                    found: Capture = await capturing.capture(work, conversation, called)
                except _not_here():
                    continue
                return found
        return fail(f"no workspace has a conversation {conversation} with turns.")

    frozen = session.run(find)
    path = out or _FOLDER / f"{called}.json"
    _room("captures").save(frozen, path)
    print(path)


def _not_here() -> tuple[type[Exception], ...]:
    errors = importlib.import_module("domain.conversations.errors")
    return (errors.ConversationNotFound, _room("capturing").NothingToCapture)


def replay(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A captured conversation.")],
    model: Annotated[
        str, typer.Option("--model", "-m", help="`captured` gives the answers that were given; else a chain.")
    ] = "captured",
    as_json: AsJson = False,
) -> None:
    """Play a captured conversation again and say how its effects differ; ends with 1 if they do."""
    with _room("session").own_keys():
        found: Replayed = _room("replay").replay(_room("captures").load(file), model)
    if as_json:
        print(found.model_dump_json(indent=2))
    else:
        _show(found, Console())
    if not found.is_same:
        raise typer.Exit(1)


def _show(found: "Replayed", console: Console) -> None:
    if found.stuck is not None:
        console.print(f"[red]stuck[/red] {found.stuck}", highlight=False, soft_wrap=True)
    for line in found.differences:
        console.print(f"[red]effect[/red] {line}", highlight=False, soft_wrap=True)
    for line in found.replies:
        console.print(f"[yellow]reply[/yellow] {line}", highlight=False, soft_wrap=True)
    if found.prompts_changed:
        console.print("The prompts are others than those of the capture.")
    if found.is_same:
        console.print("[green]The effects are the same.[/green]" if found.replies else "[green]Identical.[/green]")


def shadow(
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="The workspace whose traffic is played again.")],
    model: Annotated[str, typer.Option("--model", "-m", help="The chain to try.")],
    days: Annotated[int, typer.Option(min=1, max=90, help="How many days back.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Play the last days' conversations again with another chain, and sum up what would have been otherwise.

    The shop is only read; everything else happens in an installation that is thrown away.
    """
    shadowing = _room("shadow")

    async def read() -> "list[Capture]":
        ((ref, _),) = await session.workspaces(workspace)
        found: list[Capture] = await shadowing.recent(ref.id, days)
        return found

    captures = session.run(read)
    if not captures:
        fail(f"{workspace} has had no turn in {days} days.")
    with _room("session").own_keys():
        found = shadowing.shadow(captures, model)
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    console = Console()
    for item in found.changed:
        console.print(f"[bold]{item.name}[/bold]: {'; '.join(item.differences) or item.stuck}", highlight=False, soft_wrap=True)
    console.print(
        f"{found.same} of {found.conversations} would have ended alike; sold {found.sold_after} instead of {found.sold_before}."
    )


def tau2(
    folder: Annotated[Path, typer.Argument(help="The benchmark's retail domain: db.json, tasks.json, policy.md.")],
    model: Annotated[str, typer.Option("--model", "-m", help="The model of the agent, such as anthropic:<model>.")],
    user: Annotated[str | None, typer.Option("--user-model", help="The model of the user; the agent's otherwise.")] = None,
    task: Annotated[list[str] | None, typer.Option("--task", "-t", help="Only these tasks, by id.")] = None,
    repeat: Annotated[int, typer.Option("--repeat", "-k", min=1, max=32)] = 1,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64)] = 4,
    as_json: AsJson = False,
) -> None:
    """Play the retail tasks of tau2-bench, whose files you bring, with a model of yours as agent and as user."""
    data, play = _room("tau2.data"), _room("tau2.play")
    try:
        domain = data.load(folder)
        found = play.run(domain, model, user or model, only=task, repeat=repeat, jobs=jobs)
    except (data.DomainMissing, play.NotConfigured) as error:
        fail(str(error))
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    for k, share in found.passes.items():
        print(f"pass^{k}  {share.value:.1%}  [{share.low:.1%}, {share.high:.1%}]")
    for result in found.results:
        if not result.reward:
            why = result.error or ("the database differs" if not result.database_right else f"not said: {result.missing}")
            print(f"failed  {result.task}: {why}")
