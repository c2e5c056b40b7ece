"""Tests that what is committed agrees: the baseline, the reasons of missed rows, and the page of the documents."""

from __future__ import annotations

import unittest

from bench.results import BASELINE, Results
from bench.table import PAGE, missed, page, reasons, table


class Committed(unittest.TestCase):
    def setUp(self) -> None:
        self.results = Results.read(BASELINE)

    def test_exactly_the_missed_rows_say_why_and_what_comes_next(self) -> None:
        self.assertEqual(missed(self.results), set(reasons()))
        for reason in reasons().values():
            self.assertTrue(reason.why.endswith(".") and reason.next.endswith("."))

    def test_the_page_shows_the_accepted_numbers(self) -> None:
        text = PAGE.read_text()
        self.assertEqual(text, page(self.results, text), "make bench ACCEPT=1 writes it")

    def test_a_missed_row_without_a_reason_is_told(self) -> None:
        results = Results(numbers={"units/cost/write": 99})
        self.assertIn("| 99 | misses by 4850 % |", table(results))
        self.assertIn("no reason is written", table(results))
