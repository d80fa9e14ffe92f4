"""Consumers wait for a ring instead of asking again and again; each wait must end when there is something to do."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from dramatiq.broker import Consumer, MessageProxy

from app.queue import broker as bells
from app.queue.broker import RedisBells
from app.queue.jobs import Ring

QUEUE = "inbound-ingest"
PATIENCE = 30


def ring() -> Ring:
    """A ring for a job of the queue."""
    return Ring("inbound.ingest", {"workspace_id": str(uuid4()), "event_id": str(uuid4())}, None)


def next_message(consumer: Consumer) -> MessageProxy:
    """The next message, however often the consumer comes back without one."""
    while (message := next(consumer)) is None:
        pass
    return message


@pytest.fixture(autouse=True)
def _deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a ring that is heard, a consumer would wait for an hour."""
    monkeypatch.setattr(bells, "DEAF_SECONDS", 3600)


def test_a_ring_ends_the_wait_of_a_consumer(broker: RedisBells) -> None:
    broker.declare_queue(QUEUE)
    consumer = broker.consume(QUEUE, prefetch=4)
    rings = [ring() for _ in range(20)]

    with ThreadPoolExecutor(1) as pool:
        for each in rings:
            # Given a consumer that looks or already waits, when the bell rings, then it has the message
            waiting = pool.submit(next_message, consumer)
            broker.ring([each])
            message = waiting.result(PATIENCE)
            assert message.kwargs == each.arguments
            consumer.ack(message)


def test_a_consumer_that_has_all_it_may_have_goes_on_when_one_is_done(broker: RedisBells) -> None:
    broker.declare_queue(QUEUE)
    consumer = broker.consume(QUEUE, prefetch=1)
    broker.ring([ring(), ring()])
    first = next_message(consumer)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next_message, consumer)
        consumer.ack(first)

        assert waiting.result(PATIENCE).message_id != first.message_id
