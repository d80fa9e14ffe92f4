"""A tool has thirty seconds and a turn sixty, whatever hangs: what runs out of time is cancelled and undone, and told."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import pytest

from core.messages import text
from core.settings import Settings, get_settings
from tests.factories.customer import Customer, Query
from tools.context import ToolContext
from tools.definition import DEFINED
from tools.outcome import ToolOutcome

ORDER = "quiero 2 harina pan"
TOOL = "update_draft"


class LoopClock:
    """The clock of the running event loop, which a test sets forward; no timer of the loop waits in real time for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        real = loop.time
        self._ahead = 0.0
        monkeypatch.setattr(loop, "time", lambda: real() + self._ahead)

    async def goes_on(self, seconds: float) -> None:
        """Set it forward, and let every timer that has come due do its work."""
        self._ahead += seconds
        for _ in range(10):
            await asyncio.sleep(0)


class Hanging:
    """A tool that does what it should and then never comes back, until it is cancelled."""

    def __init__(self, real: Callable[..., Awaitable[ToolOutcome]]) -> None:
        self._real = real
        self.reached = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def __call__(self, context: ToolContext, **arguments: object) -> ToolOutcome:
        await self._real(context, **arguments)
        self.reached.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        raise AssertionError("nobody wakes it")


@pytest.fixture
async def loop_clock(monkeypatch: pytest.MonkeyPatch) -> LoopClock:
    """The clock of the test's event loop."""
    return LoopClock(monkeypatch)


@pytest.fixture
async def hanging(monkeypatch: pytest.MonkeyPatch) -> Hanging:
    """The tool that adds an item hangs, and gives itself an hour."""
    hangs = Hanging(DEFINED[TOOL]._function)
    monkeypatch.setitem(DEFINED, TOOL, replace(DEFINED[TOOL], _function=hangs, timeout=3600.0))
    return hangs


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A house whose tools may take ten minutes, so that only the turn's own time bounds them."""
    monkeypatch.setenv("TOOL_TIMEOUT_SECONDS", "600")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def test_the_limits_are_those_of_the_design() -> None:
    limits = Settings.model_fields
    assert limits["tool_timeout_seconds"].default == 30
    assert limits["turn_budget_seconds"].default == 60
    assert all(definition.timeout <= 30 for definition in DEFINED.values())


async def test_a_tool_is_cancelled_after_thirty_seconds_undone_and_told(
    customer: Customer, query: Query, loop_clock: LoopClock, hanging: Hanging
) -> None:
    # Given a tool that hangs after it has written to the order
    await customer.writes(ORDER)
    turn = asyncio.create_task(customer.is_answered())
    await hanging.reached.wait()

    # When not quite thirty seconds are over, it is left alone; and then it is cancelled
    await loop_clock.goes_on(29)
    assert not hanging.cancelled.is_set()
    await loop_clock.goes_on(1)
    assert hanging.cancelled.is_set()
    await turn

    # Then nothing of it stays, the journal knows why, and the customer hears that it was not done
    assert await query("SELECT count(*) FROM order_lines") == [(0,)]
    assert await query("SELECT outcome FROM journal_entries WHERE kind = 'tool'") == [("timeout",)]
    assert await query("SELECT status FROM turns") == [("finished",)]
    assert [message.text for message in await customer.reads()] == [text("turn.tool_failed", "es")]


async def test_a_turn_is_cancelled_after_sixty_seconds_even_inside_a_tool_and_can_be_repeated(
    customer: Customer, query: Query, loop_clock: LoopClock, hanging: Hanging, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a tool that hangs, in a house that would let it
    await customer.writes(ORDER)
    turn = asyncio.create_task(customer.is_answered())
    await hanging.reached.wait()

    # When the turn's time is over, and not before
    await loop_clock.goes_on(59)
    assert not hanging.cancelled.is_set()
    await loop_clock.goes_on(1)
    assert hanging.cancelled.is_set()
    await turn

    # Then nothing of it stays, the customer is asked to say it again, and the turn is over
    assert await query("SELECT count(*) FROM order_lines") == [(0,)]
    assert await query("SELECT status, outcome FROM turns") == [("finished", "out_of_time")]
    assert [message.text for message in await customer.reads()] == [text("turn.trouble", "es")]

    # And said again it works, once
    monkeypatch.undo()
    get_settings.cache_clear()
    await customer.says(ORDER)
    assert await query("SELECT sku, quantity::int FROM order_lines") == [("HAR-1", 2)]
