"""The queues of a stack, each with its dead-letter queue."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deployed import CommandError

_DEAD_LETTERS = "DeadLetterQueue"


class UnknownQueue(CommandError):
    """The stack has no such queue."""


@dataclass(frozen=True)
class Queue:
    """A queue by its short name, such as `push-fcm`, with the URLs of itself and of its dead-letter queue."""

    name: str
    url: str
    dead_letters: str


def pairs(urls: dict[str, str]) -> list[Queue]:
    """Return the queues that have a dead-letter queue, from URLs by logical id, in the order of their names."""
    named = {id.removesuffix(_DEAD_LETTERS): url for id, url in urls.items() if id.endswith(_DEAD_LETTERS)}
    found = [Queue(_short(id), urls[f"{id}Queue"], url) for id, url in named.items() if f"{id}Queue" in urls]
    return sorted(found, key=lambda queue: queue.name)


def chosen(queues: list[Queue], name: str | None) -> list[Queue]:
    """Return the queue of this name, or all of them. SQS' names, also that of the dead-letter queue, say the same."""
    if not name:
        return queues
    asked = name.removesuffix("-dead-letter")
    for queue in queues:
        # SQS' name is the stack's name and the short one.
        if asked in (queue.name, queue.url.rsplit("/", 1)[-1]):
            return [queue]
    raise UnknownQueue(f"there is no queue {name}; there are {', '.join(queue.name for queue in queues)}")


def _short(id: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", id).lower()
