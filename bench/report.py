"""Tables of figures: printed on the terminal, and kept in `docs/benchmarks.md` between markers."""

import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil
from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from core import clock

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"

_VERSIONS = ("sqlalchemy", "asyncpg", "dramatiq", "pydantic-ai-slim", "pydantic", "fastapi")


@dataclass(frozen=True)
class Table:
    """Rows under their headings, the first column being names."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""


@dataclass(frozen=True)
class Section:
    """One figure: what was measured, and what came out."""

    title: str
    about: str
    tables: Sequence[Table]
    notes: Sequence[str] = field(default_factory=tuple)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def milliseconds(seconds: float) -> str:
    """Seconds as milliseconds with a sensible number of digits."""
    value = seconds * 1000
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms" if value >= 10 else f"{value:.2f} ms"


def show(section: Section, console: Console) -> None:
    """Print a section."""
    console.print(f"\n[bold]{section.title}[/bold]")
    console.print(section.about, highlight=False)
    for table in section.tables:
        drawn = RichTable(box=box.SIMPLE_HEAD, title=table.title or None, title_justify="left")
        for index, column in enumerate(table.columns):
            drawn.add_column(column, justify="left" if index == 0 else "right")
        for row in table.rows:
            drawn.add_row(*row)
        console.print(drawn)
    for note in section.notes:
        console.print(f"  {note}", highlight=False)


def keep(name: str, section: Section, command: str, page: Path = PAGE) -> None:
    """Write a section into the page of benchmarks, in place of the same figure's last one."""
    begin, end = f"<!-- figure: {name} -->", f"<!-- end: {name} -->"
    block = f"{begin}\n{_markdown(section, command)}\n{end}"
    text = page.read_text("utf-8")
    marked = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not marked.search(text):
        text = f"{text.rstrip()}\n\n{block}\n"
    page.write_text(marked.sub(lambda _: block, text), "utf-8")


def _markdown(section: Section, command: str) -> str:
    lines = [f"## {section.title}", "", section.about, ""]
    for table in section.tables:
        if table.title:
            lines += [f"**{table.title}**", ""]
        lines.append("| " + " | ".join(table.columns) + " |")
        lines.append("| --- |" + " ---: |" * (len(table.columns) - 1))
        lines += ["| " + " | ".join(row) + " |" for row in table.rows]
        lines.append("")
    lines += [f"- {note}" for note in section.notes]
    if section.notes:
        lines.append("")
    lines.append(f"`{command}`, {_circumstances()}")
    return "\n".join(lines)


def _circumstances() -> str:
    """When, where and of what a figure was measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in _VERSIONS)
    memory = psutil.virtual_memory().total / 2**30
    load = psutil.getloadavg()[0]
    return (
        f"{clock.process_now():%Y-%m-%d %H:%M} UTC, commit {_commit()}; {_processor()}, {psutil.cpu_count()} cores, "
        f"{memory:.0f} GB, load {load:.1f}; Python {platform.python_version()}, {versions}."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    git = ["git", "-C", str(ROOT)]
    try:
        name = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name} with changes" if changed.stdout.strip() else name
