"""Scenes of the story about instant pushes, messages that were read elsewhere, and recalls."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from story_callbacks import FAILING
from story_calls import call
from wsproto.events import TextMessage

if TYPE_CHECKING:
    from story import Story

# Has every field that a row or a record holds.
NOTICE = {
    "title": "Delay", "content": "The train leaves at nine.", "subTitle": "Trains", "ext": {"line": 7}, "class": "system",
    "config": {"clickAction": {"action": "com.example.OPEN"}, "badge": {"addNum": 1}}, "easemob": {"style": 2},
    "template": {"name": "order", "title_args": ["7"]}, "fcm": {"notification": {"title": "Delay", "androidChannelId": "news"}},
}  # fmt: skip
# A notifier whose notifications replace each other by conversation. Functions cache the app, so it comes first.
GROUPED = "fcm-grouped"
_PATIENCE = 30


def pushes(story: Story) -> None:
    """Instant pushes of every strategy, one whose caller waits, and one that the vendor refuses."""
    story.bind("ins", "pixel", "fcm")
    for strategy in range(5):
        push(story, f"instant {strategy}", "ins", strategy)
    push(story, "instant, waited for", "ins", 2, route="sync")
    dry = story.bind("dry", "pixel", "fcm")
    call(f"{story.simulators}/devices", "POST", {"devices": [{"vendor": "fcm", "token": dry, "state": "unregistered"}]})
    push(story, "instant, refused", "dry", 0)


def push(story: Story, label: str, user: str, strategy: int, route: str = "async") -> None:
    """Push to one user, and wait for the end."""
    answer = story.api("POST", f"/push/{route}/{user}", {"strategy": strategy, "pushMessage": NOTICE})
    story.messages[label] = {"user": user, "msg_id": answer["data"][0]["msg_id"]}
    story.ended(label)


def over_the_connection(story: Story) -> None:
    """An instant push to a user who is connected."""
    yak = story.live.connect("yak", "pixel", 3600)
    yak.ask(json.dumps({"action": "ack", "msg_ids": [story.messages["pushed"]["msg_id"]]}))
    push(story, "instant, connected", "yak", 4)
    while json.loads(_text(yak.next())).get("kind") != "push":
        pass
    yak.ask(json.dumps({"action": "ack", "msg_ids": [story.messages["instant, connected"]["msg_id"]]}))


def _text(event: Any) -> str:
    if not isinstance(event, TextMessage):
        raise RuntimeError(f"the connection ended: {event}")
    return str(event.data)


def told(story: Story) -> None:
    """Whatever an app's server is told, for a user whose callbacks fail: pushes, receipts, clicks, presence, tokens."""
    fcm, huawei = story.bind(FAILING, "pixel", "fcm", GROUPED), story.bind(FAILING, "mate", "huawei")
    story.api("POST", "/users", {"username": "nov"})
    story.api("POST", "/chatgroups", {"groupid": "news", "groupname": "The news", "members": [FAILING, "nov", "carol"]})
    story.send("to be read", FAILING, "read it on the tablet")
    story.send_to_group("to be read in a group", "news", FAILING)
    for label in ("to be read", "to be read in a group"):
        story.ended(label)
    told = {"token": huawei, "status": 0, "biTag": story.messages["to be read"]["msg_id"]}
    story.huawei_reports(told)
    clicked = {"msg_id": story.messages["to be read"]["msg_id"], "device_id": "pixel"}
    story.api("POST", f"/users/{FAILING}/push/clicked", clicked)
    story.fault("fcm", fcm, fault={"kind": "code", "code": "FAILED_PRECONDITION"})
    story.send("refused for good", FAILING, "no")
    story.ended("refused for good")
    gone = story.bind(FAILING, "old", "huawei")
    call(f"{story.simulators}/devices", "POST", {"devices": [{"vendor": "huawei", "token": gone, "state": "unregistered"}]})
    push(story, "token removed", FAILING, 0)
    story.report(FAILING, "watch", "s1", "online")
    story.report(FAILING, "watch", "s1", "offline")
    ignored = {"em_push_filter": {"ignore_device_id": ["pixel", "mate"]}}
    story.send("suppressed, told", FAILING, "not now", ext=ignored)
    story.send_to_group("suppressed in a group", "news", FAILING, ext=ignored)
    for label in ("suppressed, told", "suppressed in a group"):
        story.ended(label)


def revoked(story: Story) -> None:
    """Messages that the user reads on another device, and recalled ones. The first tries fail."""
    story.send("to be recalled", "ins", "a mistake")
    story.ended("to be recalled")
    story.send_to_group("to be recalled in a group", "news", FAILING)
    story.ended("to be recalled in a group")
    # The vendor is down for the first revocation.
    story.fault("fcm", story.phones[FAILING, "pixel"], fault={"kind": "code", "code": "INTERNAL"})
    read = [story.messages[label]["msg_id"] for label in ("to be read", "refused for good", "suppressed, told")]
    with story.forbidden("CheckPresenceRole", "dynamodb:Query"):
        _read(story, read)
        _recall(story, "to be recalled")
        until_queued(story, {("revoke-1", "attempts"), ("recall-1", "attempts")})
    _recall(story, "to be recalled in a group")
    groups = ("to be read in a group", "suppressed in a group", "to be recalled in a group")
    _read(story, [story.messages[label]["msg_id"] for label in groups])
    # It has more than a page of records.
    _recall(story, "pages")
    until_queued(story, {("recall-1", "after"), ("recall-1", "looks")})


def _read(story: Story, ids: list[str]) -> None:
    story.api("POST", f"/users/{FAILING}/offline_messages/ack", {"msg_ids": ids, "device_id": "pad"})


def _recall(story: Story, label: str) -> None:
    message = story.messages[label]
    to = {"to": message["group"], "chat_type": "groupchat"} if "group" in message else {"to": message["user"], "chat_type": "chat"}
    story.api("POST", "/messages/msg_recall", {"msg_id": message["msg_id"], "force": True} | to)


def until_queued(story: Story, wanted: set[tuple[str, str]]) -> None:
    """Wait until records of these kinds with these fields were queued."""
    end = time.monotonic() + _PATIENCE
    while True:
        records = [json.loads(it["entry"]["MessageBody"]) for it in story.sent()]
        missing = {(kind, name) for kind, name in wanted if not any(it.get("v") == kind and name in it for it in records)}
        if not missing:
            return
        if time.monotonic() > end:
            raise RuntimeError(f"these records are never queued: {missing}")
        time.sleep(0.2)
