"""The figures of a run as tables in the terminal."""

from rich.console import Console
from rich.table import Table

from evals.baseline import Verdict
from evals.difference import Difference, Flip
from evals.results import Figures, Run
from evals.statistics import Interval

_WORST = 10


def _share(interval: Interval | None) -> str:
    return "–" if interval is None else f"{interval.value:.0%} [{interval.low:.0%}–{interval.high:.0%}]"


def show(run: Run, console: Console) -> None:
    """Print the figures by family, and what the failures say."""
    figures = run.figures()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("family", "tasks", "pass^1", f"pass^{run.repeat}", "lies", "unauthorised", "turns", "calls", "s/task", "USD"):
        table.add_column(name, justify="left" if name == "family" else "right")
    for name, row in [*((name, row) for name, row in figures.items() if name != "all"), ("all", figures["all"])]:
        table.add_row(*_cells(name, row, run.repeat), style="bold" if name == "all" else None)
    console.print(table)
    failed = [attempt for attempt in run.attempts if not attempt.passed]
    for attempt in failed[:_WORST]:
        reason = attempt.findings[0].text if attempt.findings else ""
        console.print(f"[red]✗[/red] {attempt.task} ({attempt.fault}): {reason}", highlight=False, soft_wrap=True)
    if len(failed) > _WORST:
        console.print(f"… and {len(failed) - _WORST} more; --html shows every conversation.")


def _cells(name: str, row: Figures, repeat: int) -> list[str]:
    return [
        name,
        str(row.tasks),
        _share(row.passes.get(1)),
        _share(row.passes.get(repeat)),
        str(row.lies),
        str(row.unauthorised),
        f"{row.turns:.1f}",
        f"{row.tool_calls:.1f}",
        f"{row.seconds_p50:.1f}",
        f"{row.cost_usd:.4f}",
    ]


def show_difference(difference: Difference, console: Console) -> None:
    """Print two runs side by side."""
    console.print(f"before  {difference.before}\nafter   {difference.after}", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("family", "before", "after", "change", "lies", "unauthorised", "s/task", "USD"):
        table.add_column(name, justify="left" if name == "family" else "right")
    for shift in difference.shifts:
        change = shift.change
        table.add_row(
            shift.family,
            "–" if shift.before is None else f"{shift.before:.0%}",
            "–" if shift.after is None else f"{shift.after:.0%}",
            "–" if change is None else f"{change:+.0%}{'' if shift.overlaps else ' *'}",
            f"{shift.lies:+d}",
            f"{shift.unauthorised:+d}",
            f"{shift.seconds:+.1f}",
            f"{shift.cost_usd:+.4f}",
        )
    console.print(table)
    console.print("* the confidence intervals do not overlap")
    _flips("[red]worse[/red]", difference.broken, console)
    _flips("[green]better[/green]", difference.repaired, console)
    for title, names in (("only before", difference.only_before), ("only after", difference.only_after)):
        if names:
            console.print(f"{title}: {', '.join(names)}", highlight=False)


def _flips(title: str, flips: list[Flip], console: Console) -> None:
    for flip in flips:
        console.print(
            f"{title} {flip.task} {flip.before:.0%} → {flip.after:.0%}: {flip.reason}", highlight=False, soft_wrap=True
        )


def show_verdict(verdict: Verdict, console: Console) -> None:
    """Print what a run lost and won against the baseline."""
    for task in verdict.lost:
        console.print(f"[red]lost[/red] {task}", highlight=False)
    for violation in verdict.violations:
        console.print(f"[red]{violation}[/red]", highlight=False)
    if verdict.won:
        console.print(f"[green]won[/green] {', '.join(verdict.won)}", highlight=False, soft_wrap=True)
        console.print("Keep what was won with --update-baseline.")
    if verdict.kept:
        console.print("[green]The baseline is kept.[/green]")
