"""Scenes of the story about gateways with leases, connections to the WebSocket API, a returning user, and erasures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from socket_client import Client
from wsproto.events import AcceptConnection, TextMessage

if TYPE_CHECKING:
    from story import Story

FORMER = "former"
# Seconds by which marks lie behind the present time.
SETTLED_AFTER = 61
_PATIENCE = 150
# Number of messages of 4.5 KB that exceeds a page of a connection.
WAITING = 30


class Connections:
    """Connections that stay open until the rows are read."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.open: list[Client] = []

    def connect(self, user: str, device: str, ttl: int, **query: str) -> Client:
        """Open a connection with a user token of this lifetime in seconds."""
        grant = {"grant_type": "inherit", "username": user, "autoCreateUser": True, "ttl": ttl}
        token = self.story.api("POST", "/token", grant)["access_token"]
        asked = {"org": self.story.org, "app": self.story.app_name, "device_id": device, "token": token} | query
        port = urlsplit(self.story.state["websocket_url"]).port or 0
        client = Client(port, "/?" + urlencode(asked))
        if not isinstance(client.accepted, AcceptConnection):
            raise RuntimeError(f"{user} is not let in: {client.accepted}")
        self.open.append(client)
        return client


def gateways(story: Story) -> None:
    """A device whose gateway has a lease, and the lease of a gateway that says when it started."""
    now = int(time.time() * 1000)
    event = {"user": "gil", "device_id": "pixel", "session": "s1", "status": "online", "ts": now - 5000, "gateway": "edge-1"}
    story.api("POST", "/presence/events", {"events": [event]})
    story.api("POST", "/presence/gateways/edge-1", {"ttl_seconds": 300, "started_at": now - 60_000})
    story.api("POST", "/presence/gateways/edge-2", {"ttl_seconds": 300})


def connections(story: Story, live: Connections) -> None:
    """A live connection, a connecting one, one that was forced off, and one that gets waiting messages in pages."""
    story.bind("wes", "pixel", "fcm")
    wes = live.connect("wes", "pixel", 3600)
    # A frame shows that the connection is live. The API alone answers a `ping`.
    wes.ask(json.dumps({"action": "ack", "msg_ids": [story.messages["pushed"]["msg_id"]]}))
    story.api("POST", "/chatgroups", {"groupid": "team", "groupname": "The team", "members": ["wes", "bob"]})
    story.send("direct", "wes", "over the connection")
    _receive(wes, 1)
    story.send_to_group("direct group", "team", "wes")
    _receive(wes, 1)
    wes.ask(json.dumps({"action": "ack", "msg_ids": [story.messages[label]["msg_id"] for label in ("direct", "direct group")]}))
    live.connect("xia", "pixel", 3600)
    story.api("GET", "/users/xia/disconnect")
    waiting = [{"from": "carol", "to": ["pat"], "type": "txt", "body": {"msg": "What waits. " * 375}}]
    for _ in range(WAITING // 15):
        story.api("POST", "/messages/batch", {"messages": waiting * 15})
    pat = live.connect("pat", "pixel", 3600, since=story.messages["pushed"]["msg_id"])
    _receive(pat, WAITING)
    for label in ("direct", "direct group"):
        story.ended(label)


def comes_back(story: Story, since: float) -> None:
    """A user acknowledges messages older than a minute, so that marks are written."""
    time.sleep(max(0.0, since + SETTLED_AFTER - time.monotonic()))
    story.api("POST", "/users/bob/offline_messages/ack", {"up_to": story.messages["taken up"]["msg_id"]})
    story.api("GET", "/users/bob/offline_messages")


def waits(sent: Callable[[], list[dict[str, Any]]]) -> None:
    """A push that fails for more than a minute is decided again."""
    _until("a push waited", lambda: any('"waited":' in it["entry"]["MessageBody"] for it in sent()))


def erasures(story: Story, sent: Callable[[], list[dict[str, Any]]]) -> None:
    """A user who is erased, and an app that is being deleted."""
    story.bind("ned", "pixel", "fcm")
    story.report("ned", "pixel", "s1", "online", ago=60)
    story.api("PUT", "/users/ned", {"nickname": "Ned"})
    story.api("POST", "/chatgroups", {"groupid": "neds", "owner": "ned", "members": ["bob"]})
    story.send("erased", "ned", "to nobody any more")
    story.ended("erased")
    del story.messages["erased"]
    story.api("DELETE", "/users/ned")
    story.former_app(FORMER)
    _until("both erasures sweep again", lambda: {_sweeps(it) for it in sent()} >= {("user-1", 1), ("app-1", 1)})


def _sweeps(sent: dict[str, Any]) -> tuple[str, int]:
    if not sent["queue"].endswith("-erase"):
        return ("", 0)
    record = json.loads(sent["entry"]["MessageBody"])
    return (record["v"], record.get("sweep", 0))


def _receive(client: Client, messages: int) -> None:
    """Wait for so many messages."""
    while messages:
        event = client.next()
        if not isinstance(event, TextMessage):
            raise RuntimeError(f"the connection ended: {event}")
        messages -= json.loads(event.data)["kind"] == "message"


def _until(what: str, look: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not look():
        if time.monotonic() > end:
            raise RuntimeError(f"it never comes to that: {what}")
        time.sleep(0.2)
