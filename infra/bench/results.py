"""What was measured: numbers by name, such as `instructions/start/push-vendor`. The first word of a name is the number's
unit, the second the part of the bench that measures it.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from settings import LOCAL, ROOT

MEASURED = LOCAL / "bench.json"
BASELINE = ROOT / "tests" / "fixtures" / "bench.json"

Numbers = dict[str, float]


@dataclass
class Results:
    """Numbers, with the machine and the tools that they depend on, and how much each part's numbers differ between runs."""

    tools: dict[str, str] = field(default_factory=dict)
    numbers: Numbers = field(default_factory=dict)
    # Unit and part to the largest share, where a run was repeated.
    noise: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read results. There are none without the file."""
        return cls(**json.loads(path.read_text())) if path.exists() else cls()

    def write(self, path: Path) -> None:
        """Write results, sorted by name."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n")

    def replace(self, part: str, runs: list[Numbers]) -> None:
        """Put the numbers of a part in the place of its former ones: of each the median of the runs."""
        numbers = {name: statistics.median_low([run[name] for run in runs]) for name in runs[0]}
        self.numbers = {name: it for name, it in self.numbers.items() if part_of(name) != part} | numbers
        if len(runs) > 1:
            self.noise = {kind: it for kind, it in self.noise.items() if part_of(kind) != part} | _noise(runs, numbers)

    def under(self, prefix: str) -> Iterator[tuple[str, float]]:
        """Return the numbers whose names begin so, with the rest of their names."""
        return ((name.removeprefix(prefix), it) for name, it in self.numbers.items() if name.startswith(prefix))


def _noise(runs: list[Numbers], medians: Numbers) -> dict[str, float]:
    """Return for each unit of a part how far the runs are apart at most, as a share of the median."""
    noise: dict[str, float] = {}
    for name, median in medians.items():
        values = [run[name] for run in runs]
        apart = (max(values) - min(values)) / median if median else 0.0
        kind = "/".join(name.split("/")[:2])
        noise[kind] = round(max(noise.get(kind, 0.0), apart), 6)
    return noise


def part_of(name: str) -> str:
    """Return the part that measures a number."""
    return name.split("/")[1]


def tools() -> dict[str, str]:
    """Return what instructions and sizes depend on."""
    return {
        "architecture": platform.machine(),
        "rustc": _said("rustc", "--version").split(" (")[0],
        "valgrind": _said("valgrind", "--version"),
        "libc": "-".join(platform.libc_ver()),
    }


def _said(*command: str) -> str:
    return subprocess.check_output(command, text=True, cwd=ROOT).strip()
