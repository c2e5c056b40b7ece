"""Tests that a run that was killed and started again ends like an uninterrupted one."""

from __future__ import annotations

from import_easemob.errors import Stopped
from import_easemob.transport import Answer

from .fake_curlew import FakeCurlew
from .fake_easemob import FakeEasemob
from .harness import Imports, Killed, small_app
from .server import Rest


class Killing(Imports):
    """Runs that are killed between two requests."""

    def fresh(self) -> None:
        """Reset both apps, without a state."""
        self.source, self.target = FakeEasemob(), FakeCurlew()
        small_app(self.source)
        self.source.users_a_page = 2
        for file in self.path.parent.iterdir():
            file.unlink()

    def undisturbed(self) -> tuple[object, int]:
        """Return the result of an uninterrupted run, and its number of requests."""
        self.fresh()
        self.run_import(conversations="all")
        return self.target.everything(), len(self.source.asked) + len(self.target.asked)

    def killed_at(self, number: int, answered: bool) -> None:
        """Run until this request, and kill the run before it is served or after, without the answer."""
        left = number

        def maybe(rest: Rest) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                rest.before, rest.after = (lambda *_: None), (lambda *_: None)
                raise Killed

        for rest in (self.source, self.target):
            if answered:
                rest.after = lambda *_, rest=rest: maybe(rest)
            else:
                rest.before = lambda *_, rest=rest: maybe(rest)
        with self.assertRaises(Killed):
            self.run_import(conversations="all")
        for rest in (self.source, self.target):
            rest.before, rest.after = (lambda *_: None), (lambda *_: None)

    def test_a_run_that_was_killed_between_any_two_requests_ends_as_any_other(self) -> None:
        expected, requests = self.undisturbed()
        self.assertGreater(requests, 80)
        for answered in (False, True):
            for number in range(1, requests + 1):
                with self.subTest(request=number, answered=answered):
                    self.fresh()
                    self.killed_at(number, answered)
                    self.assertTrue(self.run_import(conversations="all"))
                    self.assertEqual(self.target.everything(), expected)
                    self.assertFalse(self.told["problems"])

    def change(self) -> None:
        """Change what users and the app might change at Easemob."""
        self.source.users["ann"]["nickname"] = "Anna"
        self.source.bindings["ann"][0]["device_token"] = "token-new"
        self.source.notification["ann", "user", "ann"]["type"] = "NONE"
        self.source.templates["order"]["title_pattern"] = "Changed"
        self.source.groups["77"].update(maxusers=300, name="Fish", owner="bob", members=["ann"], admins=[])

    def test_what_changes_at_easemob_before_the_run_goes_on_follows_in_the_next(self) -> None:
        self.fresh()
        self.change()
        self.run_import(conversations="all")
        expected, requests = self.target.everything(), len(self.source.asked) + len(self.target.asked)
        for number in range(1, requests):
            with self.subTest(request=number):
                self.fresh()
                self.killed_at(number, answered=True)
                self.change()
                for _ in range(2):
                    self.run_import(conversations="all")
                self.assertEqual(self.target.everything(), expected)

    def test_a_run_that_loses_any_one_answer_ends_as_any_other(self) -> None:
        expected, requests = self.undisturbed()
        for number in range(1, requests + 1):
            with self.subTest(request=number):
                self.fresh()
                left = [number]
                for rest in (self.source, self.target):
                    rest.after = lambda *_, left=left: self.lose(left)
                self.assertTrue(self.run_import(conversations="all"))
                self.assertEqual(self.target.everything(), expected)
                self.assertFalse(self.told["problems"])

    @staticmethod
    def lose(left: list[int]) -> None:
        """Serve the request, but lose the answer."""
        left[0] -= 1
        if left[0] == 0:
            raise ConnectionResetError

    def test_a_run_that_is_killed_again_and_again_arrives(self) -> None:
        expected, _ = self.undisturbed()
        self.fresh()
        for _ in range(6):
            self.killed_at(15, answered=True)
        self.assertTrue(self.run_import(conversations="all"))
        self.assertEqual(self.target.everything(), expected)

    def test_pages_that_are_done_are_not_read_again(self) -> None:
        self.fresh()
        self.assertFalse(self.run_import(pages=1))
        self.assertEqual(sorted(self.target.users), ["ann", "bob"])
        self.source.asked.clear()
        self.assertTrue(self.run_import())
        self.assertNotIn("GET /acme/chat/users/ann/push/binding", self.source.asked)
        self.assertEqual(self.count("users", "created"), 4)

    def test_what_was_done_before_a_kill_is_told_once(self) -> None:
        self.fresh()
        self.killed_at(20, answered=True)
        self.run_import()
        self.assertEqual((self.count("users", "created"), self.count("users", "read"), self.count("templates", "read")), (4, 4, 2))

    def test_a_cursor_that_easemob_forgot_begins_the_list_anew(self) -> None:
        self.fresh()
        self.run_import(pages=1)
        forgotten = [Answer(400, b'{"error":"illegal_argument"}')]
        self.source.before = lambda _method, path: forgotten.pop() if path.endswith("/users") and forgotten else None
        self.assertTrue(self.run_import())
        self.assertEqual(len(self.target.users), 4)
        self.assertEqual(list(self.problems()), ["users: counted twice"])

    def test_two_runs_do_not_work_at_once(self) -> None:
        self.fresh()
        with self._context(True, {}), self.assertRaisesRegex(Stopped, "another run"):
            self.run_import()


class Repeating(Imports):
    """A second run, after changes at either side."""

    def setUp(self) -> None:
        super().setUp()
        small_app(self.source)
        self.run_import(conversations="all")

    def test_a_second_run_writes_nothing(self) -> None:
        before = self.target.everything()
        self.target.asked.clear()
        self.run_import(conversations="all")
        self.assertEqual(self.target.everything(), before)
        self.assertEqual({it.partition(" ")[0] for it in self.target.asked if not it.endswith("/token")}, {"GET"})

    def test_what_changed_at_easemob_follows(self) -> None:
        self.source.users["ann"]["nickname"] = "Anna"
        self.source.bindings["ann"][0]["device_token"] = "token-new"
        self.source.bindings["bob"].clear()
        self.source.notification["ann", "user", "ann"] = {"type": "ALL", "ignoreInterval": ""}
        self.source.users["cat"]["activated"] = True
        self.source.languages["dan"], self.source.choices["dan"] = "fr", "default"
        self.source.templates["order"]["title_pattern"] = "Changed"
        group = self.source.groups["77"]
        group.update(owner="dan", members=["cat"], name="Fish", announcement="", admins=["cat"])
        self.run_import()
        has = self.target.everything()
        self.assertEqual(has["users"]["ann"]["nickname"], "Anna")
        self.assertEqual(has["bindings"]["ann"]["phone-a", "huawei"], "token-new")
        self.assertEqual(has["bindings"]["bob"], {})
        self.assertEqual(has["notification"]["ann", "user", "ann"], {"type": "ALL", "ignoreInterval": "", "ignoreDuration": 0})
        self.assertTrue(has["users"]["cat"]["activated"])
        self.assertEqual((has["languages"]["dan"], has["choices"]["dan"]), ("fr", "default"))
        self.assertEqual(has["templates"]["order"]["title_pattern"], "Changed")
        birds = has["groups"]["77"]
        self.assertEqual((birds["owner"], sorted(birds["members"]), birds["admins"]), ("dan", ["cat", "dan"], ["cat"]))
        self.assertEqual((birds["name"], birds["announcement"]), ("Fish", ""))

    def test_what_changed_at_curlew_stays(self) -> None:
        self.target.users["ann"]["nickname"] = "Mine"
        self.target.bindings["ann"]["phone-a", "huawei"] = "token-of-curlew"
        del self.target.bindings["bob"]["phone-b", "fcm"]
        self.target.notification["ann", "user", "ann"] = {"type": "NONE", "ignoreInterval": "", "ignoreDuration": 0}
        self.target.languages["dan"] = "de"
        self.target.templates["order"]["title_pattern"] = "Mine"
        del self.target.users["dan"]
        del self.target.groups["78"]
        birds = self.target.groups["77"]
        birds.update(name="Mine", announcement="Mine", owner="bob", admins=[])
        birds["members"] = ["ann", "bob", "eve"]
        before = self.target.everything()
        # Easemob's value changes too. The change at Curlew wins.
        self.source.users["ann"]["nickname"] = "Anna"
        self.source.groups["77"]["name"] = "Fish"
        self.run_import()
        self.assertEqual(self.target.everything(), before)
        self.assertEqual(self.count("users", "deleted at Curlew, left so"), 1)
        self.assertEqual(self.count("groups", "deleted at Curlew, left so"), 1)

    def test_settings_that_cannot_be_read_any_more_are_not_taken_back(self) -> None:
        before = self.target.everything()
        for refusal in ("nobody", "unknown"):
            self.source.settings_for = refusal
            self.run_import(conversations="all")
            self.assertEqual(self.target.everything(), before, refusal)
        self.assertFalse(self.told["problems"])
        self.assertEqual(self.count("languages", "not found at Easemob"), 4)

    def test_who_was_erased_at_curlew_stays_erased(self) -> None:
        for known in (self.target.users, self.target.bindings, self.target.languages, self.target.choices):
            known.pop("dan", None)
        for group in self.target.groups.values():
            group["members"] = [name for name in group["members"] if name != "dan"]
        self.source.notification["dan", "chatgroup", "77"] = {"type": "NONE"}
        self.source.languages["dan"] = "fr"
        self.run_import(conversations="all")
        self.assertNotIn("dan", repr(self.target.everything()))

    def test_a_phone_that_bound_at_curlew_keeps_its_token(self) -> None:
        # Dan logged in on Ann's phone, which uses Curlew already. Easemob does not know that.
        self.target.bindings["dan"] = {("phone-a", "huawei"): self.target.bindings["ann"].pop(("phone-a", "huawei"))}
        self.run_import()
        self.assertEqual(self.target.bindings["dan"], {("phone-a", "huawei"): "token-a"})

    def test_the_first_run_that_binds_comes_before_the_phones(self) -> None:
        for file in self.path.parent.iterdir():
            file.unlink()
        self.target.bindings = {"dan": {("phone-a", "huawei"): "token-a"}}
        for _ in range(2):
            with self.assertRaisesRegex(Stopped, "--no-phone-yet"):
                self.run_import()
        self.assertTrue(self.run_import(skipped=frozenset({"bindings"})))
        self.assertEqual(self.target.bindings, {"dan": {("phone-a", "huawei"): "token-a"}})
        self.assertTrue(self.run_import(no_phone_yet=True))
        self.assertIn("bob", self.target.bindings)

    def test_a_silence_that_ended_gives_way_to_a_new_one(self) -> None:
        self.source.notification["ann", "user", "ann"] = {
            "type": "AT",
            "ignoreInterval": "21:30-08:00",
            "ignoreDuration": 1_900_000_000_000,
        }
        for rest in (self.source, self.target):
            rest.now = lambda: 1_899_900_000_000  # type: ignore[method-assign]
        self.run_import()
        self.assertEqual(self.target.notification["ann", "user", "ann"]["ignoreDuration"], 1_900_000_000_000)

    def test_who_is_gone_at_easemob_is_told_and_left(self) -> None:
        del self.source.users["cat"], self.source.groups["78"]
        self.run_import()
        self.assertIn("cat", self.target.users)
        self.assertEqual(self.told["gone_at_easemob"]["user"], {"count": 1, "names": ["cat"]})
        self.assertEqual(self.told["gone_at_easemob"]["group"], {"count": 1, "names": ["78"]})

    def test_nobody_is_removed_when_fewer_members_were_read_than_there_are(self) -> None:
        self.source.groups["77"]["affiliations_count"] = 3
        self.source.groups["77"]["members"] = ["bob"]
        self.run_import()
        self.assertIn("dan", self.target.groups["77"]["members"])
        self.assertEqual(self.problems()["members: none removed"], ["77"])

    def test_a_user_whom_curlew_had_first_keeps_the_values_there(self) -> None:
        self.source.user("eve", nickname="Eve", notification_display_style=1)
        self.target.users["eve"] = {"username": "eve", "activated": True, "nickname": "Other"}
        self.run_import()
        self.assertEqual(self.target.users["eve"]["nickname"], "Other")
        self.assertEqual(self.target.users["eve"]["notification_display_style"], 1)
