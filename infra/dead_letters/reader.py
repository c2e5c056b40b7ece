"""Reads a dead-letter queue without removing anything, and shows what was read to others again."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

from .queues import Queue
from .record import DeadLetter

# How long a record that was received is hidden from others, if nobody shows it again before: see `release`. It is
# longer than the work on ten records.
HIDDEN_SECONDS = 120
# SQS asks all its servers, instead of some of them, when a receive waits.
_WAIT_SECONDS = 1
_AT_ONCE = 10
# Receives in a row that bring nothing new before the queue counts as read. One may come too early or bring old records.
_IDLE_RECEIVES = 3


def in_parts(entries: list[Any]) -> Iterator[list[Any]]:
    """Return the entries, as many at a time as a request of SQS takes."""
    for first in range(0, len(entries), _AT_ONCE):
        yield entries[first : first + _AT_ONCE]


class Reader:
    """One reading of a queue. It ends, also while new dead letters arrive: only records from before its beginning count."""

    def __init__(self, sqs: Any, queue: Queue) -> None:
        self._sqs, self._queue = sqs, queue
        self._receipts: dict[str, str] = {}
        self._seen: set[str] = set()
        self._began: int | None = None
        # Records that others have received and not shown again, when the reading began.
        self.held = 0
        self.told = 0

    def batches(self, size: int = _AT_ONCE) -> Iterator[list[DeadLetter]]:
        """Yield records that were not read before, until there are none."""
        if not self._begin():
            return
        idle = 0
        while idle < _IDLE_RECEIVES:
            fresh = self._receive(min(size, _AT_ONCE))
            idle = 0 if fresh else idle + 1
            if fresh:
                yield fresh

    def removed(self, records: list[DeadLetter]) -> None:
        """Forget records that are not on the queue any more."""
        for record in records:
            self._receipts.pop(record.id, None)

    def release(self) -> None:
        """Show all records that were read to others again. A record that cannot be shown appears by itself later."""
        held, self._receipts = list(self._receipts.values()), {}
        for part in in_parts(held):
            entries = [{"Id": str(place), "ReceiptHandle": it, "VisibilityTimeout": 0} for place, it in enumerate(part)]
            self._sqs.change_message_visibility_batch(QueueUrl=self._queue.dead_letters, Entries=entries)

    def _begin(self) -> bool:
        """Ask how many records there are. Returns whether there are any to read."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._queue.dead_letters, AttributeNames=names)
        self.told, self.held = (int(answer["Attributes"][name]) for name in names)
        # The clock of SQS, because this machine's may differ.
        self._began = int(parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp() * 1000) + 999
        return self.told > 0

    def _receive(self, size: int) -> list[DeadLetter]:
        answer = self._sqs.receive_message(
            QueueUrl=self._queue.dead_letters, MaxNumberOfMessages=size, WaitTimeSeconds=_WAIT_SECONDS,
            VisibilityTimeout=HIDDEN_SECONDS, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"],
        )  # fmt: skip
        fresh = []
        for message in answer.get("Messages", []):
            record = DeadLetter.of(self._queue.name, message)
            # The newest receipt is the one that counts.
            self._receipts[record.id] = record.receipt
            if record.id not in self._seen and record.sent_at <= (self._began or 0):
                fresh.append(record)
            self._seen.add(record.id)
        return fresh
