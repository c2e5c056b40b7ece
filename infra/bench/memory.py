"""Measures the peak memory of push-vendor on a batch of 10 000 records, the most that an event source of SQS takes, and on
the largest event that Lambda hands over.
"""

from __future__ import annotations

import json
from pathlib import Path

from .app import USERS, App
from .deployed_functions import Functions, batches, stack_state
from .progress import say
from .results import Numbers
from .rows import BATCH_RECORDS
from .runtime_api import Event

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MAX_EVENT_BYTES = 6 << 20
# Records for the largest event, more than fit. No record is handled twice, because a repeat takes another way.
_MORE_RECORDS = 6_000


def memory(binaries: Path) -> Numbers:
    """Return the peak of a process that waits for its first event, and of those that had an event, in KB."""
    state = stack_state()
    app, functions = App(state), Functions(binaries, state)
    app.open()
    needed = BATCH_RECORDS + _MORE_RECORDS
    say(f"queueing {needed} pushes")
    records = functions.records_for("push-vendor", [app.full() for _ in range(needed // USERS)])
    if len(records) != needed:
        raise SystemExit(f"{needed} messages became {len(records)} records")
    say("peak memory of push-vendor")
    (batch,) = batches(records[:BATCH_RECORDS], BATCH_RECORDS)
    largest = _largest(records[BATCH_RECORDS:])
    return {
        "kilobytes/memory/idle": functions.run("push-vendor", []).peak_kb,
        "kilobytes/memory/batch": functions.run("push-vendor", [batch]).peak_kb,
        "kilobytes/memory/event": len(json.dumps(batch)) // 1024,
        "kilobytes/memory/largest": functions.run("push-vendor", [largest]).peak_kb,
        "records/memory/largest": len(largest["Records"]),
    }


def _largest(records: list[Event]) -> Event:
    """Return the event with as many of the records as Lambda hands over."""
    size, fitting = 0, 0
    for record in records:
        size += len(json.dumps(record)) + len(", ")
        if size > _MAX_EVENT_BYTES:
            break
        fitting += 1
    return {"Records": records[:fitting]}
