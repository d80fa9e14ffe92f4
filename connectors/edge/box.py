"""The box at work: readings come in, windows are made of them, and batches go out for as long as the house answers.

The house has a batch when it has said so. Until then it is sent again, and there each reading is stored once. A batch that the
house refuses is sent in halves, and what it refuses alone is set aside: it keeps nothing else waiting.
"""

import json
import random
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import httpx

from connectors.edge import features
from connectors.edge.buffer import Buffer, Kept, Queue
from connectors.edge.judging import Judge
from core import observability
from core.errors import CannotRun

BATCH: Final = 1_000
WINDOW_SECONDS: Final = 60
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0

_PATHS: Final[Mapping[Queue, str]] = {"windows": "features", "readings": "raw"}
_TOO_LARGE: Final = 413
_MAY_BE_REFUSED: Final = (400, 422)
"""Refusals of a body, if the house itself says so: what stands in between answers like this for other reasons."""

log = observability.log(__name__)


class KeyRefused(CannotRun):
    """The house does not know the key, or it may not send readings."""


@dataclass(slots=True)
class _Window:
    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


class Box:
    """One box with its buffer and its line to the house."""

    def __init__(self, buffer: Buffer, http: httpx.AsyncClient, url: str, key: str) -> None:
        self._buffer = buffer
        self._http = http
        self._url = url.rstrip("/")
        self._headers = {"authorization": f"Bearer {key}", "content-encoding": "gzip", "content-type": "application/json"}
        self._windows: dict[tuple[str, str, int], _Window] = defaultdict(_Window)
        self._first: dict[tuple[str, str], int] = {}
        self.judge: Judge | None = None
        """Judges machines by the windows that are over, once the house has told by what."""
        self.pause = 0.0
        """Seconds until it is worth while to send again."""

    def take(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Take moments of machines: `{"machine", "at", "values"}`, milliseconds since 1970."""
        rows: list[tuple[str, str, int, float, str | None]] = []
        for item in items:
            machine, at = str(item["machine"]), int(item["at"])
            for sensor, value in item["values"].items():
                rows.append((machine, str(sensor), at, float(value), None))
                start = at // (WINDOW_SECONDS * 1000) * WINDOW_SECONDS * 1000
                self._first.setdefault((machine, str(sensor)), at)
                window = self._windows[machine, str(sensor), start]
                window.times.append(at / 1000)
                window.values.append(float(value))
        dropped = self._buffer.add(rows)
        if rows:
            dropped += self._close_windows(max(row[2] for row in rows))
        if dropped:
            log.warning("edge.dropped", count=dropped)

    def _close_windows(self, now: int) -> int:
        """Keep the features of windows that are over; of one that had begun before we did, a part is not known.

        How much had to go for them.
        """
        dropped = 0
        over = [key for key in self._windows if key[2] + WINDOW_SECONDS * 1000 <= now]
        for key in over:
            window = self._windows.pop(key)
            machine, sensor, start = key
            if start < self._first[machine, sensor]:
                continue
            made = features.of_window(window.times, window.values)
            dropped += self._buffer.add_window(machine, sensor, start, WINDOW_SECONDS, made)
            if self.judge is not None:
                self.judge.hear(machine, sensor, start, made)
        if over and self.judge is not None:
            for verdict in self.judge.judge(now):
                log.warning("edge.machine", **asdict(verdict))
        return dropped

    async def send(self) -> int:
        """Send one batch of windows and one of readings; how many the house has now. Raises KeyRefused.

        Without an answer, or with one that the house is busy, the pause grows, and nothing is let go.
        """
        sent = 0
        for kept in filter(None, (self._buffer.windows(BATCH), self._buffer.readings(BATCH))):
            sent += await self._deliver(kept)
            if self.pause:
                break
        return sent

    async def _deliver(self, kept: Sequence[Kept]) -> int:
        """Send a batch, in halves where it is refused, until it is to be waited; how many the house has now."""
        answer = await self._posted(kept)
        if answer is None:
            return 0
        if answer.status_code == 200:
            self._buffer.forget(kept)
            return len(kept)
        if len(kept) == 1:
            self._buffer.set_aside(kept[0], f"http {answer.status_code}: {answer.text[:500]}")
            log.warning("edge.set_aside", status=answer.status_code, queue=kept[0].queue)
            return 0
        middle = len(kept) // 2
        sent = await self._deliver(kept[:middle])
        return sent if self.pause else sent + await self._deliver(kept[middle:])

    async def _posted(self, kept: Sequence[Kept]) -> httpx.Response | None:
        """The answer to a batch, that it was taken or refused as it is; None where there is none yet. Raises KeyRefused."""
        body = zlib.compress(json.dumps([each.item for each in kept]).encode(), wbits=31)
        path = _PATHS[kept[0].queue]
        try:
            answer = await self._http.post(f"{self._url}/api/v1/ingest/{path}", content=body, headers=self._headers)
        except httpx.HTTPError as error:
            self._wait(type(error).__name__)
            return None
        if answer.status_code in (401, 403):
            raise KeyRefused("the house does not take readings with this key.")
        is_houses = answer.headers.get("content-type", "").startswith("application/problem+json")
        if answer.status_code in (200, _TOO_LARGE) or (answer.status_code in _MAY_BE_REFUSED and is_houses):
            self.pause = 0.0
            return answer
        asked = answer.headers.get("retry-after", "")  # a date is not read
        self._wait(
            f"http {answer.status_code}", float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 0.0
        )
        return None

    def _wait(self, reason: str, at_least: float = 0.0) -> None:
        grown = min(max(self.pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self.pause = max(grown * random.uniform(0.7, 1.3), at_least)
        log.info("edge.waits", reason=reason, seconds=round(self.pause, 1))
