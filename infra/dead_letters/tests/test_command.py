"""The commands: a redrive names its queue and moves nothing unless it is told to."""

from __future__ import annotations

import contextlib
import io
import unittest

from dead_letters.__main__ import list_all, main, parsed, redrive
from dead_letters.queues import Queue

from .fake_sqs import DEAD, QUEUE, FakeSqs

_QUEUE = Queue("dispatch", QUEUE, DEAD)


class CommandTest(unittest.TestCase):
    """Commands on queues in memory."""

    def setUp(self) -> None:
        self.sqs = FakeSqs()
        for reason in (None, "not a record of this queue: data error"):
            self.sqs.put('{"v":"task-1","app":"acme#chat","task":"01M8","step":1}', reason)

    def _run(self, *arguments: str) -> str:
        chosen = parsed(arguments)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            status = list_all(self.sqs, [_QUEUE], chosen) if chosen.command == "list" else redrive(self.sqs, _QUEUE, chosen)
        self.assertEqual(status, 0)
        return said.getvalue()

    def test_a_redrive_without_a_queue_or_with_a_wrong_rate_is_refused(self) -> None:
        for arguments in (["--queue", ""], [], ["--queue", "dispatch", "--rate", "0"], ["--queue", "dispatch", "--limit", "0"]):
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                main(["redrive", "--apply", *arguments])

    def test_without_apply_nothing_is_moved_and_the_kinds_are_explained(self) -> None:
        said = self._run("redrive", "--queue", "dispatch")
        self.assertIn("2 records would go back; APPLY=1 moves them", said)
        self.assertIn("page of a task, if it comes twice: a page that ended is left out", said)
        self.assertEqual((len(self.sqs.texts(DEAD)), self.sqs.visible(), self.sqs.texts(QUEUE)), (2, 2, []))

    def test_a_reason_selects_in_both(self) -> None:
        self.assertIn("1 records would go back", self._run("redrive", "--queue", "dispatch", "--reason", "data error"))
        self.assertIn("1 records moved back, 1 left", self._run("redrive", "--queue", "dispatch", "--reason", "data error", "--apply"))
        self.assertIn("dispatch: 1 records", self._run("list", "--queue", "dispatch"))

    def test_records_that_others_hold_are_told(self) -> None:
        self.sqs.receive_message(DEAD, 1, 120)
        self.assertIn("dispatch: 1 records; 1 more are held by another reader", self._run("list"))


if __name__ == "__main__":
    unittest.main()
