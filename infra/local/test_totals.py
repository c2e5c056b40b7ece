"""Tests of the totals, on logs of `cargo test`, Maven Surefire and Vitest."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from totals import total

_CARGO = """\
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
"""
_SUREFIRE = """\
[INFO] Tests run: 6, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in curlew.client.InboxTest
[ERROR] Tests run: 9, Failures: 1, Errors: 1, Skipped: 3, Time elapsed: 31 s <<< FAILURE! -- in curlew.story.StoryTest
[INFO] Results:
[ERROR] Tests run: 15, Failures: 1, Errors: 1, Skipped: 3
"""
_VITEST = """\
 Test Files  1 failed | 2 passed (3)
      Tests  1 failed | 166 passed | 2 skipped (169)
"""


class Totals(unittest.TestCase):
    def total(self, *texts: str) -> tuple[int, int, int]:
        with tempfile.TemporaryDirectory() as folder:
            logs = [Path(folder, str(number)) for number in range(len(texts))]
            for log, text in zip(logs, texts):
                log.write_text(text)
            return total([*logs, Path(folder, "missing")])

    def test_cargo_reports_each_binary(self) -> None:
        self.assertEqual(self.total(_CARGO), (15, 2, 1))

    def test_surefire_reports_a_run_once_and_counts_what_failed_among_it(self) -> None:
        self.assertEqual(self.total(_SUREFIRE), (10, 2, 3))

    def test_vitest_names_what_there_was(self) -> None:
        self.assertEqual(self.total(_VITEST), (166, 1, 2))
        self.assertEqual(self.total("      Tests  168 passed (168)\n"), (168, 0, 0))

    def test_all_logs_count(self) -> None:
        self.assertEqual(self.total(_CARGO, _SUREFIRE), (25, 4, 4))


if __name__ == "__main__":
    unittest.main()
