"""Adds up the results of `cargo test`, Maven Surefire and Vitest in the given log files, and prints them on one line.

Usage: totals.py LOG...
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

Totals = tuple[int, int, int]

_CARGO = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;", re.MULTILINE)
# The sum of a run. The lines of single classes have more text after the numbers.
_SUREFIRE = re.compile(r"^\[\w+\] Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)$", re.MULTILINE)

# `Tests  1 failed | 166 passed | 1 skipped (168)`
_VITEST = re.compile(r"^ +Tests +(.+) \(\d+\)$", re.MULTILINE)


def total(logs: list[Path]) -> Totals:
    """Return the tests that passed, failed and were skipped. A missing log counts nothing: its step was not reached."""
    results = [result for log in logs if log.exists() for result in _results(log.read_text(errors="replace"))]
    passed, failed, skipped = (sum(result[column] for result in results) for column in range(3))
    return passed, failed, skipped


def _results(log: str) -> list[Totals]:
    """Return the results of each run in a log."""
    cargo = [(int(passed), int(failed), int(ignored)) for passed, failed, ignored in _CARGO.findall(log)]
    surefire = [_surefire(*map(int, numbers)) for numbers in _SUREFIRE.findall(log)]
    return cargo + surefire + [_vitest(counts) for counts in _VITEST.findall(log)]


def _surefire(run: int, failures: int, errors: int, skipped: int) -> Totals:
    """Return the results of Surefire, which counts failed and skipped tests among those that it ran."""
    failed = failures + errors
    return run - failed - skipped, failed, skipped


def _vitest(counts: str) -> Totals:
    """Return the results of Vitest, which names only the numbers above zero."""
    named = {name: int(number) for number, name in (count.split(" ", 1) for count in counts.split(" | "))}
    return named.get("passed", 0), named.get("failed", 0), named.get("skipped", 0)


if __name__ == "__main__":
    passed, failed, skipped = total([Path(argument) for argument in sys.argv[1:]])
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
