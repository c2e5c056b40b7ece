"""Tests of results: parts replace their own numbers, and repeated runs show how far they are apart."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from bench.results import Results


class Parts(unittest.TestCase):
    def test_a_part_replaces_its_own_numbers_and_no_others(self) -> None:
        results = Results(numbers={"bytes/zipped/gone": 1, "instructions/start/a": 2})
        results.replace("zipped", [{"bytes/zipped/a": 3}])
        self.assertEqual(results.numbers, {"bytes/zipped/a": 3, "instructions/start/a": 2})

    def test_the_median_counts_and_the_largest_difference_is_noted(self) -> None:
        results = Results()
        runs = [(100, 50), (110, 50), (102, 51)]
        results.replace("start", [{"instructions/start/a": a, "instructions/start/b": b} for a, b in runs])
        self.assertEqual(results.numbers, {"instructions/start/a": 102, "instructions/start/b": 50})
        self.assertEqual(results.noise, {"instructions/start": round(10 / 102, 6)})

    def test_one_run_says_nothing_about_differences(self) -> None:
        results = Results(noise={"instructions/start": 0.1})
        results.replace("start", [{"instructions/start/a": 1}])
        self.assertEqual(results.noise, {"instructions/start": 0.1})

    def test_what_is_written_is_read_again(self) -> None:
        results = Results({"architecture": "x86_64"}, {"units/cost/read": 1.5}, {"units/cost": 0.0})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "bench.json")
            self.assertEqual(Results.read(path), Results())
            results.write(path)
            self.assertEqual(Results.read(path), results)
