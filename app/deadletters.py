"""Dead letters: rings whose job failed for an unforeseen reason, kept by the broker, listed and rung again by people."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import dramatiq
from pydantic import BaseModel, ConfigDict

from app.broker import NAMESPACE, RedisBells
from app.queues import QUEUES, Ring


class DeadLetter(BaseModel):
    """One ring that failed."""

    model_config = ConfigDict(frozen=True)

    id: str
    queue: str
    job: str
    arguments: dict[str, Any]
    correlation_id: str | None
    died_at: datetime


def _read(queue: str, encoded: bytes, died_at: float) -> DeadLetter:
    message: dramatiq.Message[None] = dramatiq.Message.decode(encoded)
    return DeadLetter(
        id=message.message_id,
        queue=queue,
        job=message.actor_name,
        arguments=message.kwargs,
        correlation_id=message.options.get("correlation_id"),
        died_at=datetime.fromtimestamp(died_at / 1000, UTC),
    )


def _of_queue(broker: RedisBells, queue: str) -> Iterator[tuple[str, DeadLetter]]:
    letters = f"{NAMESPACE}:{queue}.XQ"
    # The client's types allow for settings that this one does not have: it answers with bytes.
    ids = cast("list[tuple[bytes, float]]", broker.client.zrange(letters, 0, -1, withscores=True))
    for key, died_at in ids:
        encoded = cast("bytes | None", broker.client.hget(f"{letters}.msgs", key.decode()))
        if encoded is not None:
            yield key.decode(), _read(queue, encoded, died_at)


def dead_letters(broker: RedisBells) -> list[DeadLetter]:
    """All dead letters, the newest first."""
    found = [letter for queue in QUEUES for _, letter in _of_queue(broker, queue)]
    return sorted(found, key=lambda letter: letter.died_at, reverse=True)


def retry(broker: RedisBells, letter_id: str | None) -> int:
    """Ring again for one dead letter, or for all of them; how many there were.

    It is rung before it is forgotten: when this dies in between the bell rings twice, which every job bears.
    """
    rung = 0
    for queue in QUEUES:
        for key, letter in list(_of_queue(broker, queue)):
            if letter_id in (None, letter.id):
                arguments = {name: str(value) for name, value in letter.arguments.items()}
                broker.ring([Ring(letter.job, arguments, letter.correlation_id)])
                broker.client.zrem(f"{NAMESPACE}:{queue}.XQ", key)
                broker.client.hdel(f"{NAMESPACE}:{queue}.XQ.msgs", key)
                rung += 1
    return rung
