"""The figures that a change must keep: `evals/baseline.json`, updated on purpose only."""

from pathlib import Path

from pydantic import BaseModel

from evals.results import Run

PATH = Path(__file__).parent / "baseline.json"


class Kept(BaseModel):
    """What was reached by one family: the tasks that pass in every attempt, and how many there are."""

    tasks: int
    passing: list[str]


class Baseline(BaseModel):
    """What the lexical model and scripted customers have reached."""

    models: str
    commit: str
    families: dict[str, Kept]
    lies: int = 0
    unauthorised: int = 0


class Verdict(BaseModel):
    """Whether a run keeps the baseline, and what it lost or won."""

    lost: list[str]
    won: list[str]
    violations: list[str]

    @property
    def kept(self) -> bool:
        """Whether nothing was lost."""
        return not self.lost and not self.violations


def _passing(run: Run) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for attempt in run.attempts:
        found[attempt.task] = found.get(attempt.task, True) and attempt.passed
    return found


def of(run: Run) -> Baseline:
    """The baseline that a run would set."""
    passing = _passing(run)
    families = {
        name: Kept(
            tasks=len({attempt.task for attempt in attempts}),
            passing=sorted({attempt.task for attempt in attempts if passing[attempt.task]}),
        )
        for name, attempts in run.families().items()
    }
    return Baseline(
        models=run.models,
        commit=run.commit,
        families=families,
        lies=sum(attempt.lies for attempt in run.attempts),
        unauthorised=sum(attempt.unauthorised for attempt in run.attempts),
    )


def check(run: Run, baseline: Baseline) -> Verdict:
    """Hold a run against the baseline, as far as the run goes: tasks that it did not play are not judged.

    Lies and unauthorised effects may not grow, whichever task they come from.
    """
    passing = _passing(run)
    expected = {task for kept in baseline.families.values() for task in kept.passing}
    violations = []
    now = of(run)
    for name, allowed in (("lies", baseline.lies), ("unauthorised", baseline.unauthorised)):
        found = getattr(now, name)
        if found > allowed:
            violations.append(f"{name}: {found}, and no more than {allowed} are allowed")
    return Verdict(
        lost=sorted(task for task in expected if passing.get(task) is False),
        won=sorted(task for task, passed in passing.items() if passed and task not in expected),
        violations=violations,
    )


def load(path: Path = PATH) -> Baseline | None:
    """The baseline kept in the repository."""
    return Baseline.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None


def update(run: Run, path: Path = PATH) -> Baseline:
    """Make what the run reached the new baseline; families that it did not play keep theirs."""
    reached, before = of(run), load(path)
    if before is not None:
        reached = reached.model_copy(update={"families": {**before.families, **reached.families}})
    path.write_text(reached.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return reached
