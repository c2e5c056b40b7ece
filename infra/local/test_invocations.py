"""Tests of the note of invocations, on a function of the test's own.

Usage: LOG_LEVEL=ERROR python -m unittest discover --start-directory infra/local
"""

from __future__ import annotations

import unittest
from typing import Any

import invocations

NAME = "invoked"


def call(result: Any) -> Any:
    """Invoke a function that returns this result. Return what the page says while it runs."""
    seen = []

    def execute(*_given: Any) -> Any:
        seen.append(invocations._page())
        return result

    invocations._noted(execute)({}, {"FunctionName": NAME}, {}, "the-id", 0.0)
    return seen[0]


class Invocations(unittest.TestCase):
    """What the page says of a function."""

    def died(self) -> int:
        died: int = invocations._page()["died"].get(NAME, 0)
        return died

    def test_an_invocation_is_under_way_until_it_returns(self) -> None:
        self.assertEqual(call({"body": {}})["running"][NAME], ["the-id"])
        self.assertNotIn(NAME, invocations._page()["running"])

    def test_only_a_process_that_had_the_invocation_counts_as_died(self) -> None:
        before = self.died()
        for body in ({"errorType": "Runtime.Unknown"}, {"errorType": "Sandbox.Timedout"}, {"errorType": "Ours"}):
            call({"error": True, "body": body})
        call({"body": {"errorType": "Runtime.ExitError"}})
        call({"error": True, "body": "text"})
        self.assertEqual(self.died(), before)
        call({"error": True, "body": {"errorType": "Runtime.ExitError"}})
        self.assertEqual(self.died(), before + 1)

    def test_a_process_that_starts_or_has_answered_has_no_invocation(self) -> None:
        seen = []

        def look(*_given: Any) -> None:
            seen.append(NAME in invocations._page()["running"])

        def execute(*_given: Any) -> Any:
            invocations._starting(look)()
            look()
            invocations._answered(look)()
            return {}

        invocations._noted(execute)({}, {"FunctionName": NAME}, {}, "the-id", 0.0)
        self.assertEqual(seen, [False, True, False])

    def test_an_invocation_that_raises_is_not_under_way_any_more(self) -> None:
        def fails(*_given: Any) -> Any:
            raise ValueError

        with self.assertRaises(ValueError):
            invocations._noted(fails)({}, {"FunctionName": NAME}, {}, "the-id", 0.0)
        self.assertNotIn(NAME, invocations._page()["running"])


if __name__ == "__main__":
    unittest.main()
