"""Scenes of the story about operators: changes, bans, administrators of groups, clicks, and work that is interrupted at
the end.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from story import Story

OTHER = "other"
# The credential of Huawei's receipts. `story.py` gives it to the notifier.
RECEIPT_USER, RECEIPT_SECRET = "receipts", "of-a-test-stack"
# Two ends of credentials: one long after the story, one soon after it.
_LATER, _SOON_SECONDS = 1_893_456_000_000, 5 * 86_400


def ends_at(vendor: str) -> dict[str, Any]:
    """Return the end of a notifier's credential, for the vendors whose credentials have one here."""
    soon = (int(time.time()) + _SOON_SECONDS) * 1000
    return {"huawei": {"expires_at": _LATER}, "oppo": {"expires_at": soon}}.get(vendor, {})


def secrets(story: Story) -> None:
    """A rotated signing secret, another app with all settings changed, replaced client secrets, and revoked support
    tokens.
    """
    manager = story.clients("secretsmanager")
    secret = story.resource("TokenSigningSecret")
    manager.put_secret_value(SecretId=secret, SecretString="rotated" * 8)
    settings = {
        "advanced_push": True, "multi_device_policy": "any_offline", "time_zone": "Asia/Shanghai", "large_group_limit": 300,
        "max_bindings": 3, "max_devices": 4, "online_recheck": {"enabled": False, "seconds": 5}, "presence_lease_seconds": 60,
        "presence_heartbeat_seconds": 20, "privacy": "notice", "badge": "off", "max_token_seconds": 86_400,
    }  # fmt: skip
    # The key of a new app is derived from the present secret. From then on the function that creates it has cached the
    # secret.
    story.manage("POST", "", {"org": story.org, "app": OTHER, "settings": settings})
    path = f"/{story.org}/{story.app_name}"
    for _ in range(2):
        replaced = story.manage("POST", f"{path}/credentials", {"grace_seconds": 86_400})
    login = {"client_id": replaced["client_id"], "client_secret": replaced["client_secret"]}
    story.bearer = story.api("POST", "/token", {"grant_type": "client_credentials"} | login)["access_token"]
    story.manage("POST", f"{path}/token", {"scope": "support"})
    story.manage("POST", f"{path}/tokens/revoke", {"scope": "support"})
    story.manage("POST", f"{path}/token", {"scope": "support"})


def doubted(story: Story) -> None:
    """A refusal that the device token may have caused, at a notifier that never had a success."""
    story.notifier("fcm-doubted", "fcm")
    phone = story.bind("dot", "pixel", "fcm", "fcm-doubted")
    story.fault("fcm", phone, fault={"kind": "code", "code": "NOT_FOUND"})
    story.send("doubted", "dot", "is it the token?")
    story.ended("doubted")


def bans(story: Story) -> None:
    """A user whom the app created and banned, and one who was banned without a profile."""
    story.api("POST", "/users", {"username": "una", "nickname": "Una"})
    story.api("POST", "/users/una/deactivate")
    story.bind("rob", "pixel", "fcm")
    story.api("POST", "/users/rob/deactivate")
    story.send("banned", "una", "not any more")
    story.ended("banned")


def groups(story: Story) -> None:
    """A group with all texts and settings, a public group that is disabled, and one whose deletion is interrupted."""
    club = {
        "groupid": "club", "groupname": "The club", "description": "Meets on Fridays", "custom": '{"k":1}',
        "avatar": "https://example.com/club.png", "membersonly": True, "allowinvites": True, "maxusers": 50,
        "owner": "carol", "members": ["ann", "bob", "kim", "joe"],
    }  # fmt: skip
    story.api("POST", "/chatgroups", club)
    story.api("POST", "/chatgroups/club/announcement", {"announcement": "At noon"})
    for member in ("ann", "bob"):
        story.api("POST", "/chatgroups/club/admin", {"newadmin": member})
    story.api("GET", "/chatgroups/club/admin")
    story.api("DELETE", "/chatgroups/club/users/joe")
    story.api("POST", "/chatgroups", {"groupid": "hall", "groupname": "The hall", "public": True, "members": ["ann"]})
    story.api("POST", "/chatgroups/hall/disable")
    story.send_to_group("group off", "hall", "ann")
    story.ended("group off")
    story.api("POST", "/chatgroups", {"groupid": "cut", "groupname": "Cut off", "members": ["kim"]})
    with story.forbidden("ManageAppRole", "dynamodb:DeleteItem"):
        story.refused("DELETE", "/chatgroups/cut")


def labels(story: Story) -> None:
    """A push label with a description and users, and one that is deleted."""
    for name, more in (("vip", {"description": "Pays"}), ("old", {})):
        story.api("POST", "/push/label", {"name": name, **more})
        story.api("POST", f"/push/label/{name}/user", {"usernames": ["ann", "bob"]})
    story.api("DELETE", "/push/label/vip/user", {"usernames": ["bob"]})
    story.api("DELETE", "/push/label/old")


def reports(story: Story) -> None:
    """A delivery that Huawei reports, and clicks that the app reports for both kinds of messages."""
    pushed = story.messages["pushed"]["msg_id"]
    story.huawei_reports({"token": story.phones["ann", "mate#1"], "status": 0, "biTag": pushed})
    for user, label in (("ann", "pushed"), ("ida", "group")):
        clicked = {"msg_id": story.messages[label]["msg_id"], "device_id": "pixel"}
        if not story.api("POST", f"/users/{user}/push/clicked", clicked)["data"]["recorded"]:
            raise RuntimeError(f"the click of {label} is not recorded")


def signature() -> str:
    """Return the header with which Huawei signs a report."""
    timestamp, nonce = int(time.time() * 1000), "capture"
    text = f"{timestamp}{nonce}{RECEIPT_USER}"
    value = base64.b64encode(hmac.digest(RECEIPT_SECRET.encode(), text.encode(), hashlib.sha256)).decode()
    return f"timestamp={timestamp}; nonce={nonce}; value={value}"


def given_up_twice(story: Story) -> None:
    """A request that is given up twice. The first try, more than 15 s ago, stored nothing. Its repeat therefore gets
    other ids and is given up too.
    """
    with story.forbidden("IngestMessageRole", "sqs:SendMessage"):
        story.give_up("renamed")


def looks(story: Story) -> None:
    """Store the API's answers about everything before."""
    now = int(time.time() * 1000)
    hour = 3_600_000
    groups = ("/chatgroups/club", "/chatgroups/hall", "/chatgroups/club/admin")
    for path in ("/users/una", "/users/rob", *groups, "/push/label/vip", "/push/label/vip/user"):
        whole = story.api("GET", path)
        story.answers[path] = whole.get("data", whole.get("entities"))
    story.answers["/chatgroups/club/announcement"] = story.api("GET", "/chatgroups/club/announcement")["data"]
    for by in ("vendor", "reason"):
        asked = urlencode({"from": now - 2 * hour, "to": now + hour, "by": by})
        story.answers[f"/push/stats by {by}"] = story.api("GET", f"/push/stats?{asked}")["data"]
    story.answers["/management/apps"] = story.manage("GET", "")["data"]


def replaced(story: Story) -> None:
    """A connection that another session has replaced and that is not closed yet. The function that closes it cannot
    record that.
    """
    live = story.live.connect("zed", "pixel", 3600)
    live.ask('{"action":"ack","msg_ids":["' + story.messages["pushed"]["msg_id"] + '"]}')
    story.look()
    looks(story)
    with story.forbidden("HoldConnectionRole", "dynamodb:PutItem"):
        story.report("zed", "pixel", "s2", "online")
        time.sleep(0.5)
