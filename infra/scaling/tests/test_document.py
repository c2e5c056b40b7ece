"""The document holds what the model says."""

from __future__ import annotations

import unittest

from scaling.document import BLOCKS, DOCUMENT, written


class DocumentTest(unittest.TestCase):
    """`docs/scaling.md`."""

    def test_the_tables_are_those_of_the_model(self) -> None:
        text = DOCUMENT.read_text()
        self.assertTrue(written(text) == text, "docs/scaling.md is stale: run `make docs`, and commit it")

    def test_a_stale_table_is_written_anew_and_the_rest_stays(self) -> None:
        text = written(DOCUMENT.read_text())
        stale = text.replace("| 256 MB |", "| 255 MB |")
        self.assertTrue(stale != text and written(stale) == text)

    def test_a_document_without_its_marks_is_refused(self) -> None:
        with self.assertRaisesRegex(LookupError, "lacks the marks"):
            written("# Scaling\n")

    def test_the_answer_stands_in_the_first_ten_lines(self) -> None:
        lines = DOCUMENT.read_text().split("<!-- answer: end -->")[0].splitlines()
        answers = [line for line in lines if line.startswith("- **")]
        self.assertEqual(len(answers), len(BLOCKS["answer"]().splitlines()))
        self.assertLessEqual(len([line for line in lines if line and not line.startswith("<!--")]), 10)


if __name__ == "__main__":
    unittest.main()
