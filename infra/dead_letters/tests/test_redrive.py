"""Records go back to their queue: none is lost wherever a run is interrupted, at the pace that was asked for."""

from __future__ import annotations

import json
import unittest
from collections.abc import Callable

from dead_letters.queues import Queue
from dead_letters.record import CRASHED, DeadLetter
from dead_letters.redrive import Moved, Redrive

from .fake_sqs import DEAD, QUEUE, FakeSqs

_QUEUE = Queue("dispatch", QUEUE, DEAD)


def record(number: int) -> str:
    """Return the text of a message's record."""
    return json.dumps({"v": "1", "jobs": [{"app": "acme#chat", "receivers": [{"user": "ann", "msg_id": f"m{number}"}]}]})


def redrive(
    sqs: FakeSqs, rate: float = 1000, wanted: Callable[[DeadLetter], bool] = lambda _: True, limit: int | None = None, queue: Queue = _QUEUE
) -> Moved:
    """Run a redrive."""
    return Redrive(sqs, queue, rate, sqs.clock, lambda _: None).run(wanted, limit)


class RedriveTest(unittest.TestCase):
    """Runs over a queue in memory."""

    def setUp(self) -> None:
        self.sqs = FakeSqs()
        self.texts = [record(number) for number in range(25)]

    def fill(self) -> FakeSqs:
        """Return queues with 25 dead letters."""
        sqs = FakeSqs()
        for text in self.texts:
            sqs.put(text)
        return sqs

    def test_every_record_goes_back_as_it_was(self) -> None:
        sqs = self.fill()
        moved = redrive(sqs)
        self.assertEqual((moved.moved, moved.twice, sqs.texts(DEAD), sqs.texts(QUEUE)), (25, 0, [], self.texts))

    def test_a_second_run_changes_nothing(self) -> None:
        sqs = self.fill()
        redrive(sqs)
        self.assertEqual(redrive(sqs).moved, 0)
        self.assertEqual(sqs.texts(QUEUE), self.texts)

    def test_an_interruption_at_any_call_loses_no_record_and_repeats_ten_at_most(self) -> None:
        calls = self.fill()
        redrive(calls)
        for number in range(1, len(calls.calls) + 1):
            for after in (False, True):
                sqs = self.fill()
                sqs.interrupted = (number, after)
                with self.assertRaises(KeyboardInterrupt):
                    redrive(sqs)
                self.assertEqual(set(sqs.texts(DEAD)) | set(sqs.texts(QUEUE)), set(self.texts), (number, after))
                # What the interrupted run hid appears by itself.
                sqs.clock.sleep(121)
                redrive(sqs)
                self.assertEqual((sqs.texts(DEAD), set(sqs.texts(QUEUE))), ([], set(self.texts)))
                self.assertLessEqual(len(sqs.texts(QUEUE)), 25 + 10)

    def test_no_second_has_more_records_than_the_rate(self) -> None:
        for rate in (0.5, 1, 4, 10, 20):
            sqs = self.fill()
            began = sqs.clock.time
            redrive(sqs, rate)
            sent = sorted(int(it.system["SentTimestamp"]) / 1000 - began for it in sqs.queues[QUEUE])
            self.assertEqual(len(sent), 25)
            # In every stretch of time, a batch at its beginning and the rate after it.
            for first in range(25):
                for last in range(first, 25):
                    self.assertLessEqual(last - first + 1, max(1, min(10, rate)) + rate * (sent[last] - sent[first]) + 0.01)

    def test_a_record_is_marked_as_moved_back_and_keeps_its_other_attributes(self) -> None:
        self.sqs.put(record(1), "not a record of this queue: data error", reads="2")
        redrive(self.sqs)
        (sent,) = self.sqs.queues[QUEUE]
        self.assertEqual({name: value["StringValue"] for name, value in sent.attributes.items()}, {"reads": "2", "redriven": "1"})
        self.assertEqual(sent.system["MessageGroupId"], "acme#chat")

    def test_a_record_that_came_back_counts_its_returns(self) -> None:
        self.sqs.put(record(1), redriven="3")
        redrive(self.sqs)
        self.assertEqual(self.sqs.queues[QUEUE][0].attributes["redriven"]["StringValue"], "4")

    def test_an_erasure_gets_its_tries_anew(self) -> None:
        erase = {"v": "user-1", "app": "acme#chat", "user": "ann", "at": 5, "sweep": 1}
        self.sqs.put(json.dumps(erase | {"attempts": 300}), "the erasure failed 300 times, at last: throttled")
        redrive(self.sqs, queue=Queue("erase", QUEUE, DEAD))
        self.assertEqual([json.loads(text) for text in self.sqs.texts(QUEUE)], [erase])

    def test_only_records_of_the_wanted_reason_go_back_and_the_others_are_shown_again(self) -> None:
        for number, text in enumerate(self.texts):
            self.sqs.put(text, "a" if number % 2 else None)
        moved = redrive(self.sqs, wanted=lambda record: record.reason == CRASHED)
        self.assertEqual((moved.moved, moved.left), (13, 12))
        self.assertEqual(set(self.sqs.texts(QUEUE)), set(self.texts[::2]))
        self.assertEqual(self.sqs.visible(), 12)

    def test_a_limit_moves_no_more(self) -> None:
        sqs = self.fill()
        self.assertEqual(redrive(sqs, limit=3).moved, 3)
        self.assertEqual((len(sqs.texts(QUEUE)), sqs.visible()), (3, 22))

    def test_records_that_fail_again_at_once_do_not_keep_the_run_going(self) -> None:
        sqs = self.fill()
        stored = sqs._store

        def fails_again(url: str, *more: object) -> object:
            sqs.clock.sleep(2)
            return stored(DEAD, *more)

        sqs._store = fails_again  # type: ignore[method-assign, assignment]
        self.assertEqual(redrive(sqs).moved, 25)

    def test_refused_records_stay_and_refused_deletions_are_told(self) -> None:
        sqs = self.fill()
        sqs.refusals = {"send_message_batch": 2}
        self.assertEqual(redrive(sqs).moved, 25, "a refused record is sent again")
        sqs = self.fill()
        sqs.refusals = {"send_message_batch": 30}
        moved = redrive(sqs, limit=10)
        self.assertEqual((moved.refused, len(sqs.texts(DEAD)) + len(sqs.texts(QUEUE))), (10, 25))
        sqs = self.fill()
        sqs.refusals = {"delete_message_batch": 30}
        moved = redrive(sqs)
        self.assertEqual((moved.moved, moved.twice, len(sqs.texts(DEAD))), (15, 10, 10))

    def test_large_records_share_no_request_that_sqs_refuses(self) -> None:
        for number in range(6):
            self.sqs.put(json.dumps({"v": "1", "jobs": [], "number": number, "text": "x" * 100_000}))
        self.assertEqual(redrive(self.sqs).moved, 6)


if __name__ == "__main__":
    unittest.main()
