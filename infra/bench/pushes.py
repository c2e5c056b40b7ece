"""Counts requests and instructions of pushes to 1000 device tokens of each vendor.

The pushes carry one notification, or different ones where the vendor can merge them. The difference between a long and a
short run is the cost of the pushes.
"""

from __future__ import annotations

import math
from pathlib import Path

from .callgrind import counted
from .progress import say
from .results import Numbers
from .simulators import Simulators, Vendor, running, vendors

TOKENS = 1000
# Meizu accepts five messages a minute for a phone.
_FEW_TIMES, _MANY_TIMES = 1, 5
# Honor publishes no limit, so a call has 500 tokens unless the notifier says more.
_MAX_TOKENS = {"honor": 500}
# vivo takes a list's notification by a request of its own.
_REQUESTS_BEFORE = {"vivo": 1}


def push_costs(push_cost: Path, program: Path) -> Numbers:
    """Return requests and instructions of every vendor's pushes, and the fewest requests that the vendor allows."""
    costs: Numbers = {}
    with running(program) as simulators:
        for vendor in vendors(program):
            costs |= _costs(push_cost, simulators, vendor, "equal")
            if vendor.max_merged:
                costs |= _costs(push_cost, simulators, vendor, "different")
    return costs


def _costs(push_cost: Path, simulators: Simulators, vendor: Vendor, kind: str) -> Numbers:
    say(f"{kind} pushes through {vendor.name}")
    more = ["--different"] if kind == "different" else []

    def instructions(times: int) -> int:
        return counted([str(push_cost), vendor.name, str(TOKENS), str(times), simulators.http, *more])

    few = instructions(_FEW_TIMES)
    before = simulators.sends(vendor.name)
    many = instructions(_MANY_TIMES)
    return {
        f"requests/push/{vendor.name}/{kind}": (simulators.sends(vendor.name) - before) // _MANY_TIMES,
        f"ideal/push/{vendor.name}/{kind}": _ideal(vendor, kind),
        f"instructions/push/{vendor.name}/{kind}": (many - few) // (_MANY_TIMES - _FEW_TIMES) // TOKENS,
    }


def _ideal(vendor: Vendor, kind: str) -> int:
    """Return the fewest requests that the vendor allows for the tokens."""
    usual = _MAX_TOKENS.get(vendor.name, vendor.max_tokens)
    return _REQUESTS_BEFORE.get(vendor.name, 0) + math.ceil(TOKENS / (usual if kind == "equal" else vendor.max_merged or 1))
