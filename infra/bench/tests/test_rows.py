"""Tests of verdicts: met, missed, reported, not measured."""

from __future__ import annotations

import unittest

from bench.results import Results
from bench.rows import ROWS, Row, one, worst


def _results(**numbers: float) -> Results:
    return Results(numbers={name.replace("__", "/"): it for name, it in numbers.items()})


class Verdicts(unittest.TestCase):
    def test_a_budget_is_met_up_to_itself(self) -> None:
        row = Row("a", "", one("a"), budget=100)
        self.assertEqual(row.verdict(_results(a=100)), "met")
        self.assertEqual(row.verdict(_results(a=101)), "misses by 1 %")
        self.assertEqual(row.verdict(_results(a=177)), "misses by 77 %")

    def test_a_small_miss_is_never_rounded_to_nothing(self) -> None:
        self.assertEqual(Row("a", "", one("a"), budget=1000).verdict(_results(a=1001)), "misses by 1 %")

    def test_a_budget_may_be_a_lower_limit(self) -> None:
        row = Row("a", "", one("a"), budget=5, at_least=True)
        self.assertEqual(row.verdict(_results(a=8)), "met")
        self.assertEqual(row.verdict(_results(a=4)), "misses by 20 %")

    def test_a_budget_of_nothing_is_missed_by_anything(self) -> None:
        row = Row("a", "", one("a"), budget=0)
        self.assertEqual((row.verdict(_results(a=0)), row.verdict(_results(a=1))), ("met", "misses by 100 %"))

    def test_what_has_no_budget_is_reported_and_what_was_not_measured_says_so(self) -> None:
        self.assertEqual(Row("a", "", one("a")).verdict(_results(a=1)), "reported")
        self.assertEqual(Row("a", "", one("a"), budget=1).verdict(_results()), "not measured")

    def test_the_worst_is_named_and_what_has_a_row_of_its_own_is_left_out(self) -> None:
        take = worst("bytes/zipped/", "push-vendor")
        results = _results(**{"bytes__zipped__a": 1, "bytes__zipped__b": 3, "bytes__zipped__push-vendor": 9})
        self.assertEqual((take(results), take(Results())), ((3, "b, of 2"), None))

    def test_superfluous_requests_are_counted_and_their_vendor_is_named(self) -> None:
        (row,) = (it for it in ROWS if it.name == "requests")
        ideal = {"ideal/push/fcm/equal": 10.0, "ideal/push/oppo/equal": 1.0}
        equal = Results(numbers=ideal | {"requests/push/fcm/equal": 10.0, "requests/push/oppo/equal": 1.0})
        more = Results(numbers=ideal | {"requests/push/fcm/equal": 10.0, "requests/push/oppo/equal": 3.0})
        self.assertEqual((row.take(equal), row.take(more)), ((0, ""), (2, "oppo/equal")))
        self.assertEqual((row.verdict(equal), row.verdict(more)), ("met", "misses by 100 %"))

    def test_no_two_rows_have_the_same_name(self) -> None:
        names = [row.name for row in ROWS]
        self.assertEqual(len(names), len(set(names)))
