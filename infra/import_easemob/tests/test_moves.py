"""Tests of what is moved and what stays, by Curlew's data after a run."""

from __future__ import annotations

import json

from .harness import HOUR, NOW, Imports, small_app


class Moving(Imports):
    """A first run."""

    def test_a_dry_run_writes_nothing_and_says_what_it_would_write(self) -> None:
        small_app(self.source)
        self.assertTrue(self.run_import(apply=False))
        self.assertEqual({method for method, _, _ in (it.partition(" ") for it in self.target.asked[1:])}, {"GET"})
        self.assertEqual(self.count("users", "to create"), 4)
        self.assertEqual(self.count("bindings", "to write"), 3)
        self.assertEqual(self.count("groups", "to create"), 2)

    def test_everything_that_easemob_shows_arrives(self) -> None:
        small_app(self.source)
        self.assertTrue(self.run_import(conversations="all"))
        self.assertFalse(self.told["problems"])
        has = self.target.everything()
        self.assertEqual(has["users"]["ann"], {"username": "ann", "activated": True, "nickname": "Ann 安", "notification_display_style": 1})
        self.assertEqual([user["activated"] for user in has["users"].values()], [True, True, False, True])
        self.assertEqual(has["bindings"]["ann"], {("phone-a", "huawei"): "token-a", ("tablet-a", "fcm"): "token-t"})
        whole = {"type": "AT", "ignoreInterval": "21:30-08:00", "ignoreDuration": NOW + HOUR}
        self.assertEqual(has["notification"]["ann", "user", "ann"], whole)
        self.assertEqual(has["notification"]["bob", "user", "bob"]["ignoreInterval"], "22:00-07:00")
        self.assertEqual(has["notification"]["ann", "chatgroup", "77"]["type"], "NONE")
        self.assertEqual(has["notification"]["bob", "user", "ann"]["type"], "NONE")
        self.assertEqual((has["languages"], has["choices"]), ({"dan": "en"}, {"dan": "order"}))
        self.assertEqual(set(has["templates"]), {"order", "default"})

    def test_groups_arrive_with_their_people_and_settings(self) -> None:
        small_app(self.source)
        self.run_import()
        birds, opened = self.target.groups["77"], self.target.groups["78"]
        self.assertEqual((birds["owner"], sorted(birds["members"]), birds["admins"]), ("ann", ["ann", "bob", "dan"], ["bob"]))
        self.assertEqual((birds["name"], birds["custom"], birds["announcement"], birds["membersonly"]), ("Birds", "x", "Hello", True))
        # Curlew creates a public group without invitations.
        self.assertTrue(opened["public"] and opened["allowinvites"] and opened["disabled"])

    def test_pages_of_users_groups_and_members_are_read_to_their_end(self) -> None:
        many = [f"user-{number:04}" for number in range(2250)]
        for name in many[:250]:
            self.source.user(name)
        for number in range(120):
            self.source.group(f"g{number}", "user-0000", [])
        self.source.group("big", "user-0000", many[1:], maxusers=3000)
        self.run_import(conversations="none")
        self.assertEqual(sorted(self.target.users), many[:250])
        self.assertEqual(len(self.target.groups), 121)
        self.assertEqual(sorted(self.target.groups["big"]["members"]), many)

    def test_threads_arrive_at_the_same_state(self) -> None:
        small_app(self.source)
        for number in range(300):
            self.source.user(f"user-{number}", nickname=f"U{number}")
            self.source.bind(f"user-{number}", "phone", "fcm", f"token-{number}")
        self.workers = 16
        self.run_import()
        self.assertEqual(len(self.target.users), 304)
        self.assertEqual(sum(map(len, self.target.bindings.values())), 303)
        self.assertEqual(self.count("users", "created"), 304)

    def test_a_last_page_with_the_cursor_that_was_asked_with_is_the_end(self) -> None:
        self.source.user("ann")
        served = self.source.route
        self.source.route = lambda method, path, query, body, user: (  # type: ignore[method-assign]
            served(method, path, query, body, user) | ({"cursor": "c0"} if path == ["users"] else {})
        )
        self.assertTrue(self.run_import())
        self.assertEqual([it for it in self.source.asked if it.endswith("/users")], ["GET /acme/chat/users"] * 2)

    def test_easemob_gives_settings_to_the_user_alone(self) -> None:
        small_app(self.source)
        self.source.settings_for = "themselves"
        self.run_import()
        self.assertFalse(self.told["problems"])
        self.assertEqual(self.target.notification["ann", "user", "ann"]["type"], "AT")

    def test_where_easemob_shows_no_settings_the_older_form_of_the_list_counts(self) -> None:
        small_app(self.source)
        self.source.user("eve", notification_ignore_77=True, notification_ignore_78=False)
        self.source.settings_for = "nobody"
        self.run_import()
        self.assertEqual(self.target.notification["bob", "user", "bob"]["ignoreInterval"], "22:00-07:00")
        self.assertEqual(self.target.notification["eve", "chatgroup", "77"]["type"], "NONE")
        self.assertNotIn(("eve", "chatgroup", "78"), self.target.notification)
        # After three refusals no other user's settings are read.
        asked = [it for it in self.source.asked if "/notification/user/" in it]
        self.assertEqual(len(asked), 6, asked)

    def test_bindings_stand_in_the_users_record_where_their_own_call_is_missing(self) -> None:
        small_app(self.source)
        self.source.has_bindings_route = False
        self.run_import()
        self.assertEqual(self.target.bindings["ann"], {("phone-a", "huawei"): "token-a", ("tablet-a", "fcm"): "token-t"})

    def test_advanced_push_must_be_on_for_settings(self) -> None:
        small_app(self.source)
        self.target.advanced_push = False
        with self.assertRaisesRegex(Exception, "advanced_push is off"):
            self.run_import()
        self.assertTrue(self.run_import(skipped=frozenset({"settings", "templates"})))
        self.assertFalse(self.target.notification)


class Oddities(Imports):
    """Invalid values that do not stop the run."""

    def test_a_user_with_an_odd_name_costs_itself_only(self) -> None:
        self.source.user("has space")
        self.source.user("Ann")
        self.source.user("x" * 65)
        self.source.group("77", "Ann", ["has space", "bob"])
        self.source.group("odd/id", "Ann", [])
        self.run_import()
        self.assertEqual(list(self.target.users), ["ann"])
        self.assertEqual(self.problems()["users: left"], ["has space", "x" * 65])
        self.assertEqual(self.problems()["members: left"], ["has space in 77"])
        self.assertEqual(self.problems()["groups: left"], ["odd/id"])
        self.assertEqual(self.target.groups["77"]["members"], ["ann", "bob"])

    def test_half_a_character_costs_itself_only(self) -> None:
        self.source.user("\ud800")
        self.source.user("ann", nickname="\ud800", notification_display_style=1)
        self.source.user("bob", nickname="Bob 🐦")
        self.source.bind("ann", "\ud800", "fcm", "token-x")
        self.source.bind("ann", "phone", "\ud800", "token-y")
        self.source.group("\ud800", "ann", [])
        self.source.group("77", "ann", ["\ud800", "bob"], name="\ud800")
        self.assertTrue(self.run_import())
        self.assertEqual((self.target.users["bob"]["nickname"], self.target.users["ann"]["nickname"]), ("Bob 🐦", "?"))
        self.assertEqual(self.target.groups["77"]["members"], ["ann", "bob"])
        json.dumps(self.told, ensure_ascii=False).encode()

    def test_a_value_that_curlew_refuses_costs_itself_only(self) -> None:
        self.source.user("ann", nickname="x" * 101, notification_display_style=1)
        self.source.user("bob")
        self.source.bind("ann", "phone", "fcm", "t" * 5000)
        self.source.bind("ann", "tablet", "fcm", "token")
        self.source.group("77", "ann", ["bob"], name="x" * 129, custom="kept")
        self.run_import()
        self.assertEqual(self.target.users["ann"]["notification_display_style"], 1)
        self.assertEqual(self.target.bindings["ann"], {("tablet", "fcm"): "token"})
        self.assertEqual((self.target.groups["77"]["name"], self.target.groups["77"]["custom"]), ("", "kept"))
        refused = {"nicknames and display styles": ["ann"], "bindings": ["ann"], "settings of groups": ["77"]}
        self.assertEqual(self.problems(), {f"{what}: cannot be written": names for what, names in refused.items()})

    def test_an_odd_answer_for_one_user_costs_that_part_of_that_user(self) -> None:
        small_app(self.source)
        self.source.notification["ann", "user", "ann"] = {"type": "SOMETIMES", "ignoreInterval": "tea time"}
        self.run_import()
        self.assertEqual(self.problems(), {"notification settings: cannot be understood": ["ann"]})
        self.assertIn("ann", self.target.bindings)

    def test_bindings_wait_for_their_notifier_and_a_later_run_brings_them(self) -> None:
        small_app(self.source)
        self.target.notifiers = {"huawei"}
        self.run_import()
        self.assertEqual(self.target.bindings, {"ann": {("phone-a", "huawei"): "token-a"}})
        missing = {it["name"]: it["bindings"] for it in self.told["certificates"] if not it["at_curlew"]}
        self.assertEqual(missing, {"fcm": 2})
        self.target.notifiers.add("fcm")
        self.run_import()
        self.assertEqual(self.target.bindings["bob"], {("phone-b", "fcm"): "token-b"})

    def test_a_banned_user_is_not_pushed_to_until_the_ban_ends(self) -> None:
        small_app(self.source)
        self.source.bind("cat", "phone-c", "fcm", "token-c")
        self.run_import()
        self.assertFalse(self.target.bindings.get("cat"))
        self.source.users["cat"]["activated"] = True
        self.run_import()
        self.assertEqual(self.target.bindings["cat"], {("phone-c", "fcm"): "token-c"})
        self.source.users["cat"]["activated"] = False
        self.run_import()
        self.assertEqual(self.target.bindings["cat"], {})

    def test_a_device_token_of_two_users_is_bound_for_neither(self) -> None:
        small_app(self.source)
        self.source.bind("dan", "phone-a", "huawei", "token-a")
        for _ in range(2):
            self.run_import()
            self.assertEqual(self.target.bindings["ann"], {("tablet-a", "fcm"): "token-t"})
            self.assertNotIn(("phone-a", "huawei"), self.target.bindings.get("dan", {}))
            self.assertEqual(self.problems()["bindings: left"], ["ann", "dan"])

    def test_a_device_token_that_moved_at_easemob_moves_here(self) -> None:
        small_app(self.source)
        self.run_import()
        self.source.bindings["dan"] = [self.source.bindings["ann"].pop(0)]
        self.run_import()
        self.assertEqual(self.target.bindings["dan"], {("phone-a", "huawei"): "token-a"})
        self.assertEqual(self.target.bindings["ann"], {("tablet-a", "fcm"): "token-t"})

    def test_a_template_that_only_senders_use_must_be_named(self) -> None:
        small_app(self.source)
        self.source.templates["sale"] = {"title_pattern": "Sale", "content_pattern": "{0}"}
        self.run_import(templates=["sale", "typo"])
        self.assertIn("sale", self.target.templates)
        self.assertEqual(self.problems(), {"templates: cannot be read": ["typo"]})

    def test_nothing_secret_and_no_token_is_in_state_or_report(self) -> None:
        small_app(self.source)
        self.run_import()
        kept = b"".join(file.read_bytes() for file in self.path.parent.iterdir()) + repr(self.told).encode()
        for secret in (b"token-a", b"token-b", b"the secret", b"token-1", "Ann 安".encode()):
            self.assertNotIn(secret, kept)
        self.assertEqual(self.path.stat().st_mode & 0o077, 0)
