"""A run of the suite: installations are started, tasks are played in parallel and judged, and the figures kept."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

import httpx
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import EvaluationReason, Evaluator, EvaluatorContext
from pydantic_evals.reporting import EvaluationReport

from core import clock, db
from evals import faults, installation, results, world
from evals.conversation import PATIENCE, CustomerFactory, Played, play
from evals.customers.scripted import ScriptedCustomer
from evals.grading import Finding, FindingKind, first_wrong, grade
from evals.installation import Installation
from evals.results import Attempt, Fault, Run
from evals.tasks import Task

KINDS: tuple[FindingKind, ...] = ("end_state", "unauthorised", "lie", "unanswered", "stuck", "told")
SCRIPTED = "scripted"
OnDone = Callable[[Attempt], None]


@dataclass(frozen=True)
class Options:
    """What to run, and how."""

    tasks: Sequence[Task]
    models: str = "lexical"
    repeat: int = 1
    jobs: int = 4
    seed: int = 0
    customer: str = SCRIPTED
    environment: Mapping[str, str] | None = None
    running: Installation | None = None
    keep: bool = False
    patience: float = PATIENCE
    """Seconds that a customer waits for one answer: more than the installation gives a turn."""


@dataclass(repr=False)
class Without(Evaluator[Task, Attempt, None]):
    """Nothing of one kind is wrong."""

    kind: FindingKind

    def get_default_evaluation_name(self) -> str:
        """The name in reports."""
        return f"no_{self.kind}"

    def evaluate(self, ctx: EvaluatorContext[Task, Attempt, None]) -> EvaluationReason:
        """Whether the attempt is free of such findings, and which there are."""
        found = [finding.text for finding in ctx.output.findings if finding.kind == self.kind]
        return EvaluationReason(value=not found, reason="; ".join(found) or None)


def judged(played: Played, customer: str) -> Attempt:
    """The attempt that a played conversation comes to."""
    task, evidence = played.task, played.evidence
    shop = world.load(task.world)
    found = grade(task, shop, evidence)
    if played.stuck is not None:
        found = found.model_copy(update={"findings": [Finding(kind="stuck", text=played.stuck), *found.findings]})
    steps = [step for turn in evidence.turns for step in turn.steps]
    return Attempt(
        task=task.id,
        family=task.family,
        attempt=played.attempt,
        customer=customer,
        passed=found.passed,
        fault="none" if found.passed else "customer" if played.troubles else "agent",
        findings=found.findings,
        first_wrong=first_wrong(task, shop, evidence, found),
        troubles=played.troubles,
        seconds=played.seconds,
        waited=played.waited,
        rounds=played.rounds,
        turns=len(evidence.turns),
        requests=sum(turn.requests for turn in evidence.turns),
        tool_calls=sum(step.kind == "tool" for step in steps),
        input_tokens=sum(turn.input_tokens for turn in evidence.turns),
        output_tokens=sum(turn.output_tokens for turn in evidence.turns),
        cost_usd=sum((turn.cost_usd for turn in evidence.turns), start=results.NOTHING),
        models=sorted({turn.model for turn in evidence.turns if turn.model}),
        lies=found.count("lie"),
        unauthorised=found.count("unauthorised"),
        thread=evidence.thread,
        moves=evidence.moves,
        taken=evidence.turns,
        goal=task.goal,
    )


def failed_harness(task: Task, attempt: int, customer: str, message: str) -> Attempt:
    """The attempt of a task that could not be played at all."""
    return Attempt(
        task=task.id,
        family=task.family,
        attempt=attempt,
        customer=customer,
        passed=False,
        fault="harness",
        findings=[Finding(kind="stuck", text=message)],
        seconds=0.0,
        rounds=0,
        turns=0,
        requests=0,
        tool_calls=0,
        input_tokens=0,
        output_tokens=0,
        cost_usd=results.NOTHING,
        goal=task.goal,
    )


class Player:
    """Plays tasks against one installation, as pydantic-evals asks for them."""

    def __init__(self, options: Options, client: httpx.AsyncClient, make: CustomerFactory, on_done: OnDone) -> None:
        self._options = options
        self._client = client
        self._make = make
        self._on_done = on_done
        self._begun: Counter[str] = Counter()

    async def __call__(self, task: Task) -> Attempt:
        """Play the task once more and judge it."""
        self._begun[task.id] += 1
        number = self._begun[task.id]
        attempt = judged(await play(self._client, task, number, self._make, self._options.patience), self._options.customer)
        if attempt.fault == "agent" and self._options.customer != SCRIPTED:
            attempt = attempt.model_copy(update={"fault": await self._second_opinion(task, number)})
        self._on_done(attempt)
        return attempt

    async def _second_opinion(self, task: Task, number: int) -> Fault:
        """Whose fault a failure with a model's customer is: play it with the scripted one, and see who is alone."""
        scripted = make_scripted(self._options.seed)
        again = judged(await play(self._client, task, number, scripted, self._options.patience), SCRIPTED)
        return "disputed" if again.passed else "agent"

    async def all(self, tasks: Sequence[Task], jobs: int) -> None:
        """Play all tasks as often as the options say, at most `jobs` at a time; each attempt is told when it is done."""
        if not tasks:
            return
        dataset = Dataset[Task, Attempt, None](
            name="nexova",
            cases=[Case(name=task.id, inputs=task) for task in tasks],
            evaluators=[Without(kind) for kind in KINDS],
        )
        report = await dataset.evaluate(
            self, name="nexova", task_name="play", max_concurrency=jobs, progress=False, repeat=self._options.repeat
        )
        self._tell_failures(report)

    def _tell_failures(self, report: EvaluationReport[Task, Attempt, None]) -> None:
        for failure in report.failures:
            last = failure.error_stacktrace.strip().splitlines()[-3:]
            message = f"{failure.error_message} ({' | '.join(line.strip() for line in last)})"
            self._on_done(failed_harness(failure.inputs, 0, self._options.customer, message))


def make_scripted(seed: int) -> CustomerFactory:
    """Scripted customers whose slips depend on the seed."""

    def make(task: Task, attempt: int) -> ScriptedCustomer:
        return ScriptedCustomer(task, attempt, seed)

    return make


async def play_all(
    options: Options, place: Installation, tasks: Sequence[Task], make: CustomerFactory, on_done: OnDone
) -> None:
    """Play tasks against one installation: those that move its clock last and alone."""
    timeout = httpx.Timeout(30.0)
    db.connect(place.database_url, pool_size=max(4, options.jobs + 2))
    try:
        async with httpx.AsyncClient(base_url=place.base_url, timeout=timeout) as client:
            player = Player(options, client, make, on_done)
            await player.all([task for task in tasks if not task.moves_clock], options.jobs)
            await player.all([task for task in tasks if task.moves_clock], 1)
    finally:
        await db.disconnect()


def run(options: Options, make: CustomerFactory | None = None, on_done: OnDone = lambda _: None) -> Run:
    """Run the suite; call it from the main thread, as it starts servers.

    A run that is interrupted comes back with what was played until then, marked as not complete.
    """
    make = make or make_scripted(options.seed)
    started_at, started = clock.process_now(), time.monotonic()
    attempts: list[Attempt] = []

    def done(attempt: Attempt) -> None:
        attempts.append(attempt)
        on_done(attempt)

    complete = True
    try:
        ordinary = [task for task in options.tasks if task.fault is None]
        if ordinary:
            with _place(options) as place:
                asyncio.run(play_all(options, place, ordinary, make, done))
        faulty = [task for task in options.tasks if task.fault is not None]
        if faulty:
            faults.play_faults(options, faulty, make, done, play_all)
    except KeyboardInterrupt:
        complete = False
    return _report(options, attempts, started_at, time.monotonic() - started, complete=complete)


def _place(options: Options) -> AbstractContextManager[Installation]:
    if options.running is not None:
        return nullcontext(options.running)
    return installation.started(options.models, options.environment, keep=options.keep)


def _report(options: Options, attempts: list[Attempt], started_at: datetime, seconds: float, *, complete: bool) -> Run:
    commit, dirty = results.revision()
    hashes = {turn.prompt_hash for attempt in attempts for turn in attempt.taken if turn.prompt_hash}
    return Run(
        commit=commit,
        dirty=dirty,
        started_at=started_at,
        seconds=seconds,
        models=options.models,
        customer=options.customer,
        prompt_hashes=sorted(hashes),
        seed=options.seed,
        repeat=options.repeat,
        jobs=options.jobs,
        complete=complete,
        attempts=sorted(attempts, key=lambda attempt: (attempt.family, attempt.task, attempt.attempt)),
    )
