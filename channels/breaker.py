"""Leaves a line alone for a while after it failed several times in a row, so that no work piles up in front of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Breaker:
    """Opens after `failures` failures in a row; after `rest_seconds` one try goes through, and decides.

    Each process has its own: it only spares the line and ourselves, nothing rests on it.
    """

    failures: int = 5
    rest_seconds: float = 15.0
    clock: Callable[[], float] = time.monotonic
    _in_a_row: int = field(default=0, init=False)
    _closed_again_at: float = field(default=0.0, init=False)

    def wait(self) -> float:
        """For how many seconds the line is still left alone; 0 when a try may go now, as the probe."""
        if self._in_a_row < self.failures:
            return 0.0
        left = self._closed_again_at - self.clock()
        if left > 0:
            return left
        self._closed_again_at = self.clock() + self.rest_seconds
        return 0.0

    def record(self, *, alive: bool) -> None:
        """Note whether the line answered."""
        self._in_a_row = 0 if alive else self._in_a_row + 1
        if self._in_a_row >= self.failures:
            self._closed_again_at = self.clock() + self.rest_seconds
