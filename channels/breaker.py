"""Leaves a line alone for a while after it failed several times in a row, so that no work piles up in front of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

FIRST_REST: Final = 1.0
LONGEST_REST: Final = 15.0
PROBE_SECONDS: Final = 1.0
"""How long the others wait for what becomes of a probe."""


@dataclass(slots=True)
class Breaker:
    """Opens after `failures` failures in a row; after a rest one try goes through, and decides.

    Each rest is twice as long as the one before, until the line answers. Each process has its own breaker: it only spares
    the line and ourselves, nothing rests on it.
    """

    failures: int = 5
    clock: Callable[[], float] = time.monotonic
    _in_a_row: int = field(default=0, init=False)
    _rest: float = field(default=FIRST_REST, init=False)
    _is_probing: bool = field(default=False, init=False)
    _closed_again_at: float = field(default=0.0, init=False)

    def wait(self) -> float:
        """For how many seconds the line is still left alone; 0 when a try may go now, as the probe."""
        if self._in_a_row < self.failures:
            return 0.0
        left = self._closed_again_at - self.clock()
        if left > 0:
            return left
        self._is_probing = True
        self._closed_again_at = self.clock() + PROBE_SECONDS
        return 0.0

    def record(self, *, alive: bool) -> None:
        """Note whether the line answered. Calls that fail together open the breaker once."""
        if alive:
            self._in_a_row, self._rest, self._is_probing = 0, FIRST_REST, False
            return
        self._in_a_row += 1
        if self._in_a_row == self.failures or self._is_probing:
            self._closed_again_at = self.clock() + self._rest
            self._rest, self._is_probing = min(2 * self._rest, LONGEST_REST), False
