"""The rows of the table: what is measured, the best known elsewhere, and our budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .cost import GROUP, MANY, ONE
from .results import Results

# The most records that SQS hands over at once.
BATCH_RECORDS = 10_000
# The unit of a row that compares processor time.
PROCESSOR_TIME = "times"

# A number, with what it belongs to, such as the worst of several functions.
Measured = tuple[float, str]
Take = Callable[[Results], Measured | None]


@dataclass(frozen=True)
class Row:
    """A row. Without a budget it is reported."""

    name: str
    metric: str
    take: Take
    unit: str = ""
    budget: float | None = None
    anchor: str = ""
    at_least: bool = False

    def missed_by(self, results: Results) -> float | None:
        """Return the share by which the budget is missed, 0 if it is met, and `None` if there is nothing to compare."""
        measured = self.take(results)
        if measured is None or self.budget is None:
            return None
        value = measured[0]
        missed = self.budget - value if self.at_least else value - self.budget
        return max(0.0, missed / self.budget) if self.budget else float(missed > 0)

    def verdict(self, results: Results) -> str:
        """Return the verdict in words."""
        if self.take(results) is None:
            return "not measured"
        missed = self.missed_by(results)
        if missed is None:
            return "reported"
        return f"misses by {max(1, round(missed * 100))} %" if missed else "met"


def one(name: str) -> Take:
    """Return one number."""
    return lambda results: (results.numbers[name], "") if name in results.numbers else None


def worst(prefix: str, *without: str) -> Take:
    """Return the largest of the numbers below a name, which it is, and of how many."""

    def take(results: Results) -> Measured | None:
        numbers = [(it, name) for name, it in results.under(prefix) if name not in without]
        if not numbers:
            return None
        value, name = max(numbers)
        return value, f"{name}, of {len(numbers)}"

    return take


def _superfluous(results: Results) -> Measured | None:
    """Return how many requests more than necessary vendors got, and the vendor with the most."""
    ideal = dict(results.under("ideal/push/"))
    most = max(((it - ideal[name], name) for name, it in results.under("requests/push/")), default=None)
    return most if most is None or most[0] else (0, "")


def _tokens(vendor: str) -> Row:
    return Row(
        f"token {vendor}", f"instructions a token, 1000 tokens through {vendor}", one(f"instructions/push/{vendor}/equal"),
        budget=2_500, anchor="serialising alone 1.1 k",
    )  # fmt: skip


def _message(function: str, kind: str, words: str) -> Row:
    return Row(f"message {function} {kind}", f"instructions of a message in `{function}`, all in, {words}",
               one(f"instructions/message/{function}/{kind}"))  # fmt: skip


ROWS: list[Row] = [
    Row("dollars one", "AWS cost of 1 M pushes, one message a request", one(f"dollars/cost/{ONE}"), "$", 3.60, "naive design $6.82"),
    Row("dollars batch", "the same, 100 messages a request", one(f"dollars/cost/{MANY}"), "$", 1.60),
    Row("dollars group", "of 1 M notifications of group messages, 500 members, 60 % offline", one(f"dollars/cost/{GROUP}"), "$", 0.20,
        "naive $2.99, good $0.16"),
    Row("units read", "read units a push of 1 KB", one("units/cost/read"), "", 1, "2"),
    Row("units write", "write units a push of 1 KB", one("units/cost/write"), "", 2, "5"),
    Row("requests", "requests to a vendor above the fewest that it allows", _superfluous, "", 0, "1 a token"),
    Row("push fcm", "instructions a push to FCM over HTTP/2 with TLS", one("instructions/transport/http2-tls"), "", 150_000,
        "bare h2 52 k, bare reqwest 103 k"),
    Row("push http1-tls", "the same over HTTP/1.1 with TLS", one("instructions/transport/http1-tls")),
    Row("push http1", "the same over HTTP/1.1", one("instructions/transport/http1")),
    *map(_tokens, ("huawei", "honor", "xiaomi", "oppo", "vivo", "meizu")),
    Row("firebase", "times less processor time a push to FCM than `sendEach(500)` of firebase-admin for Node", one("ratio/firebase/cheaper"),
        PROCESSOR_TIME, 5, "1", at_least=True),
    Row("firebase theirs", "processor time a push through firebase-admin", one("microseconds/firebase/firebase-admin"), "µs"),
    Row("firebase ours", "the same through our client", one("microseconds/firebase/curlew"), "µs"),
    Row("start", "instructions from exec to the first poll, worst function", worst("instructions/start/"), "", 1_600_000,
        "AWS SDK as it comes 21.2 M, lean 1.47 M"),
    Row("zipped", "zipped size, largest function but `push-vendor`", worst("bytes/zipped/", "push-vendor"), "MB", 2_000_000,
        "AWS SDK as it comes 3.1 MB, lean 2.0 MB"),
    Row("zipped push-vendor", "zipped size of `push-vendor`", one("bytes/zipped/push-vendor"), "MB", 2_500_000),
    Row("memory", f"peak memory of `push-vendor` on a batch of {BATCH_RECORDS:,} records", one("kilobytes/memory/batch"), "KB→MB", 32 * 1024,
        "28 to 119 MB"),
    Row("memory idle", "the same, of a process that waits for its first event", one("kilobytes/memory/idle"), "KB→MB"),
    Row("memory largest", "the same, after the largest event that Lambda hands over, 6 MB", one("kilobytes/memory/largest"), "KB→MB"),
    Row("memory event", "size of the batch's event, which Lambda would not hand over", one("kilobytes/memory/event"), "KB→MB"),
    Row("tries", "tries of a push in a minute of a vendor's outage, worst vendor", one("tries/held/tries a minute"), "", 1.1,
        "1 + retries, at once"),
    Row("tries at first", "tries of a push in the first minute of it, worst vendor", one("tries/held/tries in the first minute")),
    Row("retry after", "calls before a vendor's `Retry-After` is over", one("tries/held/calls during a retry after"), "", 0),
    Row("lost", "simulated stories that lose, leak or repeat a message", one("stories/held/broken"), "", 0, "above 0"),
    Row("secrets", "planted secrets in outputs of the stack", one("secrets/held/found"), "", 0, "above 0"),
    _message("ingest-message", "alone", "alone"),
    _message("ingest-message", "full", "100 a request"),
    _message("check-presence", "alone", "alone"),
    _message("check-presence", "full", "10 a batch"),
    _message("push-vendor", "alone", "alone"),
    _message("push-vendor", "full", "100 a batch"),
]  # fmt: skip
