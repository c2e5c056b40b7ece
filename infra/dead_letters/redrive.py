"""Moves records from a dead-letter queue back to their queue. It uses no redrive of SQS, which the regions of China lack.

A record is sent first and deleted after, so an interruption at any point loses none. It may repeat up to ten: they are
on both queues then, and the next run moves them again. Every record that is moved has the attribute `redriven`, which
makes its function treat it as a repeat. `kinds.py` says of each kind why a repeat does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from import_easemob.clock import Clock

from .pace import Pace
from .queues import Queue
from .reader import Reader
from .record import DeadLetter

# Maximum bytes of a batch, as the functions write it: see shared/src/aws/sqs.rs.
_BATCH_BYTES = 240 * 1024
_PROGRESS_SECONDS = 5
# Tries of entries that SQS refuses, and of deletions.
_TRIES = 3


@dataclass
class Moved:
    """What became of the records."""

    moved: int = 0
    # Sent, and still on the dead-letter queue: they will be moved once more.
    twice: int = 0
    # Not sent, because SQS refused them.
    refused: int = 0
    # Left on the dead-letter queue: for their reason, or beyond the limit.
    left: int = 0

    def __str__(self) -> str:
        told = [f"{self.moved} records moved back"]
        told += [f"{self.twice} sent but not removed: the next run sends them again"] if self.twice else []
        told += [f"{self.refused} refused by SQS"] if self.refused else []
        told += [f"{self.left} left"] if self.left else []
        return ", ".join(told)


class Redrive:
    """A run over one dead-letter queue."""

    def __init__(self, sqs: Any, queue: Queue, rate: float, clock: Clock, say: Callable[[str], None]) -> None:
        self._sqs, self._queue, self._clock, self._say = sqs, queue, clock, say
        self._pace = Pace(rate, clock)
        # A slow run takes no more records than it moves in a second, so that it hides few.
        self._size = max(1, min(10, int(rate)))
        self.moved = Moved()

    def run(self, wanted: Callable[[DeadLetter], bool], limit: int | None) -> Moved:
        """Move the wanted records, at most so many."""
        reader, told = Reader(self._sqs, self._queue), self._clock.now()
        try:
            for batch in reader.batches(self._size):
                chosen = [record for record in batch if wanted(record)]
                if limit is not None:
                    chosen = chosen[: limit - self.moved.moved]
                self.moved.left += len(batch) - len(chosen)
                for part in _by_size(chosen):
                    self._move(part, reader)
                if limit is not None and self.moved.moved >= limit:
                    break
                if self._clock.now() - told >= _PROGRESS_SECONDS:
                    told = self._clock.now()
                    self._say(f"{self.moved} of about {reader.told}")
                self._pace.wait()
        finally:
            reader.release()
        return self.moved

    def _move(self, records: list[DeadLetter], reader: Reader) -> None:
        """Send records, then delete those that SQS took."""
        sent = self._send(records)
        self.moved.refused += len(records) - len(sent)
        self._pace.used(len(records))
        removed = self._delete(sent)
        reader.removed(removed)
        self.moved.moved += len(removed)
        self.moved.twice += len(sent) - len(removed)

    def _send(self, records: list[DeadLetter]) -> list[DeadLetter]:
        """Return the records that the queue took."""
        return self._each(records, self._sqs.send_message_batch, self._queue.url, DeadLetter.returned)

    def _delete(self, records: list[DeadLetter]) -> list[DeadLetter]:
        """Return the records that are removed."""
        return self._each(records, self._sqs.delete_message_batch, self._queue.dead_letters, lambda record: {"ReceiptHandle": record.receipt})

    def _each(
        self, records: list[DeadLetter], call: Callable[..., Any], url: str, entry: Callable[[DeadLetter], dict[str, Any]]
    ) -> list[DeadLetter]:
        """Make a call for all records, and again for those that fail. Return those that succeeded, in order."""
        left = {str(place): record for place, record in enumerate(records)}
        done: set[str] = set()
        for attempt in range(_TRIES):
            if not left:
                break
            if attempt:
                self._clock.sleep(0.2 * attempt)
            answer = call(QueueUrl=url, Entries=[{"Id": place} | entry(record) for place, record in left.items()])
            done |= {it["Id"] for it in answer.get("Successful", [])}
            left = {place: record for place, record in left.items() if place not in done}
        return [record for place, record in enumerate(records) if str(place) in done]


def _by_size(records: list[DeadLetter]) -> Iterator[list[DeadLetter]]:
    """Return the records in batches that SQS takes."""
    part: list[DeadLetter] = []
    size = 0
    for record in records:
        length = len(record.text.encode())
        if part and size + length > _BATCH_BYTES:
            yield part
            part, size = [], 0
        part.append(record)
        size += length
    if part:
        yield part
