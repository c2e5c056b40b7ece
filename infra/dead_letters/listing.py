"""What `make dead-letters` says of a queue: how many records for which reason, then the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from .kinds import Kind, app_of, messages_of, receivers_of
from .queues import Queue
from .reader import Reader
from .record import DeadLetter

# Maximum characters of a body that is shown.
_MAX_BODY = 4000
# Maximum message ids of a record that are shown.
_MAX_IDS = 3


class Listing:
    """The records of a dead-letter queue. Only those that are shown are kept in memory."""

    def __init__(self, show: int) -> None:
        self._show = show
        self.counts: Counter[tuple[str, str]] = Counter()
        self.kinds: set[Kind] = set()
        self.shown: list[DeadLetter] = []
        self.back = 0
        self.complete = True

    @property
    def read(self) -> int:
        """Return how many records were read."""
        return self.counts.total()

    def add(self, record: DeadLetter) -> None:
        """Count a record."""
        kind = record.kind
        self.counts[record.reason, kind.name] += 1
        self.kinds.add(kind)
        self.back += record.redriven > 0
        if len(self.shown) < self._show:
            self.shown.append(record)

    def lines(self, bodies: bool) -> Iterator[str]:
        """Return what is said: counts first, then records."""
        yield from self.counted()
        for record in sorted(self.shown, key=lambda record: record.sent_at):
            yield from _told(record, bodies)
        if self.read > len(self.shown):
            yield f"  .. and {self.read - len(self.shown)} more; ARGS='--show {self.read}' shows them"
        if not self.complete:
            yield f"  only {self.read} records were read; ARGS='--limit {10 * self.read}' reads more"

    def counted(self) -> Iterator[str]:
        """Return the counts by reason and kind, the most frequent first."""
        for (reason, kind), count in self.counts.most_common():
            yield f"  {count:6}  {kind}: {reason}"
        if self.back:
            yield f"  {self.back:6}  of them were moved back before, and crashed their function again"


def read(
    sqs: Any, queue: Queue, limit: int, show: int, wanted: Callable[[DeadLetter], bool] = lambda _: True
) -> tuple[Listing, Reader]:
    """Read at most so many wanted records of a dead-letter queue, and show all to others again."""
    reader, listing = Reader(sqs, queue), Listing(show)
    try:
        for batch in reader.batches():
            for record in filter(wanted, batch):
                listing.add(record)
            if listing.read >= limit:
                listing.complete = listing.read >= reader.told
                break
    finally:
        reader.release()
    return listing, reader


def _told(record: DeadLetter, bodies: bool) -> Iterator[str]:
    """Tell a record without personal data: no users, no texts, no tokens."""
    body = record.body
    ids = list(messages_of(body))
    about = f"message {', '.join(ids[:_MAX_IDS])}{f' and {len(ids) - _MAX_IDS} more' if len(ids) > _MAX_IDS else ''}" if ids else ""
    receivers = f"{receivers_of(body)} receivers" if receivers_of(body) > 1 else ""
    named = [value for name in ("notifier", "task") if isinstance(value := (body or {}).get(name), str)]
    parts = [record.kind.name, app_of(body), *named, about, receivers, f"received {record.received} times", f"{len(record.text)} characters"]
    yield f"  {_time(record.sent_at)}  {record.id}  {', '.join(part for part in parts if part)}"
    if bodies:
        cut = f" .. and {len(record.text) - _MAX_BODY} characters more" if len(record.text) > _MAX_BODY else ""
        yield f"      {record.text[:_MAX_BODY]}{cut}"


def _time(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
