"""Rings whose jobs crashed are kept for thirty days, to be looked at and rung again, and then forgotten."""

from datetime import timedelta

import pytest
from dramatiq.common import current_millis

from app.queue.broker import DEAD_LETTERS_KEPT, NAMESPACE, RedisBells
from app.queue.jobs import JOBS, Ring
from core.clock import process_now

ALWAYS = 1_000_000
"""The chance, in a million, that a command of Dramatiq's also tidies up its queue."""


def crashed(broker: RedisBells, ring: Ring) -> str:
    """Let a job fail for an unforeseen reason; the id under which its ring is kept."""
    broker.ring([ring])
    consumer = broker.consume(ring.queue, prefetch=1)
    message = next(consumer)
    assert message is not None
    consumer.nack(message)
    broker.keep_reason(message)
    consumer.close()
    return str(message.options["redis_message_id"])


def died(broker: RedisBells, ring: Ring, dead_id: str, ago: timedelta) -> None:
    """Set back the time at which a ring died."""
    at = current_millis() - int(ago.total_seconds() * 1000)
    assert broker.client.zadd(f"{NAMESPACE}:{ring.queue}.XQ", {dead_id: at}, xx=True, ch=True) == 1


def tidy(broker: RedisBells, ring: Ring) -> None:
    """What a worker that looks for its next message does now and then: throw away what is too old."""
    broker.maintenance_chance = ALWAYS
    consumer = broker.consume(ring.queue, prefetch=1)
    assert next(consumer) is None
    consumer.close()


@pytest.mark.parametrize("job", JOBS)
def test_a_crashed_ring_is_kept_for_thirty_days_and_not_longer(broker: RedisBells, job: str) -> None:
    # Given two rings of a job that crashed, one a little less than thirty days ago, one a little more
    ring = Ring(job, {"workspace_id": "w", "event_id": "e"}, "trace-9")
    kept, forgotten = crashed(broker, ring), crashed(broker, ring)
    died(broker, ring, kept, timedelta(days=30) - timedelta(hours=1))
    died(broker, ring, forgotten, timedelta(days=30) + timedelta(hours=1))
    assert {dead.id for dead in broker.dead_rings()} == {kept, forgotten}

    # When the queue is tidied
    tidy(broker, ring)

    # Then only the younger is left, whole, and of the older nothing
    [dead] = broker.dead_rings()
    assert (dead.id, dead.ring) == (kept, ring)
    assert process_now() - dead.at < DEAD_LETTERS_KEPT
    assert broker.client.hkeys(f"{NAMESPACE}:{ring.queue}.XQ.msgs") == [kept.encode()]


def test_a_ring_that_is_rung_again_is_no_dead_letter_any_more_and_the_rest_stays(broker: RedisBells) -> None:
    ring = Ring("conversation.turn", {"workspace_id": "w", "conversation_id": "c"})
    first, second = crashed(broker, ring), crashed(broker, ring)

    broker.ring_dead_again(first)

    assert [dead.id for dead in broker.dead_rings()] == [second]
    assert broker.depths()[ring.queue] == 1
