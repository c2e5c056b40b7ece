"""Reads what the model is made from: `inputs.toml`, the counts of messages, the template and the prices."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from local.costs import PARALLEL, PRICES, WAIT_MS

ROOT = Path(__file__).parents[2]
INPUTS = Path(__file__).with_name("inputs.toml")
COUNTS = ROOT / "tests/fixtures/cost.json"
TEMPLATE = ROOT / "infra/template.yaml"

__all__ = ["PARALLEL", "PRICES", "ROOT", "WAIT_MS", "counted", "inputs", "metrics_of_alarms", "parameter", "pushes_of", "queues", "setting"]


@cache
def inputs() -> dict[str, Any]:
    """Return the inputs of the model."""
    return tomllib.loads(INPUTS.read_text())


@cache
def _counts() -> dict[str, dict[str, dict[str, float]]]:
    return json.loads(COUNTS.read_text())


def pushes_of(scenario: str) -> float:
    """Return the pushes of a message of a counted scenario with one message a request."""
    return round(1 / _counts()[scenario]["client POST"]["billed"])


def counted(scenario: str, table: str, unit: str) -> float:
    """Return the units of a table that a message of a counted scenario uses."""
    calls = _counts()[scenario].items()
    return pushes_of(scenario) * sum(used[unit] for call, used in calls if call.endswith(f" {table}"))


@cache
def _resource(name: str) -> str:
    """Return the text of a resource or parameter of the template."""
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", TEMPLATE.read_text(), re.MULTILINE)
    if not found:
        raise LookupError(f"{TEMPLATE.name} has no {name}")
    return found[1]


def setting(resource: str, name: str) -> int:
    """Return a number that the template gives a resource, `MaximumConcurrency` for example."""
    found = re.search(rf"\b{name}: (\d+)", _resource(resource))
    if not found:
        raise LookupError(f"{resource} of {TEMPLATE.name} has no {name}")
    return int(found[1])


def parameter(name: str) -> int:
    """Return the default of a parameter of the template."""
    return setting(name, "Default")


def metrics_of_alarms() -> int:
    """Return the metrics that the template's alarms look at. CloudWatch bills each."""
    resources = re.split(r"^  (?=\w+:\n)", TEMPLATE.read_text(), flags=re.MULTILINE)
    return sum(max(1, text.count("MetricStat")) for text in resources if "Type: AWS::CloudWatch::Alarm" in text)


def queues() -> int:
    """Return the number of queues that Lambda polls."""
    return TEMPLATE.read_text().count("ScalingConfig: {")
