"""What pushes cost on AWS, as `make cost` counts and prices it."""

from __future__ import annotations

import json

import costs
from settings import LOCAL

from .results import Numbers

COUNTED = LOCAL / "cost.json"
# The scenarios that have budgets.
ONE, MANY, GROUP = "one a request, busy", "100 a request, busy", "group of 500, 300 offline, alone"
KILOBYTE = "1 KB, one a request, busy"


def aws_costs() -> Numbers:
    """Return dollars for a million pushes, and the units that a push of 1 KB reads and writes."""
    scenarios = {it["name"]: costs.use_of(it) for it in json.loads(COUNTED.read_text())["scenarios"]}
    kilobyte = scenarios[KILOBYTE]
    return {f"dollars/cost/{name}": scenarios[name].price() for name in (ONE, MANY, GROUP)} | {
        "units/cost/read": kilobyte.total("dynamodb", "read_units"),
        "units/cost/write": kilobyte.total("dynamodb", "write_units"),
    }
