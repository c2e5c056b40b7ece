"""SQS in small: visibility, receipts, attributes, and dead-letter queues. It refuses what SQS refuses.

A test can interrupt a run at any call, before or after the call took effect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import count
from typing import Any

from import_easemob.clock import Clock

DEAD, QUEUE = "https://sqs.cn-north-1.amazonaws.com.cn/1/s-dispatch-dead-letter", "https://sqs.cn-north-1.amazonaws.com.cn/1/s-dispatch"
_MAX_REQUEST = 256 * 1024
_MAX_CALLS = 1_000


class FakeClock(Clock):
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1_000.0

    def now(self) -> float:
        return self.time

    def millis(self) -> int:
        return int(self.time * 1000)

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class Record:
    """A record on a queue."""

    id: str
    text: str
    attributes: dict[str, Any]
    system: dict[str, str]
    visible_at: float = 0.0
    receipt: str = ""
    received: int = 0


@dataclass
class FakeSqs:
    """The two queues of a pair."""

    clock: FakeClock = field(default_factory=FakeClock)
    queues: dict[str, list[Record]] = field(default_factory=lambda: {DEAD: [], QUEUE: []})
    # The number of the call that is interrupted, and whether it took effect before.
    interrupted: tuple[int, bool] | None = None
    # Operations whose entries are refused, each so many times.
    refusals: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    _ids: Any = field(default_factory=count)

    def put(self, text: str, reason: str | None = None, url: str = DEAD, **attributes: str) -> Record:
        """Put a record on a queue, as a function or SQS does."""
        named = attributes | ({"reason": reason} if reason else {})
        values = {name: {"DataType": "String", "StringValue": value} for name, value in named.items()}
        return self._store(url, text, values, None)

    def texts(self, url: str) -> list[str]:
        """Return the texts on a queue."""
        return [record.text for record in self.queues[url]]

    def visible(self, url: str = DEAD) -> int:
        """Return how many records others can receive now."""
        return sum(record.visible_at <= self.clock.time for record in self.queues[url])

    # ---- the calls of the client ----

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> Any:
        visible = self.visible(QueueUrl)
        told = {"ApproximateNumberOfMessages": visible, "ApproximateNumberOfMessagesNotVisible": len(self.queues[QueueUrl]) - visible}
        date = {"HTTPHeaders": {"date": formatdate(self.clock.time, usegmt=True)}}
        return {"Attributes": {name: str(told[name]) for name in AttributeNames}, "ResponseMetadata": date}

    def receive_message(self, QueueUrl: str, MaxNumberOfMessages: int, VisibilityTimeout: int, **_: Any) -> Any:
        return self._call("receive_message", lambda: self._receive(QueueUrl, MaxNumberOfMessages, VisibilityTimeout))

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:
        assert sum(len(it["MessageBody"].encode()) for it in Entries) <= _MAX_REQUEST

        def send(entry: Any) -> bool:
            self._store(QueueUrl, entry["MessageBody"], entry["MessageAttributes"], entry.get("MessageGroupId"))
            return True

        return self._batch("send_message_batch", Entries, send)

    def delete_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:
        def delete(entry: Any) -> bool:
            left = [record for record in self.queues[QueueUrl] if record.receipt != entry["ReceiptHandle"]]
            self.queues[QueueUrl] = left
            return True

        return self._batch("delete_message_batch", Entries, delete)

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:
        def show(entry: Any) -> bool:
            for record in self.queues[QueueUrl]:
                if record.receipt == entry["ReceiptHandle"]:
                    record.visible_at = self.clock.time + entry["VisibilityTimeout"]
                    return True
            return False

        return self._batch("change_message_visibility_batch", Entries, show)

    # ---- inside ----

    def _store(self, url: str, text: str, attributes: dict[str, Any], group: str | None) -> Record:
        system = {"SentTimestamp": str(int(self.clock.time * 1000))} | ({"MessageGroupId": group} if group else {})
        record = Record(f"id-{next(self._ids)}", text, attributes, system)
        self.queues[url].append(record)
        return record

    def _receive(self, url: str, most: int, hidden: int) -> Any:
        found = [record for record in self.queues[url] if record.visible_at <= self.clock.time][:most]
        for record in found:
            record.visible_at, record.receipt = self.clock.time + hidden, f"receipt-{next(self._ids)}"
            record.received += 1
        shown = [
            {
                "MessageId": record.id, "ReceiptHandle": record.receipt, "Body": record.text, "MessageAttributes": record.attributes,
                "Attributes": record.system | {"ApproximateReceiveCount": str(record.received)},
            }
            for record in found
        ]  # fmt: skip
        return {"Messages": shown} if shown else {}

    def _batch(self, name: str, entries: list[Any], act: Any) -> Any:
        assert 1 <= len(entries) <= 10 and len({it["Id"] for it in entries}) == len(entries)

        def each() -> Any:
            answer: dict[str, list[Any]] = {"Successful": [], "Failed": []}
            for entry in entries:
                refused = self.refusals.get(name, 0) > 0
                self.refusals[name] = self.refusals.get(name, 0) - refused
                answer["Successful" if not refused and act(entry) else "Failed"].append({"Id": entry["Id"]})
            return answer

        return self._call(name, each)

    def _call(self, name: str, act: Any) -> Any:
        self.calls.append(name)
        assert len(self.calls) < _MAX_CALLS, "the run does not end"
        here = self.interrupted is not None and self.interrupted[0] == len(self.calls)
        if here and not self.interrupted[1]:
            raise KeyboardInterrupt
        answer = act()
        if here:
            raise KeyboardInterrupt
        return answer
