"""What the emulator lacks of event sources: a `BatchSize` of more than the ten messages that one ReceiveMessage call can bring."""

from __future__ import annotations

from typing import Any

import inside


def install() -> None:
    """Put the correction around what event sources receive by."""
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
