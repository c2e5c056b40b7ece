"""Tests of rates, retries and tokens, and of the command over HTTP."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

from import_easemob import __main__ as command
from import_easemob import rates
from import_easemob.errors import Stopped
from import_easemob.pace import Pace
from import_easemob.transport import Answer, Http

from .harness import FakeClock, Imports, small_app
from .server import Rest, on_loopback

ROOT = Path(__file__).resolve().parents[2]


class Rates(Imports):
    """Calls stay below the documented rates of both sides."""

    def test_calls_of_a_rate_are_spread_over_the_second(self) -> None:
        pace = Pace({"a": 100, "b": 10}, 0.5, self.clock)
        for _ in range(101):
            pace.wait("a")
        self.assertAlmostEqual(self.clock.now(), 2.0)
        pace.wait("b")
        self.assertAlmostEqual(self.clock.now(), 2.0)

    def test_no_second_has_more_calls_about_users_than_easemob_allows(self) -> None:
        times: list[float] = []
        self.source.before = lambda _method, path: times.append(self.clock.now()) if "/notification" not in path else None
        for number in range(250):
            self.source.user(f"user-{number}")
        self.run_import()
        self.assertGreater(len(times), 250)
        busiest = max(sum(1 for at in times if begin <= at < begin + 1) for begin in times)
        self.assertLessEqual(busiest, rates.EASEMOB[rates.USERS] + 5)


class Failures(Imports):
    """Answers that cannot be used."""

    def setUp(self) -> None:
        super().setUp()
        small_app(self.source)

    def answer_first(self, rest: Rest, part: str, *answers: Answer) -> None:
        """Return these answers first for calls of a path."""
        left = list(answers)
        rest.before = lambda _method, path: left.pop(0) if part in path and left else None

    def test_a_throttled_call_waits_as_long_as_it_was_asked_to(self) -> None:
        for rest in (self.source, self.target):
            self.answer_first(rest, "/users/ann", Answer(429, b"{}", "30"), Answer(503, b"busy", "7"))
        self.run_import()
        self.assertFalse(self.told["problems"])
        self.assertGreaterEqual(sum(self.clock.slept), 74)
        self.assertEqual(len(self.target.users), 4)

    def test_a_server_that_goes_on_throttling_ends_the_run_which_can_be_resumed(self) -> None:
        self.answer_first(self.source, "/users/bob/push/binding", *[Answer(429, b"{}")] * 12)
        with self.assertRaisesRegex(Stopped, "keeps answering 429"):
            self.run_import()
        self.assertTrue(self.run_import())
        self.assertEqual(len(self.target.bindings), 2)

    def test_waiting_grows_and_has_an_end(self) -> None:
        self.answer_first(self.source, "/users/bob/push/binding", *[Answer(503, b"")] * 11)
        self.run_import()
        waited = [round(seconds) for seconds in self.clock.slept if seconds >= 1]
        self.assertEqual(waited, sorted(waited))
        self.assertLessEqual(max(waited), 301)

    def test_one_user_whom_easemob_cannot_show_costs_itself_only(self) -> None:
        self.source.before = lambda _method, path: Answer(500, b"<html>") if "/users/bob/push/binding" in path else None
        self.assertTrue(self.run_import())
        self.assertEqual(self.problems(), {"bindings: no usable answer": ["bob"]})
        self.assertIn("ann", self.target.bindings)

    def test_a_server_that_is_down_ends_the_run(self) -> None:
        for number in range(20):
            self.source.user(f"user-{number}")
        self.source.before = lambda _method, path: Answer(502, b"<html>") if path.endswith("/push/binding") else None
        with self.assertRaisesRegex(Stopped, "does not serve: HTTP 502"):
            self.run_import()
        self.source.before = lambda *_: None
        self.assertTrue(self.run_import())
        self.assertEqual(len(self.target.users), 24)
        self.assertEqual(len(self.target.bindings), 2)

    def test_a_page_that_is_no_json_is_asked_for_again(self) -> None:
        self.answer_first(self.source, "/users", Answer(200, b"<html>"), Answer(200, b"[]"), Answer(200, b""))
        self.assertTrue(self.run_import())
        self.assertEqual(len(self.target.users), 4)

    def test_a_token_that_ended_is_fetched_anew(self) -> None:
        def end(_method: str, path: str) -> None:
            if path.endswith("/users/bob/push/binding"):
                self.source.tokens, self.source.before = {"token-2"}, lambda *_: None

        self.source.before = end
        self.assertTrue(self.run_import())
        self.assertEqual(sum(it.endswith("/token") for it in self.source.asked), 2)
        self.assertEqual(len(self.target.bindings), 2)

    def test_a_wrong_secret_ends_the_run_without_telling_it(self) -> None:
        with mock.patch.object(Rest, "CLIENT", ("id", "other")):
            api = self._api(self.source, rates.EASEMOB, "Easemob")
        with self.assertRaises(Stopped) as stopped:
            api.call(rates.USERS, "GET", ["users"])
        self.assertIn("401", str(stopped.exception))
        self.assertNotIn("other", str(stopped.exception))

    def test_tokens_travel_encrypted_only(self) -> None:
        for url in ("http://a1.easemob.com", "ftp://127.0.0.1", "a1.easemob.com", "https://user:word@host"):
            with self.assertRaises(Stopped):
                Http(url, "Easemob")


class Command(Imports):
    """`python -m import_easemob`, over HTTP."""

    def setUp(self) -> None:
        super().setUp()
        small_app(self.source)
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.variables = {
            "EASEMOB_URL": stack.enter_context(on_loopback(self.source)), "CURLEW_URL": stack.enter_context(on_loopback(self.target)),
            "EASEMOB_APP": "acme#chat", "EASEMOB_CLIENT_ID": "id", "EASEMOB_CLIENT_SECRET": "the secret",
            "CURLEW_CLIENT_ID": "id", "CURLEW_CLIENT_SECRET": "the secret",
        }  # fmt: skip

    def command(self, *arguments: str, variables: dict[str, str] | None = None) -> tuple[int, str]:
        """Return the exit status and everything that was printed."""
        printed = io.StringIO()
        given = self.variables if variables is None else variables
        with mock.patch.dict(os.environ, given), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            status = command.main([*arguments, "--state", str(self.path)], FakeClock())
        return status, printed.getvalue()

    def test_a_dry_run_then_the_import(self) -> None:
        status, printed = self.command()
        self.assertEqual((status, self.target.users), (0, {}), printed)
        status, printed = self.command("--apply", "--conversations", "all")
        self.assertEqual(status, 0, printed)
        self.assertEqual(len(self.target.users), 4)
        told = json.loads(self.path.with_name("state-apply.json").read_text())
        self.assertEqual((told["complete"], told["counts"]["users"]), (True, {"read": 4, "created": 4}))
        self.assertIn("acme#chat", self.path.with_name("state-apply.txt").read_text())
        for secret in ("the secret", "token-", "Ann", "phone-a", "Birds", "77"):
            self.assertNotIn(secret, printed)

    def test_secrets_may_stand_in_a_file_that_nobody_else_may_read(self) -> None:
        file = self.path.with_name("import.env")
        file.write_text("# both sides\n" + "\n".join(f"{name}={value}" for name, value in self.variables.items()))
        file.chmod(0o644)
        self.assertIn("chmod 600", self.command("--config", str(file), variables={})[1])
        file.chmod(0o600)
        self.assertEqual(self.command("--config", str(file), variables={})[0], 0)

    def test_a_variable_that_is_missing_is_named(self) -> None:
        status, printed = self.command(variables={"EASEMOB_APP": "acme#chat", "EASEMOB_URL": "https://h"})
        self.assertEqual(status, 1)
        self.assertIn("EASEMOB_CLIENT_ID, EASEMOB_CLIENT_SECRET must be set", printed)

    def test_a_state_of_another_app_is_refused(self) -> None:
        self.command()
        self.assertIn("is of another source", self.command(variables=self.variables | {"EASEMOB_APP": "acme#other"})[1])

    def test_a_process_that_dies_leaves_a_state_to_go_on_with(self) -> None:
        arguments = [sys.executable, "-m", "import_easemob", "--apply", "--share", "100", "--state", str(self.path)]
        deaths = 0
        while True:
            process = subprocess.Popen(
                arguments, env=self.variables | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            if deaths < 2:
                left = [25]
                self.target.before = lambda *_, left=left, process=process: self._kill(left, process)
            status = process.wait()
            self.target.before = lambda *_: None
            if status == 0:
                break
            self.assertEqual(status, -signal.SIGKILL)
            deaths += 1
        self.assertEqual(deaths, 2)
        self.assertEqual(len(self.target.users), 4)
        self.assertEqual(sum(map(len, self.target.bindings.values())), 3)
        self.assertEqual(sorted(self.target.groups["77"]["members"]), ["ann", "bob", "dan"])

    @staticmethod
    def _kill(left: list[int], process: subprocess.Popen[bytes]) -> None:
        left[0] -= 1
        if left[0] == 0:
            process.kill()
