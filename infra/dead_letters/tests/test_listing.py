"""A listing removes nothing, hides nothing, and says nothing of a person unless it is asked to."""

from __future__ import annotations

import json
import unittest
from pathlib import Path

from dead_letters import listing, queues
from dead_letters.kinds import UNREADABLE, app_of, kind_of
from dead_letters.queues import Queue, UnknownQueue

from .fake_sqs import DEAD, QUEUE, FakeSqs

_QUEUE = Queue("dispatch", QUEUE, DEAD)
_FIXTURES = Path(__file__).resolve().parents[3] / "tests" / "fixtures" / "upgrade"
_URLS = {
    "DispatchQueue": "https://sqs/1/curlew-prod-dispatch", "DispatchDeadLetterQueue": "https://sqs/1/curlew-prod-dispatch-dead-letter",
    "PushFcmQueue": "https://sqs/1/curlew-prod-push-fcm", "PushFcmDeadLetterQueue": "https://sqs/1/curlew-prod-push-fcm-dead-letter",
}  # fmt: skip


def read(sqs: FakeSqs, limit: int = 1000, show: int = 20) -> listing.Listing:
    """Read the dead-letter queue."""
    return listing.read(sqs, _QUEUE, limit, show)[0]


class ListingTest(unittest.TestCase):
    """Listings of a queue in memory."""

    def setUp(self) -> None:
        self.sqs = FakeSqs()
        self.text = json.dumps({
            "v": "1", "jobs": [{
                "app": "acme#chat", "content": {"from": "zoe", "body": {"msg": "secret text"}},
                "receivers": [{"user": "ann", "msg_id": "01M8PDWFNC8NH3EGH76P74R0J2"}, {"user": "bob", "msg_id": "01M8PDWFNC8NH3EGH76P74R0J3"}],
            }],
        })  # fmt: skip

    def test_it_counts_by_reason_first(self) -> None:
        for _ in range(3):
            self.sqs.put(self.text, "not a record of this queue: data error")
        for _ in range(12):
            self.sqs.put(self.text, redriven="1")
        lines = list(read(self.sqs, show=2).lines(bodies=False))
        self.assertEqual(lines[0].split(), "12 message: no reason: its function crashed or timed out on it five times".split())
        self.assertEqual(lines[1].split(), "3 message: not a record of this queue: data error".split())
        self.assertIn("12  of them were moved back before", lines[2])
        self.assertEqual((len(lines), "13 more" in lines[-1]), (6, True))

    def test_it_names_messages_and_no_person(self) -> None:
        self.sqs.put(self.text)
        said = "\n".join(read(self.sqs).lines(bodies=False))
        self.assertIn("message, acme#chat, message 01M8PDWFNC8NH3EGH76P74R0J2", said)
        self.assertIn("2 receivers, received 1 times", said)
        for word in ("ann", "bob", "zoe", "secret"):
            self.assertNotIn(word, said)
        self.assertIn("secret text", "\n".join(read(self.sqs).lines(bodies=True)))

    def test_all_records_are_there_and_visible_afterwards(self) -> None:
        for _ in range(25):
            self.sqs.put(self.text)
        self.assertEqual(read(self.sqs).read, 25)
        self.assertEqual(self.sqs.visible(), 25)

    def test_an_interrupted_listing_shows_the_records_again_too(self) -> None:
        for _ in range(25):
            self.sqs.put(self.text)
        self.sqs.interrupted = (2, True)
        with self.assertRaises(KeyboardInterrupt):
            read(self.sqs)
        # The batch whose answer was lost appears by itself after two minutes.
        self.assertEqual(self.sqs.visible(), 15)
        self.sqs.clock.sleep(121)
        self.assertEqual(self.sqs.visible(), 25)

    def test_it_reads_no_more_than_the_limit_and_says_so(self) -> None:
        for _ in range(50):
            self.sqs.put(self.text)
        told = read(self.sqs, limit=20)
        self.assertEqual((told.read, told.complete, self.sqs.visible()), (20, False, 50))
        self.assertIn("only 20 records were read", list(told.lines(bodies=False))[-1])

    def test_a_body_is_cut(self) -> None:
        self.sqs.put("x" * 100_000)
        self.assertLess(len("\n".join(read(self.sqs).lines(bodies=True))), 5_000)

    def test_text_that_is_no_record_is_unreadable(self) -> None:
        for text in ("no JSON", "[1]", "5", '{"v":"99"}', '{"v":["1"]}', '{"v":"1","jobs":[1,null]}'):
            self.sqs.put(text, "not a record of this queue: data error")
        counted = list(read(self.sqs).counted())
        self.assertEqual([line.split()[:2] for line in counted], [["5", "unreadable:"], ["1", "message:"]])


class KindsTest(unittest.TestCase):
    """The kinds of records that versions of Curlew wrote."""

    def test_every_record_of_every_version_is_known(self) -> None:
        seen = set()
        for file in sorted(_FIXTURES.glob("*/*.json")):
            queue = {"push": "push-fcm"}.get(file.stem, file.stem)
            if queue not in ("push-fcm", "dispatch", "direct", "erase", "callback"):
                continue
            for record in json.loads(file.read_text()):
                kind = kind_of(queue, record)
                self.assertNotEqual(kind, UNREADABLE, record)
                self.assertRegex(str(app_of(record)), r"^acme#\w+$")
                seen.add((queue, kind.name))
        self.assertEqual(len(seen), 14)


class QueuesTest(unittest.TestCase):
    """The queues of a stack."""

    def test_a_queue_has_one_short_name_and_those_of_sqs(self) -> None:
        found = queues.pairs(_URLS)
        self.assertEqual([queue.name for queue in found], ["dispatch", "push-fcm"])
        for name in ("push-fcm", "push-fcm-dead-letter", "curlew-prod-push-fcm", "curlew-prod-push-fcm-dead-letter"):
            self.assertEqual([queue.url for queue in queues.chosen(found, name)], [_URLS["PushFcmQueue"]])
        self.assertEqual(len(queues.chosen(found, None)), 2)
        with self.assertRaisesRegex(UnknownQueue, "there are dispatch, push-fcm"):
            queues.chosen(found, "fcm")


if __name__ == "__main__":
    unittest.main()
