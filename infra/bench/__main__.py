"""Measures, prints the table of all budgets, and compares with the baseline. The local stack must run.

Parts that are named are measured; the numbers of the others are those of the run before, in .local/bench.json.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from settings import LOCAL

from .baseline import grown, other_tools
from .binaries import zipped_sizes
from .cost import aws_costs
from .firebase import firebase_costs
from .held import held
from .memory import memory
from .messages import message_costs
from .progress import say
from .pushes import push_costs
from .results import BASELINE, MEASURED, Numbers, Results, tools
from .rows import PROCESSOR_TIME, ROWS
from .starts import start_costs
from .table import PAGE, details, missed, page, reasons, table
from .transports import transport_costs

_TABLE = LOCAL / "bench.md"
# Parts that another run measures anew. The others read files, or repeat tests with fixed seeds.
_REPEATED = ("start", "push", "transport", "firebase", "message", "memory")


def main(arguments: Iterable[str] | None = None) -> int:
    """Entry point."""
    chosen = _arguments(arguments)
    if not shutil.which("valgrind"):
        raise SystemExit("valgrind is needed to count instructions (apt-get install valgrind)")
    results = Results.read(MEASURED) if chosen.parts else Results(noise=Results.read(BASELINE).noise)
    results.tools = tools()
    for name, measure in _parts(chosen).items():
        if chosen.parts and name not in chosen.parts:
            continue
        began = time.monotonic()
        say(f"part {name}")
        results.replace(name, [measure() for _ in range(chosen.repeat if name in _REPEATED else 1)])
        say(f"part {name} took {time.monotonic() - began:.0f} s")
        results.write(MEASURED)
    _TABLE.write_text(f"{table(results)}\n\n{details(results)}\n")
    print(table(results))
    if chosen.accept:
        _accept(results)
    return _judge(results, same_tools=chosen.same_tools)


def _accept(results: Results) -> None:
    """Write the baseline and the page of the documents."""
    missing = [row.name for row in ROWS if row.take(results) is None]
    if missing:
        raise SystemExit(f"not accepted, because these rows were not measured: {', '.join(missing)}")
    results.write(BASELINE)
    PAGE.write_text(page(results, PAGE.read_text()))
    say(f"accepted: {BASELINE.name} and {PAGE.name} are written")


def _parts(chosen: argparse.Namespace) -> dict[str, Callable[[], Numbers]]:
    """Return what is measured, in order."""
    release, simulators = chosen.binaries, chosen.simulators
    push_cost = release / "push-cost"
    return {
        "zipped": lambda: zipped_sizes(release),
        "cost": aws_costs,
        "start": lambda: start_costs(release),
        "push": lambda: push_costs(push_cost, simulators),
        "transport": lambda: transport_costs(push_cost, simulators),
        "firebase": lambda: firebase_costs(push_cost, simulators),
        "message": lambda: message_costs(release),
        "memory": lambda: memory(release),
        "held": held,
    }


def _judge(results: Results, *, same_tools: bool) -> int:
    """Say what grew, and which reasons are missing or stale. Returns the exit status."""
    baseline = Results.read(BASELINE)
    other = other_tools(results, baseline)
    if other:
        say(other)
    more = grown(results, baseline)
    for it in more:
        say(f"grown: {it}")
    # Whoever else works on the machine changes processor time, so nothing is judged by it.
    judged = {row.name for row in ROWS if row.take(results) is not None and row.unit != PROCESSOR_TIME}
    short, told = missed(results) & judged, set(reasons()) & judged
    for name in sorted(short - told):
        say(f"the row {name!r} misses its budget, and infra/bench/reasons.json does not say why")
    for name in sorted(told - short):
        say(f"the row {name!r} is met: remove its reason from infra/bench/reasons.json")
    if more:
        say("if it must be so: make bench ACCEPT=1")
    return 1 if more or short != told or (other and same_tools) else 0


def _arguments(arguments: Iterable[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("binaries", type=Path, help="folder of the release binaries")
    parser.add_argument("simulators", type=Path, help="the binary vendor-simulators")
    parser.add_argument("--accept", action="store_true", help="write the baseline anew")
    parser.add_argument("--same-tools", action="store_true", help="fail where the tools are not those of the baseline")
    parser.add_argument("--parts", type=str.split, default=[], help="the parts to measure; without it all")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each part, which show how much their numbers differ")
    return parser.parse_args(None if arguments is None else list(arguments))


if __name__ == "__main__":
    sys.exit(main())
