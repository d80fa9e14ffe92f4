"""The HTML report: one file that needs nothing else, with each failed conversation as it was."""

from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from pydantic import BaseModel

from evals.evidence import Line, StepTaken, TurnTaken
from evals.results import Attempt, Run
from evals.statistics import Interval


class TurnShown(BaseModel):
    """One turn of a conversation: what the customer wrote, what the runtime did, what it answered."""

    number: int | None
    heard: list[Line]
    said: list[Line]
    taken: TurnTaken | None
    is_wrong: bool
    complaints: list[str]

    @property
    def tools(self) -> list[StepTaken]:
        """The tool calls of the turn."""
        return [step for step in self.taken.steps if step.kind == "tool"] if self.taken else []


def turns_of(attempt: Attempt) -> list[TurnShown]:
    """The thread of an attempt, turn by turn; what nobody answered stands at its place with no number."""
    taken = {turn.number: turn for turn in attempt.taken}
    wrong = attempt.first_wrong.turn if attempt.first_wrong else None
    shown: list[TurnShown] = []
    for number, group in groupby(attempt.thread, key=lambda line: line.turn):
        lines = list(group)
        heard = [line for line in lines if line.direction == "in"]
        said = [line for line in lines if line.direction == "out"]
        complaints = [finding.text for finding in attempt.findings if finding.turn is not None and finding.turn == number]
        if shown and number is not None and shown[-1].number == number:
            shown[-1].heard.extend(heard)
            shown[-1].said.extend(said)
            continue
        shown.append(
            TurnShown(
                number=number,
                heard=heard,
                said=said,
                taken=taken.get(number) if number is not None else None,
                is_wrong=number is not None and number == wrong,
                complaints=complaints,
            )
        )
    return shown


def state_path(attempt: Attempt) -> list[str]:
    """The states through which the session went."""
    if not attempt.moves:
        return [attempt.taken[0].state] if attempt.taken else []
    return [attempt.moves[0].before, *(move.after for move in attempt.moves)]


def _percent(value: float) -> str:
    return f"{value * 100:.0f} %"


def _interval(interval: Interval) -> str:
    return f"{interval.value * 100:.0f} % ({interval.low * 100:.0f}–{interval.high * 100:.0f})"


def render(run: Run) -> str:
    """The page of a run."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=_percent, interval=_interval, turns=turns_of, states=state_path)
    figures = run.figures()
    failed = [attempt for attempt in run.attempts if not attempt.passed]
    return environment.get_template("page.html.jinja2").render(
        run=run,
        total=figures.pop("all"),
        families=figures,
        failed=failed,
        passed=[attempt for attempt in run.attempts if attempt.passed],
    )


def write(run: Run, path: Path) -> None:
    """Write the page of a run to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(run), encoding="utf-8")
