"""A story that makes the product write rows and queue records of every kind. `capture.py` plays it on the running local
stack.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import story_callbacks
import story_instant
import story_messages
import story_operators
import story_return
import story_tasks
from story_calls import Answer, Body, Refused, call, token

ORG, APP = "acme", "captured"
_PATIENCE = 60


class Story:
    """The app `acme#captured` with its users, and what was answered about it."""

    def __init__(self, state: Answer, clients: Callable[[str], Any]) -> None:
        self.state, self.clients = state, clients
        self.base = f"{state['api_url']}/{ORG}/{APP}"
        self.simulators = f"{state['vendor_base_url']}/_sim"
        self.bearer = ""
        self.phones: dict[tuple[str, str], str] = {}
        # label to the message's receiver and id
        self.messages: dict[str, dict[str, str]] = {}
        # path to the API's answer at the end
        self.answers: dict[str, Any] = {}
        self.org, self.app_name = ORG, APP
        self.live = story_return.Connections(self)
        self.server = story_callbacks.Server()
        # when the first message was sent that a later scene acknowledges
        self.settling = 0.0

    def play(self) -> None:
        """Play all scenes, in order."""
        self.app()
        story_operators.secrets(self)
        self.users()
        self.presence()
        self.settings()
        story_messages.one_to_one(self)
        story_messages.interrupted(self)
        story_messages.groups(self)
        story_messages.receipts_and_acks(self)
        story_operators.doubted(self)
        story_operators.bans(self)
        story_operators.groups(self)
        story_operators.labels(self)
        story_operators.reports(self)
        story_callbacks.switched_off(self)
        story_instant.pushes(self)
        story_instant.told(self)
        story_instant.revoked(self)
        story_tasks.to_everyone(self)
        story_return.gateways(self)
        story_return.erasures(self, self.sent)
        story_return.connections(self, self.live)
        story_instant.over_the_connection(self)
        story_tasks.to_a_label(self)
        story_return.comes_back(self, self.settling)
        story_return.waits(self.sent)
        story_operators.given_up_twice(self)
        story_callbacks.asks_for_rest(self)
        story_operators.replaced(self)
        # The connection is live a second after this. The rows are read before.
        self.live.connect("yan", "pixel", 3600)

    # ---- calls ----

    def api(self, method: str, path: str, body: Body = None, key: str | None = None) -> Answer:
        """Call a path of the app with the app token."""
        return call(self.base + path, method, body, self.bearer, key)

    def manage(self, method: str, path: str, body: Body = None) -> Answer:
        """Call a path about apps as the operator."""
        return call(f"{self.state['api_url']}/management/apps{path}", method, body, self.state["operator_key"])

    def refused(self, method: str, path: str) -> None:
        """Make a call that must fail."""
        try:
            self.api(method, path)
        except Refused:
            return
        raise Refused(f"{method} {path} succeeded")

    def report_receipts(self, address: str, body: Answer, headers: dict[str, str]) -> None:
        """Send a vendor's report to the address of a notifier."""
        call(self.state["api_url"] + address[address.index("/push/report/") :], "POST", body, more=headers)

    def huawei_reports(self, told: Answer) -> None:
        """Send Huawei's report on one notification."""
        address = self.api("GET", "/notifiers/huawei-notifier")["receipt_url"]
        self.report_receipts(address, {"statuses": [told]}, {"X-HUAWEI-CALLBACK-ID": story_operators.signature()})

    def fault(self, vendor: str, phone: str, times: int = 1, **rule: Any) -> None:
        """Make the vendor's simulator fail for one device token."""
        rules = {"vendor": vendor, "endpoint": "send", "match_token": phone, "times": times} | rule
        call(f"{self.simulators}/faults", "POST", {"rules": [rules]})

    def sent(self) -> list[Answer]:
        """Return what the functions have put on queues."""
        return list(call(f"{self.state['aws_endpoint_url']}/_curlew/sent")["records"])

    def jobs(self) -> Iterator[Answer]:
        """Return the jobs with receivers that were put on the queue of decisions."""
        for it in self.sent():
            if it["queue"].endswith("-dispatch"):
                yield from json.loads(it["entry"]["MessageBody"]).get("jobs", [])

    def resource(self, logical: str) -> str:
        """Return the id of a resource of the stack."""
        return next(
            str(it["PhysicalResourceId"])
            for it in self.clients("cloudformation").describe_stack_resources(StackName="curlew")["StackResources"]
            if it["LogicalResourceId"] == logical
        )

    @contextmanager
    def forbidden(self, role: str, action: str, table: str | None = None) -> Iterator[None]:
        """Forbid a function this call meanwhile, for all tables or for one."""
        iam = self.clients("iam")
        name = self.resource(role)
        resource = f"arn:aws:dynamodb:*:*:table/{self.state['tables'][table]}" if table else "*"
        deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": resource}]}
        iam.put_role_policy(RoleName=name, PolicyName="capture", PolicyDocument=json.dumps(deny))
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=name, PolicyName="capture")

    def bind(self, user: str, device: str, vendor: str, notifier: str | None = None) -> str:
        """Bind a phone. Returns its device token."""
        phone = token(self.simulators, vendor, len(self.phones) + 1)
        self.phones[user, device] = phone
        body = {"device_id": device, "device_token": phone, "notifier_name": notifier or f"{vendor}-notifier"}
        self.api("PUT", f"/users/{user}/push/binding", body)
        return phone

    def report(self, user: str, device: str, session: str, status: str, ago: int = 0) -> None:
        """Report a presence event that happened `ago` seconds ago."""
        ts = int(time.time() * 1000) - ago * 1000
        event = {"user": user, "device_id": device, "session": session, "status": status, "ts": ts, "platform": "android"}
        self.api("POST", "/presence/events", {"events": [event]})

    def send(self, label: str, to: str, text: str, key: str | None = None, **fields: Any) -> str:
        """Send a message to one user. Returns its id."""
        body = {"from": "carol", "to": [to], "type": "txt", "body": {"msg": text}} | fields
        self.messages[label] = {"user": to, "msg_id": self.api("POST", "/messages/users", body, key)["data"][to]}
        return self.messages[label]["msg_id"]

    def give_up(self, key: str) -> None:
        """Send a message to Bob that cannot be stored or queued."""
        try:
            self.send(key, "bob", key, key=key)
        except Refused:
            return
        raise Refused("a message was accepted that could not be stored or queued")

    def send_to_group(self, label: str, group: str, receiver: str, **fields: Any) -> None:
        """Send a message to a group. `receiver` is the member whose trace is read."""
        route = "/messages/chatgroups/users" if "users" in fields else "/messages/chatgroups"
        body = {"from": "carol", "to": [group], "type": "txt", "body": {"msg": f"to {group}"}} | fields
        msg_id = self.api("POST", route, body)["data"][group]
        self.messages[label] = {"user": receiver, "group": group, "msg_id": msg_id}

    def trace(self, label: str) -> Answer:
        """Return the trace of a message."""
        message = self.messages[label]
        group = f"&group={message['group']}" if "group" in message else ""
        return dict(self.api("GET", f"/push/trace/{message['msg_id']}?user={message['user']}{group}")["data"])

    def ended(self, label: str) -> None:
        """Wait until the decision is recorded and every push has ended."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            trace = self.trace(label)
            pushes = [it for it in trace["devices"] if it["verdict"] == "push"]
            if trace["verdict"] != "pending" and all(it.get("attempts") for it in pushes):
                return
            time.sleep(0.2)
        raise Refused(f"{label} never ends: {trace}")

    # ---- scenes ----

    def app(self) -> None:
        """An app with other settings than the defaults, and notifiers in every state."""
        settings = {"advanced_push": True, "presence_lease_seconds": 15, "presence_heartbeat_seconds": 1}
        body = {"org": ORG, "app": APP, "settings": settings}
        made = call(f"{self.state['api_url']}/management/apps", "POST", body, self.state["operator_key"])
        login = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
        self.bearer = call(f"{self.base}/token", "POST", {"grant_type": "client_credentials"} | login)["access_token"]
        recheck = {"enabled": True, "seconds": 2}
        changed = {"time_zone": "Europe/Berlin", "max_bindings": 8, "large_group_limit": story_messages.LARGE, "online_recheck": recheck}
        changed |= {"clear_when_read": True, "callback": self.server.setting(previous_secret="the-one-before")}
        self.api("PUT", "/push/settings", changed)
        accounts = call(f"{self.simulators}/test-accounts")
        receipt = {"user_name": story_operators.RECEIPT_USER, "secret": story_operators.RECEIPT_SECRET, "key_mode": "utf8"}
        accounts["huawei"]["receipt"] = receipt
        accounts["meizu"]["receipt_url"] = "https://push.example.com/cb/meizu/3f9c"
        options = {"huawei": {"category": "IM", "tokens_per_second": 1000}}
        for vendor in accounts:
            body = {"name": f"{vendor}-notifier", "vendor": vendor, "credential": accounts[vendor]}
            body |= {"options": options.get(vendor, {})} | story_operators.ends_at(vendor)
            self.api("POST", "/notifiers", body, key=f"notifier-{vendor}")
        self.notifier(story_instant.GROUPED, "fcm", {"collapse": "conversation"})
        # The operator disables one notifier. A wrong secret makes the vendor's refusal disable another.
        self.api("PUT", "/notifiers/xiaomi-notifier", {"state": "disabled"})
        self.api("PUT", "/notifiers/honor-notifier", {"credential": accounts["honor"] | {"client_secret": "wrong"}})
        patterns = {"title_pattern": "Order {0}", "content_pattern": "{$fromNickname}: {$msg}"}
        self.api("POST", "/notification/template", {"name": "order"} | patterns)

    def notifier(self, name: str, vendor: str, options: Body = None) -> None:
        """Add a notifier."""
        credential = call(f"{self.simulators}/test-accounts")[vendor]
        self.api("POST", "/notifiers", {"name": name, "vendor": vendor, "credential": credential, "options": options or {}})

    def former_app(self, name: str) -> None:
        """Create another app with a notifier, a user and a group, and delete it."""
        base, management = f"{self.state['api_url']}/{ORG}/{name}", f"{self.state['api_url']}/management/apps"
        operator = self.state["operator_key"]
        made = call(management, "POST", {"org": ORG, "app": name}, operator)
        login = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
        bearer = call(f"{base}/token", "POST", {"grant_type": "client_credentials"} | login)["access_token"]
        credential = call(f"{self.simulators}/test-accounts")["fcm"]
        call(f"{base}/notifiers", "POST", {"name": "fcm-notifier", "vendor": "fcm", "credential": credential}, bearer)
        bound = {"device_id": "pixel", "device_token": token(self.simulators, "fcm", 0), "notifier_name": "fcm-notifier"}
        call(f"{base}/users/ola/push/binding", "PUT", bound, bearer)
        call(f"{base}/chatgroups", "POST", {"groupid": "olas", "owner": "ola", "members": ["ole"]}, bearer)
        path = f"/management/apps/{ORG}/{name}"
        call(self.state["api_url"] + path, "DELETE", bearer=operator)
        self.answers[path] = call(self.state["api_url"] + path, bearer=operator)

    def users(self) -> None:
        """Users with phones of every vendor. One token moves to another user."""
        for user, device, vendor in (
            ("ann", "pixel", "fcm"), ("ann", "mate#1", "huawei"), ("bob", "mate", "huawei"), ("eve", "m20", "meizu"),
            ("fay", "reno", "oppo"), ("gus", "magic", "honor"), ("hal", "mi", "xiaomi"), ("ida", "pixel", "fcm"),
            ("joe", "pixel", "fcm"), ("kim", "pixel", "fcm"), ("lou", "pixel", "fcm"), ("liv", "pixel", "fcm"),
            ("sue", "pixel", "fcm"), ("old", "pixel", "fcm"), ("tia", "mate", "huawei"),
            ("val", "x100", "vivo"),
        ):  # fmt: skip
            self.bind(user, device, vendor)
        moved = {"device_id": "lent", "device_token": self.phones["tia", "mate"], "notifier_name": "huawei-notifier"}
        self.api("PUT", "/users/uma/push/binding", moved)

    def presence(self) -> None:
        """Presence in every state: online, stale, expired, offline, kicked, logged out, and with a superseded session.
        """
        self.report("old", "pixel", "s1", "online", ago=7200)
        self.report("ann", "pixel", "s1", "online", ago=5)
        self.report("ann", "pixel", "s1", "offline")
        self.report("kim", "pixel", "s1", "online", ago=5)
        self.report("kim", "pixel", "s1", "kicked")
        self.report("lou", "pixel", "s1", "online", ago=5)
        self.api("POST", "/users/lou/push/logout", {"device_id": "pixel", "unbind_token": False})
        self.report("sue", "pixel", "s1", "online", ago=9)
        self.report("sue", "pixel", "s2", "online", ago=5)
        self.report("sue", "pixel", "s1", "offline")

    def settings(self) -> None:
        """Settings of users."""
        change = {"nickname": "Ann 🌻", "notification_display_style": 1, "time_zone": "Asia/Tokyo"}
        self.api("PUT", "/users/ann", change)
        self.api("PUT", "/users/carol", {"nickname": "Carol"})
        self.api("PUT", "/users/ann/notification/language", {"translationLanguage": "en"})
        self.api("PUT", "/users/ann/notification/template", {"templateName": "order"})
        self.api("PUT", "/users/joe/notification/user/joe", {"type": "NONE", "ignoreInterval": "22:00-07:30"})
        self.api("PUT", "/users/joe/notification/user/carol", {"type": "AT", "ignoreDuration": 86_400_000})
        self.api("PUT", "/users/joe/notification/chatgroup/crew", {"type": "ALL"})

    def look(self) -> None:
        """Store the API's answers about everything before."""
        self.report("max", "pixel", "s1", "online")
        for path in (
            "/push/settings", "/notifiers", "/notification/template", "/users/ann", "/users/joe", "/users/ann/status",
            "/users/max/status", "/users/kim/status", "/users/ann/push/binding", "/users/uma/push/binding",
            "/users/joe/notification/user/joe", "/users/joe/notification/user/carol",
            "/users/joe/notification/chatgroup/crew", "/chatgroups/crew", "/chatgroups/crew/users", "/chatgroups/large",
            "/users/gil/status", "/users/wes/status", "/users/wes/resources", "/users/bob/offline_msg_count",
        ):  # fmt: skip
            whole = self.api("GET", path)
            self.answers[path] = whole.get("data", whole.get("entities", whole.get("settings", whole)))
        for label in self.messages:
            self.answers[label] = self.trace(label)
