"""Lets CloudFormation create alarms on metric math, which the emulator refuses. It keeps such an alarm as one on its first
metric, without actions. Nothing on the local stack goes by the state of an alarm.
"""

from __future__ import annotations

from typing import Any

import inside


def install() -> None:
    """Replace what reads the properties of an alarm."""
    inside.ALARM.wrap(_reading_first_metric)


def _reading_first_metric(record: Any) -> Any:
    return lambda name, props: record(name, on_first_metric(props))


def on_first_metric(props: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of an alarm on one metric: the given ones, or those of the first metric of an expression."""
    if "Metrics" not in props:
        return props
    first = next(it["MetricStat"] for it in props["Metrics"] if "MetricStat" in it)
    others = {name: value for name, value in props.items() if name != "Metrics"}
    return others | first["Metric"] | {"Period": first["Period"], "Statistic": first["Stat"], "ActionsEnabled": False}
