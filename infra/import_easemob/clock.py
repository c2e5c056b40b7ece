"""The time, as a value that tests replace."""

from __future__ import annotations

import time
from threading import Event

from .errors import Stopped


class Clock:
    """The machine's clock. Its sleepers can be woken."""

    def __init__(self) -> None:
        self._stopped = Event()

    def now(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def millis(self) -> int:
        """Return Unix time in milliseconds."""
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        """Wait, unless the run ends."""
        if self._stopped.wait(seconds):
            raise Stopped("interrupted")

    def stop(self) -> None:
        """Wake all sleeping threads."""
        self._stopped.set()
