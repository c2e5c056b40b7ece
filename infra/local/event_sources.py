"""Adds what the emulator lacks of event sources: a `BatchSize` above the ten messages of one ReceiveMessage call."""

from __future__ import annotations

from typing import Any

import inside


def install() -> None:
    """Wrap the function with which event sources receive."""
    inside.RECEIVE.wrap(_receive)


def _receive(at_most_ten: Any) -> Any:
    def receive(queue_url: str, wanted: int) -> list[Any]:
        taken: list[Any] = []
        while len(taken) < wanted:
            more = at_most_ten(queue_url, wanted - len(taken))
            if not more:
                break
            taken += more
        return taken

    return receive
