"""Keeps a run below its rate."""

from __future__ import annotations

from import_easemob.clock import Clock


class Pace:
    """Keeps the records of a second below a limit."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate, self._clock = rate, clock
        self._free_at = clock.now()

    def wait(self) -> None:
        """Wait until the records so far are paid."""
        left = self._free_at - self._clock.now()
        if left > 0:
            self._clock.sleep(left)

    def used(self, records: int) -> None:
        """Count records that were moved."""
        self._free_at = max(self._free_at, self._clock.now()) + records / self._rate
