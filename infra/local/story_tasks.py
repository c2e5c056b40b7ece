"""Scenes of the story about tasks: pushes to everyone, or to the users of a label."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from story_calls import Answer, Body, call, token
from story_instant import NOTICE, until_queued

if TYPE_CHECKING:
    from story import Story

# An app with more users than a page of a task has. Only the first one has a phone.
CROWD = "crowd"
_USERS = [f"rider{number:02}" for number in range(30)]
# A page then has 25 users, and the next one comes 5 seconds later.
_SETTINGS = {"task_pushes_per_second": 5, "time_zone": "Europe/Berlin"}
_LABEL = "tour"
# The digits of a task's id.
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PATIENCE = 60


def to_everyone(story: Story) -> None:
    """A task of two pages that runs to its end, one that is paused within a page, and a broadcast that is cancelled."""
    story.manage("POST", "", {"org": story.org, "app": CROWD, "settings": _SETTINGS})
    bearer = story.manage("POST", f"/{story.org}/{CROWD}/token", {})["access_token"]
    base = f"{story.state['api_url']}/{story.org}/{CROWD}"

    def api(method: str, path: str, body: Body = None) -> Answer:
        return call(base + path, method, body, bearer)

    credential = call(f"{story.simulators}/test-accounts")["fcm"]
    api("POST", "/notifiers", {"name": "fcm", "vendor": "fcm", "credential": credential})
    api("POST", "/users", [{"username": user} for user in _USERS])
    phone = token(story.simulators, "fcm", 900)
    api("PUT", f"/users/{_USERS[0]}/push/binding", {"device_id": "pixel", "device_token": phone, "notifier_name": "fcm"})
    everyone = api("POST", "/push/task", {"strategy": 2, "pushMessage": NOTICE})["data"]
    _until("everybody is counted", lambda: _counted(api, everyone) == len(_USERS))
    with story.forbidden("CheckPresenceRole", "dynamodb:BatchWriteItem", "MessagesTable"):
        paused = api("POST", "/push/task", {"strategy": 3, "pushMessage": NOTICE})["data"]
        until_queued(story, {("task-1", "not_before"), ("task-1", "attempts")})
        api("PUT", f"/push/task/{paused}", {"state": "paused"})
    stored = api("POST", "/push/message", {"pushMessage": NOTICE})["data"]
    cancelled = api("POST", "/push/task/broadcast", {"strategy": 2, "pushMsgId": stored, "startDate": _soon()})["data"]
    api("PUT", f"/push/task/{cancelled}", {"state": "cancelled"})
    for label, task in (("everyone", everyone), ("paused", paused), ("cancelled", cancelled)):
        _look(story, label, CROWD, api("GET", f"/push/task/{task}")["data"])
    story.answers["stored push"] = api("GET", f"/push/message/{stored}")["data"]


def to_a_label(story: Story) -> None:
    """A task for a label that runs to its end. One of its users is connected, and one has no phone. Its push is delivered,
    clicked, and read on another device. And a task that is scheduled.
    """
    story.api("POST", "/push/label", {"name": _LABEL})
    story.api("POST", f"/push/label/{_LABEL}/user", {"usernames": ["ins", "bob", "yak", "nov"]})
    push = {"targets": [_LABEL], "strategy": 3, "pushMessage": NOTICE}
    task = story.api("POST", "/push/list/label", push)["data"]["taskId"]
    _until("every user of the label is counted", lambda: _counted(story.api, task) == 4)
    msg_id = _message(story, task)
    for user in ("ins", "yak"):
        story.messages[f"by a task, {user}"] = {"user": user, "msg_id": msg_id}
        story.ended(f"by a task, {user}")
    story.huawei_reports({"token": story.phones["bob", "mate"], "status": 0, "biTag": _named_to_vendors(msg_id, task), "requestId": "7"})
    story.api("POST", "/users/ins/push/clicked", {"msg_id": msg_id, "device_id": "pixel"})
    _until("the receipts are counted", lambda: _numbers(story.api, task, "delivered", "clicked") == [1, 1])
    story.live.connect("ins", "pad", 3600).ask(json.dumps({"action": "ack", "msg_ids": [msg_id]}))
    until_queued(story, {("revoke-1", "task")})
    scheduled = story.api("POST", "/push/list/label", push | {"startDate": _soon()})["data"]["taskId"]
    for label, one in (("label", task), ("scheduled", scheduled)):
        _look(story, label, story.app_name, story.api("GET", f"/push/task/{one}")["data"])


def _soon() -> str:
    """Return a start after the story, in the apps' time zone."""
    return (datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S")


def _look(story: Story, label: str, app: str, shown: Answer) -> None:
    story.answers[f"task {label}"] = {"app": f"{story.org}#{app}"} | shown


def _numbers(api: Callable[..., Answer], task: str, *names: str) -> list[int]:
    shown = api("GET", f"/push/task/{task}")["data"]
    return [shown[name] for name in names]


def _counted(api: Callable[..., Answer], task: str) -> int:
    """Return how many pushes are counted, or -1 before the task's end."""
    shown = api("GET", f"/push/task/{task}")["data"]
    return -1 if shown["state"] != "done" else int(shown["accepted"]) + sum(shown["refused"].values())


def _message(story: Story, task: str) -> str:
    """Return the id of the message that a task of one page has pushed."""
    return next(str(job["receivers"][0]["msg_id"]) for job in story.jobs() if _task_of(job) == task)


def _task_of(job: dict[str, Any]) -> str | None:
    task = job["content"].get("instant", {}).get("task")
    return None if task is None else str(task)


def _named_to_vendors(msg_id: str, task: str) -> str:
    """Return what vendors get with the push, and send back with its receipts."""
    number = 0
    for character in task:
        number = number * 32 + _CROCKFORD.index(character)
    return f"{msg_id}.{base64.urlsafe_b64encode(number.to_bytes(16)).decode().rstrip('=')}"


def _until(what: str, look: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not look():
        if time.monotonic() > end:
            raise RuntimeError(f"it never comes to that: {what}")
        time.sleep(0.2)
