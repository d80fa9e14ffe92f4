"""Result files: what a run measured, in a form that runs of other days and commits can be compared with."""

import subprocess
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from evals.evidence import Line, Move, TurnTaken
from evals.grading import Finding
from evals.statistics import Interval, pass_k, percentile

FORMAT = 1
NOTHING = Decimal(0)
ROOT = Path(__file__).parent.parent

Fault = Literal["none", "agent", "customer", "disputed", "harness"]
"""Whose fault a failure is: the agent's, the simulated customer's, one that a second customer did not meet, or ours."""


class Attempt(BaseModel):
    """One run of one task."""

    task: str
    family: str
    attempt: int
    customer: str
    passed: bool
    fault: Fault
    findings: list[Finding]
    first_wrong: Finding | None = None
    troubles: list[str] = Field(default_factory=list)
    seconds: float
    waited: list[float] = Field(default_factory=list)
    rounds: int
    turns: int
    requests: int
    tool_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    models: list[str] = Field(default_factory=list)
    fell_back: int = 0
    lies: int = 0
    unauthorised: int = 0
    thread: list[Line] = Field(default_factory=list)
    moves: list[Move] = Field(default_factory=list)
    taken: list[TurnTaken] = Field(default_factory=list)
    goal: str = ""


class Figures(BaseModel):
    """The figures of a family, or of all."""

    tasks: int
    attempts: int
    passes: dict[int, Interval]
    lies: int
    unauthorised: int
    customer_faults: int
    seconds_p50: float
    seconds_p95: float
    answer_p50: float
    answer_p95: float
    turns: float
    tool_calls: float
    cost_usd: Decimal


class Run(BaseModel):
    """One run of the suite."""

    format: int = FORMAT
    commit: str
    dirty: bool
    started_at: datetime
    seconds: float
    models: str
    customer: str
    prompt_hashes: list[str]
    seed: int
    repeat: int
    jobs: int
    complete: bool = True
    attempts: list[Attempt]

    def families(self) -> dict[str, list[Attempt]]:
        """The attempts by family, in the order of the names."""
        found: dict[str, list[Attempt]] = defaultdict(list)
        for attempt in self.attempts:
            found[attempt.family].append(attempt)
        return dict(sorted(found.items()))

    def figures(self) -> dict[str, Figures]:
        """The figures of each family, and of everything under `all`."""
        return {"all": figures(self.attempts), **{name: figures(found) for name, found in self.families().items()}}


def figures(attempts: list[Attempt]) -> Figures:
    """The figures of some attempts. Failures of the harness itself are left out of the shares."""
    counted = [attempt for attempt in attempts if attempt.fault != "harness"]
    by_task: dict[str, list[bool]] = defaultdict(list)
    for attempt in counted:
        by_task[attempt.task].append(attempt.passed)
    fewest = min((len(trials) for trials in by_task.values()), default=0)
    waits = [wait for attempt in counted for wait in attempt.waited]
    number = max(len(counted), 1)
    return Figures(
        tasks=len(by_task),
        attempts=len(counted),
        passes={k: pass_k(list(by_task.values()), k) for k in range(1, fewest + 1)},
        lies=sum(attempt.lies for attempt in attempts),
        unauthorised=sum(attempt.unauthorised for attempt in attempts),
        customer_faults=sum(attempt.fault == "customer" for attempt in attempts),
        seconds_p50=percentile([attempt.seconds for attempt in counted], 0.5),
        seconds_p95=percentile([attempt.seconds for attempt in counted], 0.95),
        answer_p50=percentile(waits, 0.5),
        answer_p95=percentile(waits, 0.95),
        turns=sum(attempt.turns for attempt in counted) / number,
        tool_calls=sum(attempt.tool_calls for attempt in counted) / number,
        cost_usd=sum((attempt.cost_usd for attempt in counted), Decimal(0)),
    )


def revision() -> tuple[str, bool]:
    """The commit that is evaluated, and whether the files differ from it; unknown outside a checkout."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607 - git as installed
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        return git("rev-parse", "HEAD") or "unknown", bool(git("status", "--porcelain"))
    except FileNotFoundError:
        return "unknown", False


def save(run: Run, path: Path) -> None:
    """Write a result file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(run.model_dump_json(indent=1), encoding="utf-8")


def load(path: Path) -> Run:
    """Read a result file."""
    return Run.model_validate_json(path.read_text(encoding="utf-8"))
