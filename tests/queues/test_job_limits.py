"""How long a job may run: a turn never less than the settings give it, as it would be cut off while its model answers."""

import pytest
from dramatiq.middleware import Retries, TimeLimit

from app.queue.broker import open_broker
from app.queue.jobs import JOBS
from app.queue.worker import declare_jobs
from core.settings import get_settings


@pytest.mark.parametrize(("budget", "limit"), [(10, 120), (60, 180), (400, 1200)])
def test_a_turn_may_use_its_whole_budget_as_often_as_it_is_thought(
    monkeypatch: pytest.MonkeyPatch, budget: int, limit: int
) -> None:
    # Given a shop that gives its model so much time
    monkeypatch.setenv("TURN_BUDGET_SECONDS", str(budget))
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")  # no job is rung here
    get_settings.cache_clear()
    # When a worker declares its jobs
    broker = open_broker(get_settings(), [Retries(max_retries=0), TimeLimit()], lambda: True)
    declare_jobs(broker)
    # Then no turn is cut off within it, and the other jobs have their own limits
    for name, job in JOBS.items():
        allowed = limit if name == "conversation.turn" else job.time_limit_seconds
        assert broker.get_actor(name).options["time_limit"] == allowed * 1000
        assert job.time_limit() == allowed
    monkeypatch.undo()
    get_settings.cache_clear()
