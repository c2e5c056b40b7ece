"""An app on the running local stack with users who are offline, and the requests that send messages to them."""

from __future__ import annotations

import json
import urllib.request
import uuid
from typing import Any

from .runtime_api import Event

# Users, and messages of a full request.
USERS = 100


class App:
    """A new app with a notifier of FCM. Each of its users has a phone."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._state = state
        self._name = f"bench-{uuid.uuid4().hex[:8]}"
        self._token, self._sent = "", 0

    def open(self) -> None:
        """Create the app with its users."""
        client = self._call("POST", "/management/apps", {"org": "acme", "app": self._name}, self._state["operator_key"])
        grant = {"grant_type": "client_credentials"} | {it: client[it] for it in ("client_id", "client_secret")}
        self._token = self._call("POST", f"/acme/{self._name}/token", grant, "")["access_token"]
        notifier = {"name": "fcm", "vendor": "fcm", "credential": self._of_vendors("/test-accounts")["fcm"]}
        self._call("POST", f"/acme/{self._name}/notifiers", notifier, self._token)
        for number in range(USERS):
            phone = self._of_vendors(f"/device-token?vendor=fcm&text={self._name[6:]}{number:03}")["token"]
            binding = {"device_id": "phone", "device_token": phone, "notifier_name": "fcm"}
            self._call("PUT", f"/acme/{self._name}/users/user-{number}/push/binding", binding, self._token)

    def alone(self) -> Event:
        """Return a request with one message."""
        return self._request("/messages/users", self._message())

    def full(self) -> Event:
        """Return a request with as many messages as it may have."""
        return self._request("/messages/batch", {"messages": [self._message() for _ in range(USERS)]})

    def _message(self) -> Event:
        """Return a message to the next user."""
        user = f"user-{self._sent % USERS}"
        self._sent += 1
        text = {"type": "txt", "body": {"msg": "See you at the station at half past seven."}}
        return {"from": "carol", "to": [user], **text, "ext": {"em_push_ext": {"title": "Carol", "content": "See you"}}}

    def _request(self, path: str, body: Any) -> Event:
        """Return a request as API Gateway hands it over."""
        path = f"/acme/{self._name}{path}"
        return {
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
            "headers": {
                "authorization": f"Bearer {self._token}", "content-type": "application/json", "host": "api.example.com",
                "accept": "*/*", "user-agent": "im-server/1.0", "x-forwarded-for": "203.0.113.7",
                "x-forwarded-port": "443", "x-forwarded-proto": "https",
            },
            "requestContext": {
                "accountId": "000000000000", "apiId": "api", "domainName": "api.example.com", "domainPrefix": "api",
                "http": {
                    "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7",
                    "userAgent": "im-server/1.0",
                },
                "requestId": str(uuid.uuid4()), "routeKey": "$default", "stage": "$default",
                "time": "30/Nov/2026:12:00:00 +0000", "timeEpoch": 1_796_040_000_000,
            },
            "body": json.dumps(body), "isBase64Encoded": False,
        }  # fmt: skip

    def _call(self, method: str, path: str, body: Any, bearer: str) -> Any:
        headers = {"Authorization": f"Bearer {bearer}"}
        return _answer(self._state["api_url"] + path, method, json.dumps(body).encode(), headers)

    def _of_vendors(self, path: str) -> Any:
        return _answer(f"{self._state['vendor_base_url']}/_sim{path}", "GET", None, {})


def _answer(url: str, method: str, body: bytes | None, headers: dict[str, str]) -> Any:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"} | headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
