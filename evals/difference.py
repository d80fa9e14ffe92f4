"""What changed between two runs: figures by family, and each task that passes or fails now and did not before."""

from collections import defaultdict
from decimal import Decimal

from pydantic import BaseModel

from evals.results import Attempt, Figures, Run


class Shift(BaseModel):
    """A family's figures before and after."""

    family: str
    before: float | None
    after: float | None
    overlaps: bool
    lies: int
    unauthorised: int
    seconds: float
    cost_usd: Decimal

    @property
    def change(self) -> float | None:
        """How much pass^1 moved."""
        return None if self.before is None or self.after is None else self.after - self.before


class Flip(BaseModel):
    """A task whose share of passes changed."""

    task: str
    family: str
    before: float
    after: float
    reason: str


class Difference(BaseModel):
    """Two runs side by side; the later one is `after`."""

    before: str
    after: str
    shifts: list[Shift]
    broken: list[Flip]
    repaired: list[Flip]
    only_before: list[str]
    only_after: list[str]


def _label(run: Run) -> str:
    return f"{run.commit[:10]}{'+' if run.dirty else ''} {run.models} ({run.started_at:%Y-%m-%d %H:%M})"


def _by_task(run: Run) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in run.attempts:
        if attempt.fault != "harness":
            found[attempt.task].append(attempt)
    return found


def _share(attempts: list[Attempt]) -> float:
    return sum(attempt.passed for attempt in attempts) / len(attempts)


def compare(before: Run, after: Run) -> Difference:
    """Compare two runs; tasks that only one of them has are named and not counted."""
    old, new = _by_task(before), _by_task(after)
    shared = sorted(set(old) & set(new))
    flips = [
        Flip(
            task=name,
            family=new[name][0].family,
            before=_share(old[name]),
            after=_share(new[name]),
            reason=_reason(new[name] if _share(new[name]) < _share(old[name]) else old[name]),
        )
        for name in shared
        if _share(old[name]) != _share(new[name])
    ]
    return Difference(
        before=_label(before),
        after=_label(after),
        shifts=_shifts(before, after, set(shared)),
        broken=[flip for flip in flips if flip.after < flip.before],
        repaired=[flip for flip in flips if flip.after > flip.before],
        only_before=sorted(set(old) - set(new)),
        only_after=sorted(set(new) - set(old)),
    )


def _reason(attempts: list[Attempt]) -> str:
    failed = next(attempt for attempt in attempts if not attempt.passed)
    return failed.findings[0].text if failed.findings else ""


def _shifts(before: Run, after: Run, shared: set[str]) -> list[Shift]:
    def of(run: Run) -> dict[str, Figures]:
        kept = run.model_copy(update={"attempts": [attempt for attempt in run.attempts if attempt.task in shared]})
        return kept.figures()

    old, new = of(before), of(after)
    return [_shift(name, old.get(name), new.get(name)) for name in sorted({*old, *new}, key=lambda name: (name != "all", name))]


def _shift(name: str, old: Figures | None, new: Figures | None) -> Shift:
    first, second = (old.passes.get(1) if old else None), (new.passes.get(1) if new else None)
    return Shift(
        family=name,
        before=first.value if first else None,
        after=second.value if second else None,
        overlaps=first is None or second is None or (first.low <= second.high and second.low <= first.high),
        lies=(new.lies if new else 0) - (old.lies if old else 0),
        unauthorised=(new.unauthorised if new else 0) - (old.unauthorised if old else 0),
        seconds=(new.seconds_p50 if new else 0.0) - (old.seconds_p50 if old else 0.0),
        cost_usd=(new.cost_usd if new else Decimal(0)) - (old.cost_usd if old else Decimal(0)),
    )
