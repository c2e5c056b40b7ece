"""A record on a dead-letter queue: what it is, why it is there, and what goes back to its queue."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from .kinds import Body, Kind, app_of, kind_of

# The attributes of records: see shared/src/ports/queue/mod.rs.
REASON, REDRIVEN = "reason", "redriven"
# Why SQS moved a record, which carries no reason.
CRASHED = "no reason: its function crashed or timed out on it five times"
# Maximum characters of a message group's id. Source: Amazon SQS, "SendMessageBatchRequestEntry".
_MAX_GROUP_ID = 128

Message = dict[str, Any]


@dataclass(frozen=True)
class DeadLetter:
    """A record as SQS hands it out. Its text is not shown unless it is asked for."""

    id: str
    receipt: str
    text: str = field(repr=False)
    attributes: dict[str, dict[str, Any]]
    system: dict[str, str]
    queue: str

    @classmethod
    def of(cls, queue: str, message: Message) -> DeadLetter:
        """Read a received message."""
        return cls(
            message["MessageId"], message["ReceiptHandle"], message["Body"],
            message.get("MessageAttributes", {}), message.get("Attributes", {}), queue,
        )  # fmt: skip

    @property
    def body(self) -> Body | None:
        """Return the record's fields, if it has the form of a record."""
        try:
            read = json.loads(self.text)
        except ValueError:
            return None
        return read if isinstance(read, dict) else None

    @property
    def kind(self) -> Kind:
        """Return what kind of record it is."""
        return kind_of(self.queue, self.body)

    @property
    def reason(self) -> str:
        """Return why the record is here."""
        return str(self.attributes.get(REASON, {}).get("StringValue") or CRASHED)

    @property
    def received(self) -> int:
        """Return how often it was received, from all queues together and with this time."""
        return int(self.system.get("ApproximateReceiveCount", 0))

    @property
    def sent_at(self) -> int:
        """Return when it was sent, in Unix milliseconds. SQS keeps the time when it moves a record."""
        return int(self.system.get("SentTimestamp", 0))

    @property
    def redriven(self) -> int:
        """Return how often it was moved back before. A record that its function dead-lettered has lost the number."""
        value = str(self.attributes.get(REDRIVEN, {}).get("StringValue", "0"))
        return int(value) if value.isdigit() else 0

    def returned(self) -> Message:
        """Return what is sent to the record's queue: the same record, marked as moved back, under its app's message group."""
        kept = {name: _sendable(value) for name, value in self.attributes.items() if name != REASON}
        kept[REDRIVEN] = {"DataType": "Number", "StringValue": str(self.redriven + 1)}
        group = self.system.get("MessageGroupId") or _message_group(app_of(self.body))
        return {"MessageBody": self._unwrapped(), "MessageAttributes": kept} | ({"MessageGroupId": group} if group else {})

    def _unwrapped(self) -> str:
        """Return the record's text. An erasure that failed too often gets all its tries anew."""
        body = self.body
        if self.queue != "erase" or body is None or "attempts" not in body:
            return self.text
        return json.dumps({name: value for name, value in body.items() if name != "attempts"}, separators=(",", ":"))


def _sendable(value: dict[str, Any]) -> dict[str, Any]:
    return {name: value[name] for name in ("DataType", "StringValue", "BinaryValue") if name in value}


def _message_group(app: str | None) -> str | None:
    """Return the message group of an app, as shared/src/aws/sqs.rs makes it."""
    if app is None or len(app) <= _MAX_GROUP_ID:
        return app or None
    return hashlib.sha256(app.encode()).hexdigest()
