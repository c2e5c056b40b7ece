"""The kinds of queue records, and why a second record of the kind does no harm.

A record's field `v` says its kind: see shared/src/ports/queue/, connections.rs, erase_queue.rs and callbacks.rs there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of record."""

    name: str
    # What becomes of a record that the queue gets twice.
    repeated: str


UNREADABLE = Kind("unreadable", "the function reads it three times within 15 minutes, and dead-letters it again")

_DISPATCH = {
    "1": Kind("message", "it is decided again, and push functions leave out devices whose push ended"),
    "group-1": Kind("page of a group", "its members are decided again, and push functions leave out devices whose push ended"),
    "task-1": Kind("page of a task", "a page that ended is left out"),
    "revoke-1": Kind("read messages", "a notification that is gone stays gone"),
    "recall-1": Kind("recalled message", "a notification that is gone stays gone"),
}
_PUSH = {
    "1": Kind("push", "its old decision is made again, and devices whose push ended are left out"),
    "revoke-1": Kind("notification to revoke", "a notification that is gone stays gone"),
    "record-1": Kind("ends to record", "what is recorded stays as it is"),
}
_DIRECT = {
    "message-1": Kind("message to connections", "clients drop a message that they have by msg_id; a lost connection is decided again"),
    "page-1": Kind("waiting messages", "clients drop a message that they have by msg_id; it ends with its connection"),
    "end-1": Kind("end of a connection", "a connection that ended stays ended"),
}
_ERASE = {
    "user-1": Kind("erasure of a user", "what is newer than the erasure stays"),
    "app-1": Kind("deletion of an app", "it ends when the app's name is free"),
    "label-1": Kind("deletion of a push label", "what is deleted stays deleted"),
}
_CALLBACK = {"1": Kind("events for an app's server", "the server drops an event that it has by webhook-id")}

_KINDS = {"dispatch": _DISPATCH, "direct": _DIRECT, "erase": _ERASE, "callback": _CALLBACK}


def kind_of(queue: str, body: Body | None) -> Kind:
    """Return the kind of a record of this queue."""
    kinds = _PUSH if queue.startswith("push-") else _KINDS.get(queue, {})
    return kinds.get(str((body or {}).get("v")), UNREADABLE)


def app_of(body: Body | None) -> str | None:
    """Return the key of the record's app, if it names one."""
    jobs = _parts(body, "jobs")
    held = [body or {}, *jobs[:1], (body or {}).get("connection")]
    named = (it.get("app") for it in held if isinstance(it, dict))
    return next((app for app in named if isinstance(app, str)), None)


def messages_of(body: Body | None) -> Iterable[str]:
    """Return the ids of the record's messages. An id says when the message was accepted, and nothing of a person."""
    for holder in [body or {}, *_parts(body, "jobs")]:
        named = [holder, *_parts(holder, "receivers"), *_parts(holder, "messages"), *_parts(holder, "events")]
        yield from (it["msg_id"] for it in named if isinstance(it.get("msg_id"), str))


def receivers_of(body: Body | None) -> int:
    """Return how many receivers the record has."""
    return sum(len(_parts(holder, "receivers")) for holder in [body or {}, *_parts(body, "jobs")])


def _parts(body: Any, name: str) -> list[Body]:
    parts = body.get(name) if isinstance(body, dict) else None
    return [it for it in parts if isinstance(it, dict)] if isinstance(parts, list) else []
