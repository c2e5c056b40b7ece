"""What a message uses, on average over one-to-one and group messages: calls, time, units, requests and bytes.

Time is waiting, with the assumptions of `make cost`, and instructions, which are measured. Batches are full.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .inputs import WAIT_MS, counted, inputs, pushes_of, setting

ONE, GROUP = "one to one", "group"


@dataclass(frozen=True)
class Usage:
    """The use of a message."""

    groups: float
    offline: float
    # Memory of check-presence.
    memory_mb: int

    @classmethod
    def standing(cls, **changed: Any) -> Usage:
        """Return the use with the assumed mix and the template's memory."""
        traffic = inputs()["traffic"]
        standing = {"groups": traffic["groups"], "offline": traffic["offline"], "memory_mb": inputs()["measured"]["memory_mb"]}
        return cls(**(standing | changed))

    @property
    def members(self) -> float:
        """Return the members of the counted group, of whom the pushes are those who are offline."""
        return pushes_of(GROUP) / inputs()["traffic"]["offline"]

    @property
    def receivers(self) -> float:
        """Return the receivers of a message."""
        return 1 - self.groups + self.groups * self.members

    @property
    def pushes(self) -> float:
        """Return the pushes of a message."""
        return self.offline * self.receivers

    @property
    def ingest_s(self) -> float:
        """Return the seconds of ingest-message: the row, then the record."""
        return (WAIT_MS["dynamodb"] + WAIT_MS["sqs"] + milliseconds(inputs()["measured"]["ingest"])) / 1000

    @cached_property
    def decide_s(self) -> float:
        """Return the seconds of check-presence: members, facts, then vendor queues and the suppressed."""
        batch = setting("CheckPresence", "BatchSize")
        reads = 1 + math.ceil(batch * self.receivers / inputs()["parallel"]["receivers"])
        waits = (reads + 1) * WAIT_MS["dynamodb"] + WAIT_MS["sqs"]
        work = milliseconds(batch * self.receivers * inputs()["measured"]["decide"], self.memory_mb)
        return (waits + work) / batch / 1000

    @cached_property
    def vendors(self) -> dict[str, VendorUsage]:
        """Return what a message uses of each vendor."""
        return {name: VendorUsage(self, name, vendor) for name, vendor in inputs()["vendors"].items()}

    @property
    def push_s(self) -> float:
        """Return the seconds of all push functions."""
        return sum(vendor.seconds for vendor in self.vendors.values())

    @property
    def jobs(self) -> float:
        """Return the records on the vendors' queues."""
        return sum(vendor.jobs for vendor in self.vendors.values())

    @property
    def invocations(self) -> float:
        """Return the calls of functions."""
        return 1 + 1 / setting("CheckPresence", "BatchSize") + self.jobs / setting("PushFcm", "BatchSize")

    @property
    def sqs_requests(self) -> float:
        """Return the requests to SQS. A queue takes and gives ten records a request. A batch of check-presence may have no
        job for a vendor, then it sends none.
        """
        batch = setting("CheckPresence", "BatchSize")
        sent_to_vendors = sum(1 - math.exp(-batch * vendor.jobs) for vendor in self.vendors.values()) / batch
        return 1 + 2 / batch + sent_to_vendors + 2 * self.jobs / 10

    def units(self, table: str, unit: str) -> float:
        """Return the units of a table. Results of a group take a row for each vendor; the counted group has one vendor."""
        more_rows = len(self.vendors) - 2 if (table, unit) == ("MessagesTable", "write_units") else 0
        group = counted(GROUP, table, unit) + more_rows
        return (1 - self.groups) * counted(ONE, table, unit) + self.groups * group

    def all_units(self, unit: str) -> float:
        """Return the units of all tables."""
        return sum(self.units(table, unit) for table in ("UsersTable", "MessagesTable", "GroupsTable"))

    @property
    def log_bytes(self) -> float:
        """Return the bytes of logs at level `info`. Decisions of a group's page are not logged, results of its pushes are."""
        logs = inputs()["logs"]
        answered, decided, ended = (len(logs[line]) + logs["bytes_of_a_line"] for line in ("answered", "decided", "ended"))
        ours = answered + (1 - self.groups) * decided + self.pushes * ended
        counts = (self.invocations - 1) * logs["bytes_of_metrics"]
        return ours + counts + self.invocations * logs["bytes_of_an_invocation"] + logs["bytes_of_an_access"]

    @property
    def traffic_bytes(self) -> float:
        """Return the bytes that go to vendors."""
        return sum(vendor.sent_bytes for vendor in self.vendors.values())


@dataclass(frozen=True)
class VendorUsage:
    """What a message uses of a vendor."""

    usage: Usage
    name: str
    vendor: dict[str, Any]

    @property
    def alone(self) -> float:
        """Return the pushes of one-to-one messages: a job each."""
        return (1 - self.usage.groups) * self.usage.offline * self.vendor["share"]

    @property
    def shared(self) -> float:
        """Return the jobs of group messages: one for all members whose phones are the vendor's."""
        return self.usage.groups * min(1, self.usage.members * self.usage.offline * self.vendor["share"])

    @property
    def jobs(self) -> float:
        """Return the records on the vendor's queue."""
        return self.alone + self.shared

    @property
    def tokens(self) -> float:
        """Return the device tokens."""
        return self.usage.pushes * self.vendor["share"]

    @property
    def requests(self) -> float:
        """Return the requests to the vendor."""
        if self.name == "fcm":
            return self.tokens
        merged = self.jobs / setting("PushFcm", "BatchSize") if self.vendor["counts"] == "merged" else self.alone
        return merged + self.shared

    @property
    def counted(self) -> float:
        """Return what the vendor counts against its rate."""
        return self.tokens if self.vendor["counts"] == "tokens" else self.requests

    @property
    def seconds(self) -> float:
        """Return the seconds of the vendor's push function: waves of requests, then the results."""
        measured, batch = inputs()["measured"], setting("PushFcm", "BatchSize")
        messages = batch / self.jobs
        waves = math.ceil(messages * self.requests / inputs()["parallel"]["requests"])
        further = measured["token_of_fcm"] if self.name == "fcm" else measured["token_of_a_request"]
        instructions = self.jobs * measured["push"] + (self.tokens - self.jobs) * further
        waits = (waves * WAIT_MS["vendor"] + WAIT_MS["dynamodb"]) / messages
        return (waits + milliseconds(instructions)) / 1000

    @property
    def sent_bytes(self) -> float:
        """Return the bytes that go to the vendor."""
        measured = inputs()["measured"]
        if self.name == "fcm":
            return self.tokens * measured["bytes_of_fcm_push"]
        return self.requests * measured["bytes_of_a_request"] + self.tokens * measured["bytes_of_a_token"]


def milliseconds(instructions: float, memory_mb: int | None = None) -> float:
    """Return the milliseconds of instructions in a function of this memory, or of the template's."""
    measured = inputs()["measured"]
    return instructions / measured["per_ms"] * measured["memory_mb"] / (memory_mb or measured["memory_mb"])
