"""Models what a receiver waits for the push of a message, and what Lambda costs, by release build and memory size.

Usage: waits.py

`waits.toml` holds what `make bench` measured of each build. A message passes through `ingest-message`, `check-presence`
and `push-vendor`. Its receiver waits for their processors, for AWS and the vendor, and for each process that starts.

Left out is what no build changes: the time that records wait in queues, and the network between the app and AWS. The
vendor's answer is waited for, because the push may leave at its end.
"""

from __future__ import annotations

import itertools
import math
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from costs import PARALLEL, PRICES, WAIT_MS
from settings import TEMPLATE

INPUTS = Path(__file__).with_name("waits.toml")
MEMORY_MB = (128, 256, 512, 1024)
# Memory with which a function has one core: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
# A function has one thread, so more memory makes it no faster.
CORE_MB = 1769
# Assumed of a core of Graviton2, which runs at 2.5 GHz: an instruction a cycle.
INSTRUCTIONS_A_MS = 2_500_000
# Share of cold starts, and time to prepare an environment without the code. AWS names "under 1 %" and "under 100 ms" as
# typical: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
COLD_SHARE, ENVIRONMENT_MS = 0.01, 100
# Throughput of one request to S3, from which Lambda loads code: 85 to 90 MB/s.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-design-patterns.html
LOADED_BYTES_A_MS = 85_000


@dataclass(frozen=True)
class Stage:
    """A function that a message passes through. Times are milliseconds in which it waits for others."""

    batch: int
    until_passed_on: float
    until_end: float
    full_batch: float


def in_turn(service: str, calls: int) -> float:
    """Return the time of calls of which some run side by side."""
    return math.ceil(calls / PARALLEL[service]) * WAIT_MS[service]


# A message that is alone is stored and queued, decided and queued, sent and recorded. Of full batches, DynamoDB takes
# 25 rows a call and SQS ten records.
STAGES = {
    "ingest-message": Stage(100, in_turn("dynamodb", 1) + in_turn("sqs", 1), in_turn("dynamodb", 1) + in_turn("sqs", 1),
                            in_turn("dynamodb", 4) + in_turn("sqs", 10)),
    "check-presence": Stage(10, in_turn("dynamodb", 1) + in_turn("sqs", 1), in_turn("dynamodb", 1) + in_turn("sqs", 1),
                            in_turn("dynamodb", 10) + in_turn("sqs", 1)),
    "push-vendor": Stage(100, in_turn("vendor", 1), in_turn("vendor", 1) + in_turn("dynamodb", 1),
                         in_turn("vendor", 100) + in_turn("dynamodb", 100)),
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What was measured of a function: bytes of its archive; instructions of a start, of what only a process's first
    message needs, and of a message, alone and in a full batch.
    """

    zipped: int
    start: int
    first: int
    alone: int
    full: int


Build = dict[str, Measured]
Memory = dict[str, int]


def processor(instructions: float, memory: int) -> float:
    """Return the milliseconds that instructions take."""
    return instructions / (INSTRUCTIONS_A_MS * min(1, memory / CORE_MB))


def start(measured: Measured, memory: int) -> float:
    """Return the milliseconds of a cold start."""
    return ENVIRONMENT_MS + measured.zipped / LOADED_BYTES_A_MS + processor(measured.start + measured.first, memory)


def warm(build: Build, memory: Memory) -> float:
    """Return the wait of a message that is alone and meets no cold start."""
    return sum(stage.until_passed_on + processor(build[name].alone, memory[name]) for name, stage in STAGES.items())


def quantile(build: Build, memory: Memory, share: float) -> float:
    """Return the wait that this share of messages does not exceed. Each function starts cold independently."""
    waits = []
    for cold in itertools.product((False, True), repeat=len(STAGES)):
        starts = (start(build[name], memory[name]) for name, is_cold in zip(STAGES, cold, strict=True) if is_cold)
        waits.append((warm(build, memory) + sum(starts), COLD_SHARE ** sum(cold) * (1 - COLD_SHARE) ** (len(cold) - sum(cold))))
    reached = 0.0
    for wait, probability in sorted(waits):
        reached += probability
        if reached >= share:
            return wait
    return max(waits)[0]


def after_silence(build: Build, memory: Memory) -> float:
    """Return the wait when every function starts cold."""
    return warm(build, memory) + sum(start(build[name], memory[name]) for name in STAGES)


def busy(build: Build, memory: Memory) -> float:
    """Return the wait of the last message of full batches."""
    return sum(stage.full_batch + processor(build[name].full * stage.batch, memory[name]) for name, stage in STAGES.items())


def dollars(build: Build, memory: Memory, full: bool) -> float:
    """Return Lambda's GB-s of a million messages in dollars, with their share of cold starts, which are billed."""
    sum_ = 0.0
    for name, stage in STAGES.items():
        measured, mb = build[name], memory[name]
        messages = stage.batch if full else 1
        waited = stage.full_batch if full else stage.until_end
        worked = processor((measured.full if full else measured.alone) * messages, mb)
        started = COLD_SHARE * processor(measured.start + measured.first, mb)
        sum_ += mb / 1024 * (waited + worked + started) / 1000 / messages
    return sum_ * PRICES["Lambda GB-s, modelled"]


def builds(text: str) -> dict[str, Build]:
    """Read the measured builds."""
    return {
        build["name"]: {name: Measured(**build[name]) for name in STAGES} for build in tomllib.loads(text)["build"]
    }


def deployed(template: str) -> Memory:
    """Return the memory sizes of the template."""
    general = int(re.search(r"^    MemorySize: (\d+)$", template, re.MULTILINE)[1])
    found = {}
    for name in STAGES:
        function = template.split(f"CodeUri: ../functions/{name}\n")[1]
        own = re.match(r"(?:      .*\n)*?      MemorySize: (\d+)\n", function)
        found[name] = int(own[1]) if own else general
    return found


def row(name: str, sizes: str, build: Build, memory: Memory) -> str:
    """Return a row of the table."""
    waits = [quantile(build, memory, 0.5), quantile(build, memory, 0.99), after_silence(build, memory), busy(build, memory)]
    costs = [dollars(build, memory, False), dollars(build, memory, True)]
    return " | ".join([f"| {name}", sizes, *(f"{it:.1f}" for it in waits), *(f"{it:.3f}" for it in costs)]) + " |"


def report(measured: dict[str, Build], template: str) -> str:
    """Return the table of all builds and memory sizes."""
    lines = [
        "| build | MB | p50, ms | p99, ms | all cold, ms | last of full batches, ms | $ a million, alone | $ a million, full |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, build in measured.items():
        lines += [row(name, str(mb), build, dict.fromkeys(STAGES, mb)) for mb in MEMORY_MB]
    last = list(measured)[-1]
    lines.append(row(f"{last}, as deployed", "template", measured[last], deployed(template)))
    return "\n".join(lines)


def main() -> None:
    print(report(builds(INPUTS.read_text()), TEMPLATE.read_text()))


if __name__ == "__main__":
    sys.exit(main())
