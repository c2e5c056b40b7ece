"""A deployed stack in small: the calls of the check, and functions that a test can break."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from import_easemob.transport import Answer

KEY, SECRET, TOKEN = "operator-7f3a", "secret-19c2", "token-e05b"


class FakeStack:
    """Answers as the API does."""

    def __init__(self, vendor: str = "fcm") -> None:
        # Functions that do not work.
        self.broken: set[str] = set()
        self.apps: set[str] = set()
        self.asked: list[str] = []
        self.before: Callable[[int], None] = lambda _number: None
        self.after: Callable[[int], None] = lambda _number: None
        # What the vendor says of a push, and what is recorded of it.
        self.tested = {"status": "fail", "detail": "invalid_grant"}
        self.attempt: dict[str, Any] = {"at": 1, "attempt": 1, "outcome": "fail", "reason": "notifier disabled", "detail": "invalid_grant"}
        self._vendor = vendor
        self._bound: list[Any] = []
        self._sent = self._erased = self._online = False

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        """Serve a request without a socket."""
        self.asked.append(f"{method} {path}")
        number = len(self.asked)
        self.before(number)
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        status, answer = self._answer(method, urlsplit(path).path.split("/")[1:], bearer, json.loads(body) if body else {})
        self.after(number)
        return Answer(status, json.dumps(answer).encode())

    def _answer(self, method: str, path: list[str], bearer: str, body: Any) -> tuple[int, Any]:
        name = f"{path[2]}/{path[3]}" if path[:2] == ["management", "apps"] and len(path) == 4 else "/".join(path[:2])
        if path[0] == "management":
            if bearer != KEY:
                return 401, {"error": "unauthorized"}
            return self._managed(method, name, body)
        if path[2] == "token":
            return (200, {"access_token": TOKEN}) if body["client_secret"] == SECRET else (401, {"error": "unauthorized"})
        if bearer != TOKEN or name not in self.apps:
            return 401, {"error": "unauthorized"}
        return self._of_app(method, path[2:], body)

    def _managed(self, method: str, name: str, body: Any) -> tuple[int, Any]:
        if "manage-app" in self.broken:
            return 500, {"message": "Internal Server Error"}
        if method == "POST":
            self.apps.add(f"{body['org']}/{body['app']}")
            return 201, {"client_id": "id", "client_secret": SECRET}
        if name not in self.apps and method == "DELETE":
            return 404, {"error": "not_found"}
        if method == "DELETE":
            self.apps.discard(name)
        return 200, {"state": "active" if name in self.apps else "deleting"}

    def _of_app(self, method: str, path: list[str], body: Any) -> tuple[int, Any]:
        match method, path:
            case _, ["notifiers"]:
                return 201, {"name": body["name"]}
            case _, ["notifiers", _, "test"]:
                return 200, {"data": {"status": "error", "detail": "timeout"} if "vendor" in self.broken else self.tested}
            case _, ["users", _, "push", "binding"]:
                return self._binding(method, body)
            case _, ["users", _, "status"]:
                return 200, {"data": {"smoke-user": "online" if self._online else "offline"}}
            case _, ["presence", "events"]:
                self._online = "report-presence" not in self.broken
                return 200, {"data": {"data": [{"result": "applied"}]}}
            case _, ["push", "explain"]:
                return (503, {"error": "unavailable"}) if "explain-push" in self.broken else (200, {"data": {"verdict": "push"}})
            case _, ["messages", "users"]:
                self._sent = True
                return (500, {"error": "failed"}) if "ingest-message" in self.broken else (200, {"data": {name: f"id-{name}" for name in body["to"]}})
            case "DELETE", ["users", _]:
                self._erased, self._bound = "configure-user" not in self.broken, []
                return 200, {}
            case _, ["push", "trace", id]:
                return self._trace(id)
        raise AssertionError(f"{method} {path}")

    def _binding(self, method: str, body: Any) -> tuple[int, Any]:
        if "register-token" in self.broken:
            return 403, {"error": "forbidden"}
        if method == "PUT":
            self._bound = [{"device_id": body["device_id"], "device_token": body["device_token"]}]
        return 200, {"entities": self._bound}

    def _trace(self, id: str) -> tuple[int, Any]:
        if self._erased or not self._sent:
            return 404, {"error": "not_found"}
        # Of a push nothing is recorded before its end.
        broken = {"check-presence", f"push-{self._vendor}"} if id == "id-smoke-user" else {"check-presence"}
        if broken & self.broken:
            return 200, {"data": {"verdict": "pending"}}
        if id != "id-smoke-user":
            return 200, {"data": {"verdict": "skip", "reason": "no user exist"}}
        return 200, {"data": {"verdict": "push", "devices": [{"device_id": "smoke-phone", "attempts": [self.attempt]}]}}
