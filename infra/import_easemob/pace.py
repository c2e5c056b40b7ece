"""Keeps calls below their rate limits."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from .clock import Clock


class Pace:
    """Spreads calls evenly over a second, for each rate separately and for all threads together."""

    def __init__(self, rates: Mapping[str, float], share: float, clock: Clock) -> None:
        self._seconds = {name: 1 / (rate * share) for name, rate in rates.items()}
        self._free_at = dict.fromkeys(rates, clock.now())
        self._clock, self._lock = clock, Lock()

    def wait(self, rate: str) -> None:
        """Wait for the next free slot and take it."""
        with self._lock:
            now = self._clock.now()
            place = max(now, self._free_at[rate])
            self._free_at[rate] = place + self._seconds[rate]
        if place > now:
            self._clock.sleep(place - now)

    def pause(self, rate: str, seconds: float) -> None:
        """Give out no slot for so long, because the server asked for it."""
        with self._lock:
            self._free_at[rate] = max(self._free_at[rate], self._clock.now() + seconds)
