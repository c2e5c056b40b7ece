"""Adds up what `cargo test` reported in the given log files and prints it as one line.

Usage: totals.py LOG...
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_RESULT = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;", re.MULTILINE)


def total(logs: list[Path]) -> tuple[int, int, int]:
    """Tests passed, failed and skipped. A log that is not there counts nothing: its step was not reached."""
    results = [match for log in logs if log.exists() for match in _RESULT.findall(log.read_text(errors="replace"))]
    passed, failed, skipped = (sum(int(result[column]) for result in results) for column in range(3))
    return passed, failed, skipped


if __name__ == "__main__":
    passed, failed, skipped = total([Path(argument) for argument in sys.argv[1:]])
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
