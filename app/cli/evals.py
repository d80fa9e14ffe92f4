"""The command `nexova eval`: run the suite, compare runs, freeze conversations and play them again."""

import importlib
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.cli import eval_captures
from app.cli.terminal import fail
from app.processes import runtime

if TYPE_CHECKING:
    from evals.installation import Installation
    from evals.results import Attempt, Run
    from evals.tasks import Task

group = typer.Typer(invoke_without_command=True, no_args_is_help=False)

_RESULTS = Path("eval-results")


def _room(name: str) -> Any:
    """A module of the suite, imported when it is needed: the suite brings libraries that no other command needs."""
    return importlib.import_module(f"evals.{name}")


def _chosen(families: list[str], tasks: list[str], smoke: bool) -> "list[Task]":
    try:
        found: list[Task] = _room("tasks").load_tasks(families or None, tasks or None)
    except KeyError as error:
        fail(str(error.args[0]))
    kept = [task for task in found if task.smoke or not smoke]
    if not kept:
        fail("no task fits what was asked for.")
    return kept


def _running(tasks: "list[Task]", console: Console) -> "tuple[Installation, list[Task]]":
    """The installation that runs, and the tasks that may be played in it: none that move its clock, or need another."""
    settings = runtime.attach()
    kept = [task for task in tasks if not task.moves_clock and task.fault is None]
    if len(kept) < len(tasks):
        console.print(f"{len(tasks) - len(kept)} tasks need an installation of their own and are left out.")
    found: Installation = _room("installation").Installation(
        settings.base_url, settings.database_url or "", models=settings.llm_models
    )
    return found, kept


def _interruptible() -> None:
    """Let SIGTERM end the run as Ctrl-C does, so that its servers are stopped."""

    def stop(number: int, _frame: object) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    signal.signal(signal.SIGTERM, stop)


@group.callback()
def run(
    context: typer.Context,
    family: Annotated[list[str] | None, typer.Option("--family", "-f", help="Only these families.")] = None,
    task: Annotated[list[str] | None, typer.Option("--task", "-t", help="Only tasks whose id begins so.")] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="The chain to evaluate, as in LLM_MODELS.")] = "lexical",
    customer: Annotated[str, typer.Option(help="`scripted`, or a model that plays the customers.")] = "scripted",
    repeat: Annotated[int, typer.Option("--repeat", "-k", min=1, max=32, help="How often each task is played.")] = 1,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Conversations at a time.")] = 4,
    seed: Annotated[int, typer.Option(help="For the slips of scripted customers.")] = 0,
    smoke: Annotated[bool, typer.Option("--smoke", help="Only the tasks marked as smoke.")] = False,
    json: Annotated[Path | None, typer.Option("--json", help="Where to write the results.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Where to write the page.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Fail if figures fall behind evals/baseline.json.")] = False,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Keep this run's figures as the new baseline.")
    ] = False,
    running: Annotated[
        bool, typer.Option("--running", help="Play in the installation that runs, in workspaces beside its own.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the installation's folder with its logs.")] = False,
) -> None:
    """Play the suite's conversations against a real installation of their own, and judge them by the database."""
    if context.invoked_subcommand is not None:
        return
    tasks = _chosen(family or [], task or [], smoke)
    console = Console()
    _interruptible()
    place, tasks = _running(tasks, console) if running else (None, tasks)
    with nullcontext() if running else _room("session").own_keys():
        runs = _room("run")
        options = runs.Options(
            tasks=tasks,
            running=place,
            models=place.models if place else model,
            repeat=repeat,
            jobs=jobs,
            seed=seed,
            customer=customer,
            keep=keep,
        )
        with _progress(console, len(tasks) * repeat) as done:
            try:
                found = runs.run(options, _customers(customer, seed), done)
            except _room("installation").InstallationFailed as error:
                fail(str(error))
    _keep(found, json, html, console)
    if not found.complete:
        fail(f"stopped after {len(found.attempts)} of {len(tasks) * repeat} attempts; the results hold those.")
    _baseline(found, check=check, update=update_baseline, console=console)


def _keep(found: "Run", json: Path | None, html: Path | None, console: Console) -> None:
    """Write the results and the page, and print the figures."""
    path = json or _RESULTS / f"{found.started_at:%Y%m%d-%H%M%S}-{found.commit[:8]}.json"
    _room("results").save(found, path)
    _room("report.terminal").show(found, console)
    console.print(f"Results: {path}", highlight=False)
    if html is not None:
        _room("report.page").write(found, html)
        console.print(f"Page: {html}", highlight=False)


def _customers(customer: str, seed: int) -> Any:
    if customer == "scripted":
        return _room("run").make_scripted(seed)
    try:
        return _room("customers.driven").make_driven(customer)
    except _room("customers.driven").CustomerNotConfigured as error:
        fail(str(error))


@contextmanager
def _progress(console: Console, total: int) -> Iterator[Any]:
    """A bar that moves with every attempt and says how many have failed."""
    columns = (
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    failed = 0
    with Progress(*columns, console=console, transient=True) as bar:
        line = bar.add_task("starting the installation", total=total)

        def done(attempt: "Attempt") -> None:
            nonlocal failed
            failed += not attempt.passed
            bar.update(line, advance=1, description=f"[red]{failed} failed[/red]" if failed else "all passed")

        yield done


def _baseline(found: Any, *, check: bool, update: bool, console: Console) -> None:
    baseline = _room("baseline")
    if update:
        baseline.update(found)
        console.print(f"The baseline is now what this run reached: {baseline.PATH}", highlight=False)
        return
    if not check:
        return
    kept = baseline.load()
    if kept is None:
        fail("there is no baseline yet; --update-baseline makes one.")
    verdict = baseline.check(found, kept)
    _room("report.terminal").show_verdict(verdict, console)
    if not verdict.kept:
        raise typer.Exit(1)


@group.command()
def diff(
    before: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The results of the earlier run.")],
    after: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The results of the later run.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Say what changed between two runs: figures by family, and each task that passes or fails now."""
    results = _room("results")
    found = _room("difference").compare(results.load(before), results.load(after))
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    _room("report.terminal").show_difference(found, Console())


@group.command("list")
def list_families() -> None:
    """List the families with what they are about and how many tasks they have."""
    for name, family in _room("tasks").load_families().items():
        print(f"{name:<18} {len(family.tasks):>4}  {family.about}")


@group.command()
def html(
    results: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The results of a run.")],
    page: Annotated[Path, typer.Argument(help="Where to write the page.")],
) -> None:
    """Make the page of a run that was measured before."""
    _room("report.page").write(_room("results").load(results), page)
    print(page)


group.command("capture")(eval_captures.capture)
group.command("replay")(eval_captures.replay)
group.command("shadow")(eval_captures.shadow)
group.command("tau2")(eval_captures.tau2)
