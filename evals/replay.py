"""Playing a captured conversation again: with the answers it had, bit for bit, or with another prompt or model."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import httpx
from pydantic import BaseModel, Field

from core import db
from evals import captures, installation
from evals.captures import Capture, Effects
from evals.conversation import play_in
from evals.customers.base import Customer
from evals.evidence import Evidence
from evals.installation import Installation
from evals.phone import Bubble
from evals.tasks import Step, Task
from sandbox.anthropic import answers
from sandbox.anthropic.server import AnthropicServer

AS_CAPTURED = "captured"
"""The model that gives the captured answers."""

_CHAIN = "anthropic:claude-as-captured"


class Replayed(BaseModel):
    """What came of a replay."""

    name: str
    models: str
    effects: Effects
    before: Effects
    differences: list[str]
    replies: list[str] = Field(default_factory=list, description="Where replies or calls differ from the captured ones.")
    prompts_changed: bool = False
    stuck: str | None = None

    @property
    def is_same(self) -> bool:
        """Whether the effects are those of the captured conversation."""
        return not self.differences and self.stuck is None

    @property
    def is_identical(self) -> bool:
        """Whether the replies and calls are the captured ones too."""
        return self.is_same and not self.replies


class Timeline(Customer):
    """The customer of a capture: does what was done, in that order, whatever the shop says now."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = list(steps)
        self._troubles: list[str] = []

    @property
    def troubles(self) -> list[str]:
        """A timeline plays no part, so it cannot play it badly."""
        return self._troubles

    async def respond(self, fresh: Sequence[Bubble]) -> list[Step]:
        """The next step, and those that did not wait."""
        taken: list[Step] = []
        while self._steps:
            taken.append(self._steps.pop(0))
            if taken[-1].waits:
                break
        return taken


class CapturedAnswers:
    """The captured answers of the model, turn by turn, as the provider's stand-in gives them.

    A turn may ask for fewer answers than were captured: after a summary nobody but `lexical` is asked for words. A
    confirmation token is another one at each replay, so the captured one is exchanged for the one in the request.
    """

    def __init__(self, capture: Capture) -> None:
        self._turns = [list(turn.answers) for turn in capture.turns]
        self._left: list[dict[str, Any]] = []

    def __call__(self, body: dict[str, Any]) -> answers.Answer:
        """The next answer of the turn that the request belongs to."""
        if _begins_turn(body):
            self._left = self._turns.pop(0) if self._turns else []
        if not self._left:
            return answers.says("…")
        parts = self._left.pop(0)["parts"]
        words = "\n".join(part["content"] for part in parts if part.get("part_kind") == "text")
        calls = [(part["tool_name"], self._arguments(part, body)) for part in parts if part.get("part_kind") == "tool-call"]
        return answers.calls(*calls, text=words) if calls else answers.says(words or "…")

    def _arguments(self, part: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        arguments = part.get("args") or {}
        if isinstance(arguments, str):
            arguments = json.loads(arguments)
        if "token" in arguments and (token := _token_in(body)) is not None:
            arguments = {**arguments, "token": token}
        return dict(arguments)


def _begins_turn(body: dict[str, Any]) -> bool:
    """Whether the last message is a turn's prompt, which holds its brief, and not what tools returned."""
    return "<brief>" in json.dumps(body["messages"][-1])


def _token_in(body: dict[str, Any]) -> str | None:
    """The confirmation token that the request's brief tells."""
    return next(iter(_find(body["messages"], "confirmation_token")), None)


def _find(value: Any, name: str) -> list[str]:
    if isinstance(value, str):
        marker = f'"{name}":"'
        at = value.rfind(marker)
        return [value[at + len(marker) :].split('"', 1)[0]] if at >= 0 else []
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for item in reversed(list(items)) for found in _find(item, name)]


def _task(capture: Capture) -> Task:
    """The capture as a task without an end state of its own: its effects are compared instead."""
    # The world is in the capture, not among the suite's files, so the check against those is left out.
    return Task.model_construct(
        id=capture.name,
        world=capture.name,
        language="es-VE",
        goal="A conversation that happened.",
        script=tuple(capture.steps),
        phone=capture.phone,
        customer=None,
        family="captured",
        most_rounds=len(capture.steps) + 1,
    )


async def _play(capture: Capture, place: Installation) -> tuple[Evidence, str | None]:
    db.connect(place.database_url, pool_size=4)
    try:
        async with httpx.AsyncClient(base_url=place.base_url, timeout=30.0) as client:
            played = await play_in(client, capture.world, _task(capture), 1, lambda *_: Timeline(capture.steps))
            return played.evidence, played.stuck
    finally:
        await db.disconnect()


def _compare(capture: Capture, models: str, evidence: Evidence, stuck: str | None) -> Replayed:
    effects = captures.effects_of(evidence)
    hashes = {turn.prompt_hash for turn in evidence.turns if turn.prompt_hash}
    return Replayed(
        name=capture.name,
        models=models,
        effects=effects,
        before=capture.effects,
        differences=captures.differences(capture.effects, effects),
        replies=_reply_differences(capture, evidence),
        prompts_changed=hashes != {turn.prompt_hash for turn in capture.turns if turn.prompt_hash},
        stuck=stuck,
    )


def _reply_differences(capture: Capture, evidence: Evidence) -> list[str]:
    """Turn by turn, the calls with their results and how many messages went out.

    Texts hold times and numbers that are others today, so they are compared with their digits left out.
    """
    found = []
    if len(evidence.turns) != len(capture.turns):
        found.append(f"{len(evidence.turns)} turns instead of {len(capture.turns)}")
    for before, after in zip(capture.turns, evidence.turns, strict=False):
        calls = [(step.name, step.code) for step in after.steps if step.kind == "tool"]
        if calls != before.calls:
            found.append(f"turn {after.number}: calls {_calls(calls)} instead of {_calls(before.calls)}")
        said = [line.text or "" for line in evidence.thread if line.direction == "out" and line.turn == after.number]
        if list(map(_bare, said)) != list(map(_bare, before.replies)):
            found.append(f"turn {after.number}: says {said!r} instead of {before.replies!r}")
    return found


def _calls(calls: Sequence[tuple[str, str | None]]) -> str:
    return ", ".join(f"{name}={code}" for name, code in calls) or "none"


def _bare(text: str) -> str:
    return "".join(char for char in text if not char.isdigit())


def replay(capture: Capture, models: str = AS_CAPTURED) -> Replayed:
    """Play a capture again in an installation of its own; call it from the main thread."""
    return replay_all([capture], models)[0]


def replay_all(
    found: Sequence[Capture], models: str = AS_CAPTURED, on_done: Callable[[Replayed], None] = lambda _: None
) -> list[Replayed]:
    """Play captures again, one after the other. Nothing of it reaches the shop that they come from."""
    done: list[Replayed] = []
    with ExitStack() as stack:
        server: AnthropicServer | None = None
        environment: dict[str, str] = {}
        if models == AS_CAPTURED:
            server = stack.enter_context(AnthropicServer())
            environment = {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "as-captured"}
        chain = _CHAIN if server is not None else models
        place = stack.enter_context(installation.started(chain, environment))
        for capture in found:
            if server is not None:
                server.always(CapturedAnswers(capture))
            evidence, stuck = asyncio.run(_play(capture, place))
            done.append(_compare(capture, models, evidence, stuck))
            on_done(done[-1])
    return done
