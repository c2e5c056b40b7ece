"""What one app, group or feature meets by itself, whatever the size of the stack."""

from __future__ import annotations

import math

from .inputs import PARALLEL, WAIT_MS, inputs, setting
from .limits import a_day
from .loads import DAY, HOUR
from .text import rounded, short, table
from .usage import Usage, milliseconds

# Members of a page, and a large group.
_PAGE, _LARGE = 500, 100_000
# Users a second to whom an app's tasks push, by default.
_TASKS = 100
# Stored callbacks of an app that are queued in a day, and the units of their four partitions.
_DUE_A_DAY, _CALLBACK_UNITS = 5_000 * 24 * 60, 4_000


def own() -> str:
    """Return the table."""
    numbers = _groups_and_tasks() | _callbacks()
    rows = [[one["name"], one["limit"].format(**numbers), one["do"]] for one in inputs()["own"]]
    return table(["what", "limit", "what to do"], "lll", rows)


def _groups_and_tasks() -> dict[str, str]:
    waves = 2 + math.ceil(_PAGE / inputs()["parallel"]["receivers"])
    work = milliseconds(_PAGE * inputs()["measured"]["decide"])
    page = (work + waves * WAIT_MS["dynamodb"] + WAIT_MS["sqs"]) / 1000
    return {
        "page": rounded(page),
        "large": rounded(page * _LARGE / _PAGE / 60),
        "million": rounded(1e6 / _TASKS / HOUR),
        "hundred": rounded(100e6 / _TASKS / DAY),
    }


def _callbacks() -> dict[str, str]:
    pushes = Usage.standing().pushes
    calls = setting("DeliverCallback", "MaximumConcurrency") * PARALLEL["server"] * 1000 / WAIT_MS["server"]
    an_hour = {name: size * pushes / _DUE_A_DAY for name, size in (("drain_1", 1e6), ("drain_100", 100e6))}
    return {
        "callbacks": rounded(calls),
        "callback_messages": short(a_day(calls / pushes)),
        "stored": short(a_day(_CALLBACK_UNITS / pushes)),
    } | {name: rounded(hours) for name, hours in an_hour.items()}
