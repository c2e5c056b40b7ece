"""The check says what works, names the function that does not, tells no secret, and leaves no app behind."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

from dead_letters.tests.fake_sqs import FakeClock
from deployed import CommandError
from smoke.api import Api
from smoke.run import run
from smoke.story import Story
from smoke.vendors import Notifier, notifier

from .fake_stack import KEY, SECRET, TOKEN, FakeStack

_CREDENTIAL, _PHONE = {"private_key": "private-88d1"}, "phone-4b6e"
_MADE_UP = Notifier("fcm", _CREDENTIAL, _PHONE, made_up=True)
_REAL = Notifier("fcm", _CREDENTIAL, _PHONE, made_up=False)


def check(stack: FakeStack, notified: Notifier = _MADE_UP, key: str = KEY) -> tuple[bool, list[str]]:
    """Run the check. Returns whether everything works, and the lines."""
    lines: list[str] = []
    works = run(Story(Api(stack), key, notified, FakeClock(), 60), lines.append)
    return works, lines


class SmokeTest(unittest.TestCase):
    """Runs against a stack in memory."""

    def test_a_stack_that_works_passes_and_keeps_nothing(self) -> None:
        stack = FakeStack()
        works, lines = check(stack)
        self.assertTrue(works, lines)
        self.assertEqual([line.split()[0] for line in lines], ["ok"] * 11)
        self.assertEqual(stack.apps, set())
        self.assertIn("refuses the made-up credential (invalid_grant)", lines[2])

    def test_a_real_phone_gets_its_push(self) -> None:
        stack = FakeStack()
        self.assertFalse(check(stack, _REAL)[0], "a refused credential of the caller's is a failure")
        stack = FakeStack()
        stack.tested, stack.attempt["outcome"] = {"status": "success", "detail": ""}, "success"
        works, lines = check(stack, _REAL)
        self.assertTrue(works and any("fcm took the push after" in line for line in lines), lines)

    def test_the_line_of_a_failure_names_the_function(self) -> None:
        for function, step in {
            "manage-app": "app", "vendor": "vendor", "register-token": "binding", "explain-push": "explain", "ingest-message": "message",
            "check-presence": "decision", "push-fcm": "push", "report-presence": "presence", "configure-user": "erase",
        }.items():  # fmt: skip
            stack = FakeStack()
            stack.broken = {function}
            works, lines = check(stack)
            (failed,) = [line for line in lines if line.startswith("FAIL") and "clean-up" not in line]
            self.assertFalse(works)
            self.assertEqual(failed.split()[1], step)
            self.assertIn("push-fcm" if function == "vendor" else function, failed)
            self.assertEqual(stack.apps, set(), function)

    def test_what_needs_a_failed_step_is_not_tried(self) -> None:
        stack = FakeStack()
        stack.broken = {"register-token"}
        self.assertEqual([line.split()[1] for line in check(stack)[1] if line.startswith("--")], ["explain", "push", "erase"])

    def test_a_wrong_operator_key_is_told(self) -> None:
        works, lines = check(FakeStack(), key="wrong")
        self.assertFalse(works)
        self.assertIn("refused with 401: unauthorized. Look at: log of manage-app; the operator key", lines[0])
        self.assertFalse(any("clean-up" in line for line in lines), "no app was made")

    def test_a_lost_answer_at_any_call_is_told_and_the_app_is_deleted(self) -> None:
        self._cut_off(OSError, 1)

    def test_an_interruption_at_any_call_leaves_no_app(self) -> None:
        self._cut_off(KeyboardInterrupt, None)

    def _cut_off(self, error: type[BaseException], told: int | None) -> None:
        whole = FakeStack()
        check(whole)
        for number in range(1, len(whole.asked) + 1):
            for hook in ("before", "after"):
                stack = FakeStack()

                def cut(call: int, number: int = number) -> None:
                    if call == number:
                        raise error

                setattr(stack, hook, cut)
                try:
                    _, lines = check(stack)
                    self.assertEqual(sum(line.startswith("FAIL") for line in lines), told, (number, lines))
                except KeyboardInterrupt:
                    self.assertIs(error, KeyboardInterrupt)
                self.assertEqual(stack.apps, set(), (number, hook))

    def test_no_line_has_a_secret(self) -> None:
        stacks = [FakeStack(), FakeStack(), FakeStack()]
        stacks[1].broken, stacks[2].broken = {"manage-app"}, {"check-presence", "vendor", "configure-user"}
        said = "\n".join(line for stack in stacks for line in check(stack)[1])
        for secret in (KEY, SECRET, TOKEN, _PHONE, *_CREDENTIAL.values()):
            self.assertNotIn(secret, said)


class NotifierTest(unittest.TestCase):
    """The notifier of a run."""

    def test_without_a_credential_one_is_made_up_that_the_region_reaches(self) -> None:
        self.assertEqual(notifier(None, None, None, in_china=True).vendor, "huawei")
        self.assertTrue(notifier("huawei", None, None, in_china=False).made_up)
        with self.assertRaisesRegex(CommandError, "for oppo name a file"):
            notifier("oppo", None, None, in_china=False)

    def test_a_credential_comes_from_a_file_and_needs_a_phone(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "credential.json"
            file.write_text(json.dumps({"app_key": "k"}))
            self.assertEqual(notifier("oppo", str(file), "phone", in_china=False), Notifier("oppo", {"app_key": "k"}, "phone", made_up=False))
            with self.assertRaisesRegex(CommandError, "TOKEN is missing"):
                notifier("oppo", str(file), None, in_china=False)
            file.write_text("the secret")
            with self.assertRaises(CommandError) as refused:
                notifier("oppo", str(file), "phone", in_china=False)
            self.assertNotIn("secret", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
