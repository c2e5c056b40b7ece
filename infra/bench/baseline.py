"""Compares what repeats with the committed baseline, `tests/fixtures/bench.json`."""

from __future__ import annotations

from .results import Results

# More than this factor is growth.
TOLERATED = 1.02
# Units of numbers that are the same in every run. Time of the processor and memory are not, and are only reported.
HELD = ("instructions", "requests", "dollars", "units", "bytes", "connections", "tries")
# Only the same tools on the same processor make the same instructions and bytes.
_OF_TOOLS = ("instructions", "bytes")


def other_tools(measured: Results, baseline: Results) -> str | None:
    """Return why instructions and bytes cannot be compared, if they cannot."""
    if measured.tools == baseline.tools:
        return None
    here, there = (" ".join(it.tools.values()) for it in (measured, baseline))
    return f"instructions and bytes are not compared: measured with {here}, the baseline with {there}"


def grown(measured: Results, baseline: Results) -> list[str]:
    """Return what grew, and what the baseline does not know."""
    held = HELD if other_tools(measured, baseline) is None else tuple(it for it in HELD if it not in _OF_TOOLS)
    found = []
    for name, now in sorted(measured.numbers.items()):
        if name.split("/")[0] not in held:
            continue
        before = baseline.numbers.get(name)
        if before is None:
            found.append(f"{name}: {now:,.6g}, and not in the baseline")
        elif now > before * TOLERATED:
            more = f"{(now / before - 1) * 100:.1f} % more" if before else "more"
            found.append(f"{name}: {now:,.6g}, {more} than {before:,.6g}")
    return found
