"""Scenes of the story: messages to users and groups, work that is taken up again, receipts and acknowledgements."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from story_calls import call

if TYPE_CHECKING:
    from story import Story

DEAD_PHONES = 20
LARGE = 501


def one_to_one(story: Story) -> None:
    """Pushes that succeed, wait, fail, and messages that push nobody."""
    story.fault("fcm", story.phones["ida", "pixel"], times=2, fault={"kind": "code", "code": "INTERNAL"})
    story.fault("oppo", story.phones["fay", "reno"], fault={"kind": "code", "code": "33"})
    dead = story.bind("dee", "mate", "huawei")
    call(f"{story.simulators}/devices", "POST", {"devices": [{"vendor": "huawei", "token": dead, "state": "unregistered"}]})
    ext = {"em_push_ext": {"title": "Carol", "content": "Lunch?", "custom": {"k": 1}}, "em_push_class": "im"}
    story.send("pushed", "ann", "Lunch?", key="once", ext=ext, push_ttl=3600)
    story.send("long", "ann", "A message that is long enough to be compressed. " * 40)
    story.send("retried", "ida", "twice in vain")
    story.send("quota", "fay", "六点半，老地方。")
    story.send("dead", "dee", "the app is gone")
    story.send("refused", "gus", "the secret is wrong")
    story.send("disabled", "hal", "the notifier is off")
    story.send("suppressed", "joe", "not now")
    story.send("kicked", "kim", "no")
    story.report("liv", "pixel", "s1", "online", ago=5)
    story.send("rechecked", "liv", "are you there?")
    story.send("unknown", "nobody", "who?")
    story.send("reported", "eve", "hello")
    story.send("vivo", "val", "hello")
    batch = [{"from": "carol", "to": [user], "type": "txt", "body": {"msg": "both"}} for user in ("ann", "bob")]
    story.api("POST", "/messages/batch", {"messages": batch})
    for label in story.messages:
        story.ended(label)
    # It waits for longer than a minute, and is decided again.
    phone = story.bind("vic", "pixel", "fcm")
    story.fault("fcm", phone, times=12, fault={"kind": "code", "code": "INTERNAL"})
    story.send("waited", "vic", "later")
    del story.messages["waited"]


def interrupted(story: Story) -> None:
    """Work that is taken up again, marked as a repeat; and a claim that stays abandoned."""
    with story.forbidden("IngestMessageRole", "sqs:SendMessage"):
        for key in ("taken up", "abandoned"):
            story.give_up(key)
    with story.forbidden("IngestMessageRole", "dynamodb:PutItem", "MessagesTable"):
        story.give_up("renamed")
    story.send("taken up", "bob", "taken up", key="taken up")
    story.settling = time.monotonic()
    story.api("POST", "/chatgroups", {"groupid": "pair", "members": ["bob", "ida"]})
    with story.forbidden("CheckPresenceRole", "dynamodb:Query"):
        story.send("facts failed", "bob", "the facts cannot be read at first")
        story.send_to_group("members failed", "pair", "bob")
        time.sleep(4)
    for label in ("taken up", "facts failed", "members failed"):
        story.ended(label)


def groups(story: Story) -> None:
    """Groups of several sizes: pages, members who were rechecked, 20 dead tokens at once, and one that is too large."""
    crew = {"groupid": "crew", "groupname": "The crew", "members": ["ann", "bob", "joe", "kim", "liv", "ida"]}
    story.api("POST", "/chatgroups", crew, key="crew")
    story.fault("fcm", story.phones["ida", "pixel"], fault={"kind": "code", "code": "INTERNAL"})
    story.send_to_group("group", "crew", "ida")
    story.send_to_group("directed", "crew", "bob", users=["bob"])
    devices = []
    for number in range(DEAD_PHONES):
        phone = story.bind(f"dead{number:02}", "mate", "huawei")
        devices.append({"vendor": "huawei", "token": phone, "state": "unregistered"})
    call(f"{story.simulators}/devices", "POST", {"devices": devices})
    members = [f"dead{number:02}" for number in range(DEAD_PHONES)]
    story.api("POST", "/chatgroups", {"groupid": "gone", "members": members})
    story.send_to_group("suspects", "gone", members[0])
    names = [f"member{number:04}" for number in range(LARGE - 1)] + ["zoe"]
    story.bind("zoe", "mate", "huawei")
    story.api("POST", "/chatgroups", {"groupid": "large"})
    for start in range(0, LARGE, 50):
        story.api("POST", "/chatgroups/large/users", {"usernames": names[start : start + 50]})
    story.send_to_group("pages", "large", "zoe")
    for label in ("group", "directed", "suspects", "pages"):
        story.ended(label)
    story.api("POST", "/chatgroups/large/users", {"usernames": ["one-more"]})
    story.send_to_group("too large", "large", "zoe")
    story.ended("too large")


def receipts_and_acks(story: Story) -> None:
    """What vendors report, and both forms of an acknowledgement."""
    url = story.api("GET", "/notifiers/meizu-notifier")["receipt_url"]
    order = {"vendor": "meizu", "token": story.phones["eve", "m20"], "event": "delivered"}
    to = story.state["api_url"] + url[url.index("/push/report/") :]
    call(f"{story.simulators}/receipts", "POST", order | {"to": to})
    acks = "/users/{}/offline_messages/ack"
    story.api("POST", acks.format("ann"), {"msg_ids": [story.messages["pushed"]["msg_id"]]})
    story.api("POST", acks.format("bob"), {"up_to": story.messages["taken up"]["msg_id"]})
