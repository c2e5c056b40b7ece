"""Prices what pushes used on the local stack, as `stack-cost` counted it, at the on-demand list prices of us-east-1.

Usage: costs.py COUNTS

Requests, units, records and memory are counted and the same in every run, but for a group's rows: they are compressed with random ids
in them, so a row whose size is near the limit of a unit takes one unit more in some runs. The row of OPPO's 43 phones is one: about 1030
bytes, and a unit has 1024. Time is modelled: calls of an invocation that run side by side wait together, and what they take of the
processor adds up. What a process reads once and keeps for a minute, its apps' configuration and what belongs to it, is left out: its
share of a push depends on how many there are in that minute. Statistics stand in the same table; what they cost is modelled.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from pathlib import Path
from typing import Any

# Prices in dollars a million, GB-s of arm64. Sources: https://aws.amazon.com/api-gateway/pricing/
# https://aws.amazon.com/lambda/pricing/ https://aws.amazon.com/sqs/pricing/
# https://aws.amazon.com/dynamodb/pricing/on-demand/
PRICES = {
    "HTTP API requests": 1.00,
    "Lambda invocations": 0.20,
    "Lambda GB-s, modelled": 13.33,
    "SQS requests": 0.40,
    "DynamoDB read units": 0.125,
    "DynamoDB write units": 0.625,
    "WebSocket messages": 1.00,
    "statistics, modelled": 0.625,
}
# Surcharge of fair queues in dollars for a million requests whose records name their message group. It is applied to
# every request, as the upper limit. The budgets below do not include it.
FAIR_QUEUES = 0.10
# Assumed milliseconds until the answer, and milliseconds of the processor's share of 256 MB. An AWS call takes 400 k
# instructions and a push through FCM 100 k, of about 360 M a second.
# A server of an app that never answers is given up after 5 s.
WAIT_MS = {"dynamodb": 5, "sqs": 10, "websocket": 10, "vendor": 100, "server": 100, "dead server": 5000}
PROCESSOR_MS = {"dynamodb": 1.1, "sqs": 1.1, "websocket": 1.1, "vendor": 0.3, "server": 0.3, "dead server": 0.3}
# Parallel calls: the lowest of the functions' constants PARALLEL_*, and the requests of the FCM client.
PARALLEL = {"dynamodb": 10, "sqs": 10, "websocket": 10, "vendor": 64, "server": 8, "dead server": 8}
KEPT = {"AppsTable", "RuntimeTable"}
# Rows of statistics that a process writes, one write unit each. The local stack writes them after every batch
# (StatisticsFlushSeconds=0), a deployed one after seconds of pushes. For an app's messages of one hour, a push function
# writes the row of its vendor. check-presence writes those of chat messages and of mentions, and handle-receipt that of
# a vendor.
STATISTICS_ROWS = {"Push": 1, "CheckPresence": 2, "HandleReceipt": 1}
# Events that a process counts in a second. A report takes one request of about 20 ms, and a process has one request at
# a time.
COUNTS_A_SECOND = {"Push": 100, "CheckPresence": 100, "HandleReceipt": 50}
# Write intervals of a busy process: shared/src/domain/statistics/credit.rs.
STATISTICS_SECONDS, FEW_ROWS, MAX_INTERVALS = 10, 16, 6
# Number of apps that share a process in the second model.
MANY_APPS = 100
STATISTICS_BUDGET = 0.05

# Scenario to its budget in dollars a million; None for no budget.
BUDGETS = {
    "one a request, busy": 3.60,
    "100 a request, busy": 1.60,
    "group of 500, 300 offline, alone": 0.20,
}
MOST_READS, MOST_WRITES = 1, 2
# Prefix of the partitions of statistics.
STATISTICS = "stat#"
# Prefix of the scenarios of messages to users who are connected to Curlew.
DIRECT = "direct delivery"
# Prefix of the scenarios of instant pushes, and the scenario whose caller waits for the vendor.
INSTANT, INSTANT_SYNC = "instant, ", "instant, sync"
# Prefix of the scenarios of callbacks, and the function that calls apps' servers.
CALLBACK, DELIVERS = "callback, ", "DeliverCallback"
# Memory whose share of the processor is PROCESSOR_MS. Functions that queue events have it.
MEMORY_MB = 256
# Prefix of the scenarios of a user's return, and their maximum units of reads and writes.
RETURN = "return: "
RETURNS = {"return: 50 groups, 200 messages": (60, ""), "return: acknowledgement": ("", "1, and 1 a call")}

Call = dict[str, Any]


class Push:
    """The use of one push of a scenario."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.name: str = scenario["name"]
        self.pushes: int = scenario["cost"]["pushes"]
        self.messages: int = scenario["cost"]["messages"]
        self.partitions: list[Call] = scenario["cost"]["partitions"]
        self.vendor_requests: int = scenario["cost"]["vendor_requests"]
        calls: list[Call] = scenario["cost"]["calls"]
        self.calls = [it for it in calls if not self.is_kept(it)]
        self.kept = sum(it["requests"] for it in calls if self.is_kept(it))

    @staticmethod
    def is_kept(call: Call) -> bool:
        """Return whether a process keeps the answer of the call for a minute."""
        return call["resource"] in KEPT or call["service"] in ("kms", "secretsmanager")

    def total(self, service: str, unit: str) -> float:
        """Return the units of one service for a push."""
        return sum(it[unit] for it in self.calls if it["service"] == service) / self.pushes

    def used(self) -> dict[str, float]:
        """Return what AWS bills for a push."""
        return {
            "HTTP API requests": self.total("http", "billed"),
            "Lambda invocations": self.total("lambda", "billed"),
            "Lambda GB-s, modelled": statistics_gigabyte_seconds()
            + sum(map(self._gigabyte_seconds, self._invocations())) / self.pushes,
            "SQS requests": self.total("sqs", "billed"),
            "DynamoDB read units": self.total("dynamodb", "read_units"),
            "DynamoDB write units": self.total("dynamodb", "write_units"),
            "WebSocket messages": self.total("websocket", "billed"),
            "statistics, modelled": statistics_rows(),
        }

    def price(self) -> float:
        """Return the dollars for a million pushes."""
        return sum(PRICES[name] * used for name, used in self.used().items())

    def fair_queues(self) -> float:
        """Return the maximum dollars that fair queues add to a million pushes."""
        return FAIR_QUEUES * self.used()["SQS requests"]

    def _invocations(self) -> list[Call]:
        return [it for it in self.calls if it["service"] == "lambda"]

    def _gigabyte_seconds(self, invoked: Call) -> float:
        return invoked["memory_mb"] / 1024 * self._milliseconds(invoked) / 1000

    def _milliseconds(self, invoked: Call) -> float:
        a_call = self._of_others(invoked)
        for call in self.calls:
            if call["caller"] == invoked["caller"] and call["service"] in ("dynamodb", "sqs", "websocket"):
                a_call[call["service"]] = a_call.get(call["service"], 0) + call["requests"] / invoked["requests"]
        slower = MEMORY_MB * invoked["requests"] / invoked["memory_mb"]
        return sum(
            math.ceil(calls / PARALLEL[service]) * WAIT_MS[service] + calls * PROCESSOR_MS[service] * slower
            for service, calls in a_call.items()
        )

    def _of_others(self, invoked: Call) -> dict[str, float]:
        """Return the calls of an invocation that leave AWS."""
        pushing = [it["requests"] for it in self._invocations() if it["caller"].startswith("Push")]
        return {"vendor": self.vendor_requests / sum(pushing)} if invoked["caller"].startswith("Push") else {}


class SyncPush(Push):
    """The use of a push whose caller waits: ingest-message waits for the push function."""

    def _milliseconds(self, invoked: Call) -> float:
        own = super()._milliseconds(invoked)
        if invoked["caller"] != "IngestMessage":
            return own
        return own + sum(super(SyncPush, self)._milliseconds(it) for it in self._invocations() if it["caller"].startswith("Push"))


class Callback(Push):
    """The use of one event for an app's server. What an event waits in is in the table of what else is kept."""

    @staticmethod
    def is_kept(call: Call) -> bool:
        """Return whether a process keeps the answer of the call for a minute."""
        return call["resource"] == "AppsTable" or call["service"] in ("kms", "secretsmanager")

    def used(self) -> dict[str, float]:
        """Return what AWS bills for an event. Events are in no statistics."""
        senders = sum(it["requests"] for it in self.calls if it["action"] == "SendMessageBatch" and it["caller"] != DELIVERS)
        queueing = MEMORY_MB / 1024 * senders * (WAIT_MS["sqs"] + PROCESSOR_MS["sqs"]) / 1000
        seconds = queueing + sum(map(self._gigabyte_seconds, self._invocations()))
        return super().used() | {"Lambda GB-s, modelled": seconds / self.pushes, "statistics, modelled": 0}

    def _of_others(self, invoked: Call) -> dict[str, float]:
        server = "dead server" if "dead" in self.name else "server"
        return {server: self.vendor_requests / invoked["requests"]} if invoked["caller"] == DELIVERS else {}


def use_of(scenario: dict[str, Any]) -> Push:
    """Return the use of one push of a scenario, or of what else it counts."""
    name = scenario["name"]
    if name.startswith(CALLBACK):
        return Callback(scenario)
    return SyncPush(scenario) if name.startswith(INSTANT_SYNC) else Push(scenario)


def statistics_flushes(apps: int) -> list[tuple[int, float]]:
    """Return for each stage the rows that a process writes at once, and the pushes that they cover."""
    rows = {stage: of_app * apps for stage, of_app in STATISTICS_ROWS.items()}
    seconds = {stage: STATISTICS_SECONDS * min(math.ceil(it / FEW_ROWS), MAX_INTERVALS) for stage, it in rows.items()}
    return [(rows[stage], seconds[stage] * COUNTS_A_SECOND[stage]) for stage in rows]


def statistics_rows(apps: int = 1) -> float:
    """Return the rows of statistics that are written for a push."""
    return sum(rows / pushes for rows, pushes in statistics_flushes(apps))


def statistics_gigabyte_seconds(apps: int = 1) -> float:
    """Return the GB-s of writing them in functions of 256 MB, for a push. Four rows of an app are written at a time, of
    32 apps in parallel.
    """
    return sum(flush_gigabyte_seconds(rows, apps) / pushes for rows, pushes in statistics_flushes(apps))


def flush_gigabyte_seconds(rows: int, apps: int = 1) -> float:
    """Return the GB-s of a flush in a function of 256 MB."""
    waits = math.ceil(rows / apps / 4) * math.ceil(apps / 32)
    return 256 / 1024 * (waits * WAIT_MS["dynamodb"] + rows * PROCESSOR_MS["dynamodb"]) / 1000


def statistics_price(apps: int = 1) -> float:
    """Return the dollars of statistics for a million pushes."""
    rows = PRICES["statistics, modelled"] * statistics_rows(apps)
    return rows + PRICES["Lambda GB-s, modelled"] * statistics_gigabyte_seconds(apps)


def written_statistics(push: Push) -> float:
    """Return the write units of statistics for a push, when every batch writes."""
    return sum(it["write_units"] for it in push.partitions if it["partition"].startswith(STATISTICS)) / push.pushes


def counted_statistics(push: Push) -> str:
    """Return the write units of statistics as text."""
    return f"{push.name}: {written_statistics(push):.4g} write units of statistics a push, written after every batch"


def quiet(push: Push) -> str:
    """Return the cost when every process was idle before. Each then writes its rows at once. The rows of a busy process
    wait, and many messages share them.
    """
    rows = written_statistics(push)
    a_row = PRICES["statistics, modelled"] + PRICES["Lambda GB-s, modelled"] * flush_gigabyte_seconds(1)
    price = push.price() - statistics_price() + rows * a_row
    return f"{push.name}, after silence: {rows * push.pushes / push.messages:.3g} rows of statistics a message, ${price:.3f} a million pushes"


def prices(pushes: list[Push], of: str = "pushes") -> str:
    """Return a table of the cost of a million pushes or other units."""
    lines = [
        f"| one million {of} | price a million | " + " | ".join(f"{push.name} |" for push in pushes) + " |",
        "|---|---:|" + "---:|---:|" * len(pushes),
    ]
    for name, price in PRICES.items():
        columns = [push.used()[name] for push in pushes]
        if not any(columns):
            continue
        lines.append(f"| {name} | ${price:g} | " + " | ".join(f"{it:.4g} | ${it * price:.3f}" for it in columns) + " |")
    lines.append("| **sum** | | " + " | ".join(f"| **${push.price():.3f}**" for push in pushes) + " |")
    budgets = (BUDGETS.get(push.name) for push in pushes)
    lines.append("| budget | | " + " | ".join(f"| {f'${it:.3f}' if it else ''}" for it in budgets) + " |")
    fair = (push.fair_queues() for push in pushes)
    lines.append(f"| fair queues, at most | ${FAIR_QUEUES:g} | " + " | ".join(f"| ${it:.3f}" for it in fair) + " |")
    return "\n".join(lines)


def calls(push: Push) -> str:
    """Return a table of every kind of call."""
    lines = [f"| {push.name} | call | a push | read units | write units | bytes |", "|---|---|---:|---:|---:|---:|"]
    for it in push.calls:
        shares = (it[unit] / push.pushes for unit in ("billed", "read_units", "write_units", "bytes"))
        numbers = " | ".join(f"{share:.4g}" if share else "" for share in shares)
        lines.append(f"| {it['caller']} | {' '.join((it['action'], it['resource'])).strip()} | {numbers} |")
    lines.append(f"\nLeft out: {push.kept} calls for what is kept, in {push.pushes} pushes.")
    return "\n".join(lines)


def hottest(push: Push) -> str:
    """Return the partitions with the most writes of a group's messages. Leaves out each message's own partition, and
    those of statistics, which a deployed stack writes only once in some seconds.
    """
    shared = [it for it in push.partitions if not it["partition"].startswith(("msg#", STATISTICS))]
    most = max(it["write_units"] for it in shared)
    kinds = sorted({f"`{it['partition'].partition('#')[0]}#` of {it['resource']}" for it in shared if it["write_units"] == most})
    units = f"{most / push.messages:.4g} write units a message"
    return f"{push.name}: {units} to its hottest partition, {' and '.join(kinds)}; each takes 1000 a second"


def scatter(push: Push) -> str:
    """How much a sum differs from run to run: by units of compressed rows."""
    unit = 1 / push.pushes
    return (
        f"{push.name}: the sum is the same in every run, but for a unit or two. Rows are compressed with random ids in them, and the size of one is "
        f"near the limit of a unit. One unit is {unit:.2g} write units a push, ${PRICES['DynamoDB write units'] * unit:.4f} a million pushes."
    )


def units(pushes: list[Push]) -> str:
    """Return a table of the rows read and written for a message to one user."""
    lines = ["| units a push | read | budget | write | budget |", "|---|---:|---:|---:|---:|"]
    for push in pushes:
        reads, writes = push.total("dynamodb", "read_units"), push.total("dynamodb", "write_units")
        lines.append(f"| {push.name} | {reads:.4g} | {MOST_READS} | {writes:.4g} | {MOST_WRITES} |")
    return "\n".join(lines)


def delays(milliseconds: list[float]) -> str:
    """Return the delays of messages to users who are connected to Curlew. The emulator polls its queues in turn, so the
    times in AWS differ.
    """
    tenths = statistics.quantiles(milliseconds, n=10)
    return (
        f"{len(milliseconds)} messages to a connected user, from the answer to the caller until the frame, on this machine: "
        f"median {statistics.median(milliseconds):.0f} ms, 90 % within {tenths[8]:.0f} ms"
    )


def returns(back: list[Push]) -> str:
    """Return a table of the use of a return and of an acknowledged message."""
    lines = [
        "| units a return, or a message | read | budget | write | budget | dollars a million |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for it in back:
        reads, writes = it.total("dynamodb", "read_units"), it.total("dynamodb", "write_units")
        max_reads, max_writes = RETURNS.get(it.name, ("", ""))
        lines.append(f"| {it.name} | {reads:.4g} | {max_reads} | {writes:.4g} | {max_writes} | ${it.price():.2f} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Entry point."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    report = json.loads(Path(arguments[0]).read_text())
    counted = [use_of(scenario) for scenario in report["scenarios"]]
    direct = [it for it in counted if it.name.startswith(DIRECT)]
    back = [it for it in counted if it.name.startswith(RETURN)]
    instant = [it for it in counted if it.name.startswith(INSTANT)]
    callbacks = [it for it in counted if it.name.startswith(CALLBACK)]
    others = direct + back + instant + callbacks
    pushes = [it for it in counted if it not in others]
    groups = {
        "A short message": [it for it in pushes if "KB" not in it.name and "group" not in it.name],
        "A message of 1 KB": [it for it in pushes if "KB" in it.name],
        "A notification of a group message": [it for it in pushes if "group" in it.name],
    }
    for title, of in groups.items():
        print(f"{title}\n\n{prices(of)}\n")
    print(f"{units([it for it in pushes if 'group' not in it.name])}\n")
    print(
        f"Statistics, modelled at {COUNTS_A_SECOND['Push']} pushes a second and process, all of one app: "
        f"${statistics_price():.4f} a million pushes, budget ${STATISTICS_BUDGET:.2f}. They are part of the sums above and below."
    )
    print(f"The same where {MANY_APPS} apps share each process evenly: ${statistics_price(MANY_APPS):.4f} a million pushes.")
    print("\n".join(map(counted_statistics, pushes)))
    print("\n".join(quiet(it) for it in pushes if "alone" in it.name) + "\n")
    for push in groups["A notification of a group message"]:
        print(f"{scatter(push)}\n")
        print(f"{hottest(push)}\n")
    print(f"A message to somebody who is connected to Curlew\n\n{prices(direct, 'direct deliveries')}\n")
    print(f"{delays(report['direct_delivery_ms'])}\n")
    print(f"{returns(back)}\n")
    print(f"An instant push\n\n{prices(instant, 'instant pushes')}\n")
    print(f"A callback, without the push that it tells of\n\n{prices(callbacks, 'callbacks')}\n")
    for push in counted:
        if "KB" not in push.name:
            print(f"{calls(push)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
