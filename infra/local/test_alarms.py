"""Tests of alarms on metric math."""

from __future__ import annotations

import unittest

import alarms

ON_ONE_METRIC = {
    "Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": [{"Name": "FunctionName", "Value": "f"}],
    "Period": 300, "Statistic": "Sum", "Threshold": 4,
}  # fmt: skip


class OnFirstMetric(unittest.TestCase):
    """The properties that the emulator reads."""

    def test_an_alarm_on_one_metric_stays_as_it_is(self) -> None:
        self.assertIs(alarms.on_first_metric(ON_ONE_METRIC), ON_ONE_METRIC)

    def test_an_alarm_on_an_expression_becomes_one_on_its_first_metric_without_actions(self) -> None:
        metric = {name: ON_ONE_METRIC[name] for name in ("Namespace", "MetricName", "Dimensions")}
        metrics = [{"Id": "share", "Expression": "a / 2"}, {"Id": "a", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}}]
        props = alarms.on_first_metric({"Metrics": metrics, "Threshold": 4})
        self.assertEqual(props, ON_ONE_METRIC | {"ActionsEnabled": False})


if __name__ == "__main__":
    unittest.main()
