"""Tests of the comparison with the baseline."""

from __future__ import annotations

import unittest

from bench.baseline import grown, other_tools
from bench.results import Results

_NAME = "instructions/start/push-vendor"


def _of(numbers: dict[str, float], architecture: str = "x86_64") -> Results:
    return Results(tools={"architecture": architecture}, numbers=numbers)


class Growth(unittest.TestCase):
    def test_more_than_two_percent_is_growth(self) -> None:
        before = _of({_NAME: 1000})
        self.assertEqual(grown(_of({_NAME: 1020}), before), [])
        self.assertEqual(grown(_of({_NAME: 1030}), before), [f"{_NAME}: 1,030, 3.0 % more than 1,000"])
        self.assertEqual(grown(_of({_NAME: 500}), before), [])

    def test_a_number_that_nobody_accepted_is_growth(self) -> None:
        self.assertEqual(grown(_of({_NAME: 5}), _of({})), [f"{_NAME}: 5, and not in the baseline"])

    def test_what_was_nothing_must_stay_nothing(self) -> None:
        name = "tries/held/calls during a retry after"
        self.assertEqual(grown(_of({name: 0}), _of({name: 0})), [])
        self.assertEqual(len(grown(_of({name: 1}), _of({name: 0}))), 1)

    def test_time_and_memory_are_reported_only(self) -> None:
        numbers = {"microseconds/firebase/curlew": 9.0, "kilobytes/memory/batch": 9.0, "ratio/firebase/cheaper": 9.0}
        self.assertEqual(grown(_of(numbers), _of(dict.fromkeys(numbers, 1.0))), [])

    def test_other_tools_make_other_instructions_and_the_same_requests(self) -> None:
        now, before = {_NAME: 9.0, "requests/push/fcm/equal": 9.0}, {_NAME: 1.0, "requests/push/fcm/equal": 1.0}
        self.assertEqual(len(grown(_of(now), _of(before))), 2)
        self.assertEqual(len(grown(_of(now, "aarch64"), _of(before))), 1)
        self.assertIsNone(other_tools(_of(now), _of(before)))
        self.assertIn("aarch64", other_tools(_of(now, "aarch64"), _of(before)) or "")
