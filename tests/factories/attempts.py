"""Runs made by hand, for tests of figures, comparison, baseline and the page."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from evals.grading import Finding
from evals.results import Attempt, Run
from tests.factories.evidence import call, says, turn


def attempt(task: str, *, passed: bool = True, family: str = "order_simple", number: int = 1, **values: Any) -> Attempt:
    """One attempt, passed or failed for a reason."""
    fields: dict[str, Any] = {
        "customer": "scripted",
        "fault": "none" if passed else "agent",
        "findings": [] if passed else [Finding(kind="end_state", text="there is no order with 2 HARPAN")],
        "first_wrong": None if passed else Finding(kind="end_state", turn=1, text="the turn ended as not_understood"),
        "seconds": 2.0,
        "waited": [0.5, 0.7],
        "rounds": 2,
        "turns": 1,
        "requests": 2,
        "tool_calls": 1,
        "input_tokens": 100,
        "output_tokens": 10,
        "cost_usd": Decimal("0.001"),
        "models": ["lexical"],
        "thread": [says("hola <script>alert(1)</script>", direction="in"), says("¡Hola!")],
        "taken": [turn(call("list_products"))],
        "goal": "Buy flour.",
    }
    return Attempt(task=task, family=family, attempt=number, passed=passed, **(fields | values))


def run(*attempts: Attempt, **values: Any) -> Run:
    """A run of some attempts."""
    fields: dict[str, Any] = {
        "commit": "0123456789abcdef",
        "dirty": False,
        "started_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "seconds": 10.0,
        "models": "lexical",
        "customer": "scripted",
        "prompt_hashes": ["abcdef0123"],
        "seed": 0,
        "repeat": max((item.attempt for item in attempts), default=1),
        "jobs": 1,
        "attempts": list(attempts),
    }
    return Run(**(fields | values))
