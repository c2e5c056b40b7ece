"""Counts the instructions of a message in the functions that it passes through, all in: the runtime, the AWS SDK and our
code. Messages come alone, and in full batches.

The functions run against a Runtime API of the bench. They use the stack's tables and vendors, and queues of their own. The
records that one function queues are the next function's events. The difference between a long and a short run is the cost
of the messages.
"""

from __future__ import annotations

from pathlib import Path

from .app import USERS, App
from .deployed_functions import RECORDS, Functions, batches, stack_state
from .progress import say
from .results import Numbers
from .runtime_api import Event

# Measured invocations with one message, and with a full batch.
_ALONE, _FULL = 5, 2
# Events of the run that is taken off. The first fills the caches.
_FEW = 2


def message_costs(binaries: Path) -> Numbers:
    """Return the instructions of a message in every function."""
    state = stack_state()
    app, functions = App(state), Functions(binaries, state)
    app.open()
    costs: Numbers = {}
    for kind, measured in (("alone", _ALONE), ("full", _FULL)):
        number = _events(measured)
        requests = [app.alone() if kind == "alone" else app.full() for _ in range(number)]
        costs |= _cost(functions, "ingest-message", kind, requests, 1 if kind == "alone" else USERS)
    for function, size in RECORDS.items():
        for kind, measured, of in (("alone", _ALONE, 1), ("full", _FULL, size)):
            needed = _events(measured) * of
            records = functions.records_for(function, [app.alone() for _ in range(needed)])
            if len(records) != needed:
                raise SystemExit(f"{needed} messages became {len(records)} records for {function}")
            costs |= _cost(functions, function, kind, batches(records, of), of)
    return costs


def _events(measured: int) -> int:
    """Return the events of a measurement: one before the two runs, the short run, and the long one."""
    return 1 + _FEW + _FEW + measured


def _cost(functions: Functions, function: str, kind: str, events: list[Event], messages: int) -> Numbers:
    """Count what the measured events take. No event is handled twice, because a repeat takes another way."""
    say(f"messages in {function}, {kind}")
    # Fills what processes share, such as the vendor's access token.
    functions.run(function, events[:1])
    few, many = events[1 : 1 + _FEW], events[1 + _FEW :]
    less = functions.run(function, few, counted=True).instructions
    more = functions.run(function, many, counted=True).instructions
    return {f"instructions/message/{function}/{kind}": (more - less) // ((len(many) - len(few)) * messages)}
