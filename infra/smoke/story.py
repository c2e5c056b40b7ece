"""The steps of the check. Each says what works, or raises `Failed` with what does not."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from import_easemob.clock import Clock

from .api import Api, Failed, Json
from .vendors import Notifier

# Names of everything that a run makes.
_ORG, _USER, _DEVICE, _NOTIFIER = "smoke", "smoke-user", "smoke-phone", "smoke-notifier"
# A receiver without a phone: check-presence itself records this decision. That of a push is recorded with its end.
_NOBODY = "smoke-nobody"
_GLANCE_SECONDS = 1.0
# The shortest that a message may ask for, so that nothing is retried long after the run.
_PUSH_TTL = 60


@dataclass(frozen=True)
class Step:
    """A step of the check."""

    name: str
    # The steps without which it cannot be tried.
    needs: tuple[str, ...]
    run: Callable[[], str]
    # Where to look when it fails.
    look: str


class Story:
    """A run: an app of its own, with one user and one phone."""

    def __init__(self, api: Api, operator_key: str, notifier: Notifier, clock: Clock, patience: float) -> None:
        self._api, self._key, self._notifier, self._clock, self._patience = api, operator_key, notifier, clock, patience
        self.app = f"smoke-{secrets.token_hex(6)}"
        self._begun = False
        self._token = ""
        self._messages: dict[str, str] = {}

    def steps(self) -> list[Step]:
        """Return the steps, in their order."""
        push = f"push-{self._notifier.vendor}"
        notified = ("app", "notifier", "binding")
        return [
            Step("app", (), self._make_app, "log of manage-app; the operator key"),
            Step("notifier", ("app",), self._make_notifier, "log of manage-app; its right to encrypt with the KMS key"),
            Step("vendor", ("notifier",), self._ask_vendor, f"logs of manage-app and {push}; the way to the internet"),
            Step("binding", ("app",), self._bind, "log of register-token"),
            Step("explain", notified, self._explain, "log of explain-push"),
            Step("message", ("app",), self._send, "log of ingest-message"),
            Step("decision", ("message",), self._decided, "log of check-presence, which takes records of the queue dispatch"),
            Step("push", (*notified, "decision"), self._pushed, f"log of {push}, which takes records of the queue {push}"),
            Step("presence", ("app",), self._report, "log of report-presence"),
            Step("erase", ("binding", "message"), self._erase, "log of configure-user; its right to send to the queue erase"),
            Step("deletion", ("app",), self._delete_app, "log of manage-app; its right to send to the queue erase"),
        ]

    def clean_up(self) -> None:
        """Delete the app, if it may exist."""
        if self._begun:
            status, _ = self._api.ask("DELETE", self._managed(), self._key)
            if status not in (200, 404):
                raise Failed(f"the app {_ORG}/{self.app} is left: DELETE {self._managed()} is refused with {status}")
            self._begun = False

    # ---- the app ----

    def _make_app(self) -> str:
        # After a lost answer the app may exist, after a refusal not.
        self._begun = True
        try:
            made = self._api.must("POST", "/management/apps", self._key, {"org": _ORG, "app": self.app})
        except Failed as why:
            self._begun = why.status is None or why.status >= 500
            raise
        grant = {"grant_type": "client_credentials", "client_id": made["client_id"], "client_secret": made["client_secret"], "ttl": 3600}
        self._token = self._api.must("POST", f"{self._path()}/token", None, grant)["access_token"]
        return f"{_ORG}/{self.app} is made, and has a token"

    def _make_notifier(self) -> str:
        body = {"name": _NOTIFIER, "vendor": self._notifier.vendor, "credential": self._notifier.credential}
        self._ask("POST", "/notifiers", body)
        return f"a {'made-up ' if self._notifier.made_up else ''}credential for {self._notifier.vendor} is encrypted and stored"

    def _ask_vendor(self) -> str:
        told = self._ask("POST", f"/notifiers/{_NOTIFIER}/test", {"device_token": self._notifier.token})["data"]
        return self._judged(str(told["status"]), str(told.get("detail", "")))

    def _delete_app(self) -> str:
        self.clean_up()
        status, shown = self._api.ask("GET", self._managed(), self._key)
        if status != 404 and shown.get("state") != "deleting":
            raise Failed(f"the app is not deleted: {shown.get('state')}")
        return "the app is gone; its rows follow within about 17 minutes"

    # ---- a user with a phone ----

    def _bind(self) -> str:
        body = {"device_id": _DEVICE, "device_token": self._notifier.token, "notifier_name": _NOTIFIER}
        bound = self._ask("PUT", f"/users/{_USER}/push/binding", body)["entities"]
        if not any(it.get("device_id") == _DEVICE for it in bound):
            raise Failed("the binding is not shown")
        return "a phone is bound"

    def _report(self) -> str:
        event = {"user": _USER, "device_id": "smoke-tablet", "session": "s1", "status": "online", "ts": self._clock.millis()}
        self._ask("POST", "/presence/events", {"events": [event]})
        (state,) = self._ask("GET", f"/users/{_USER}/status")["data"].values()
        if state != "online":
            raise Failed(f"a device was reported online, and the user is {state}")
        return "a reported device is online"

    def _erase(self) -> str:
        self._ask("DELETE", f"/users/{_USER}")
        bound = self._ask("GET", f"/users/{_USER}/push/binding")["entities"]
        status, _ = self._api.ask("GET", self._trace(_USER), self._token)
        if bound or status != 404:
            raise Failed(f"after the erasure {len(bound)} bindings are shown, and the trace answers {status}")
        return "the user's phone and message are shown to nobody any more"

    # ---- a message ----

    def _text(self, *to: str) -> Json:
        body = {"from": "smoke-sender", "to": to, "type": "txt", "body": {"msg": "Curlew works"}, "push_ttl": _PUSH_TTL}
        return body | {"ext": {"em_push_ext": {"title": "Curlew", "content": "Curlew works"}}}

    def _explain(self) -> str:
        told = self._ask("POST", "/push/explain", self._text(_USER))["data"]
        if told["verdict"] != "push":
            raise Failed(f"a message would not be pushed: {told.get('reason')}")
        return "a message would be pushed"

    def _send(self) -> str:
        self._messages = self._ask("POST", "/messages/users", self._text(_USER, _NOBODY))["data"]
        return f"{self._messages[_USER]} is stored and queued"

    def _decided(self) -> str:
        trace, after = self._wait(_NOBODY, lambda trace: trace.get("verdict") == "skip", "no decision is recorded")
        return f"a receiver without a phone gets no push ({trace.get('reason')}), after {after:.0f} s"

    def _pushed(self) -> str:
        def attempts(trace: Json) -> list[Any]:
            return [it for device in trace.get("devices", []) for it in device.get("attempts", [])]

        def over(trace: Json) -> bool:
            return trace.get("verdict") == "skip" or bool(attempts(trace))

        trace, after = self._wait(_USER, over, "no end of the push is recorded")
        if not attempts(trace):
            raise Failed(f"the message is not pushed: {trace.get('reason')}")
        last = attempts(trace)[-1]
        why = ", ".join(str(last[name]) for name in ("reason", "detail") if name in last)
        return f"{self._judged(str(last['outcome']), why)} after {after:.0f} s"

    def _judged(self, outcome: str, why: str) -> str:
        vendor = self._notifier.vendor
        if outcome == "success":
            return f"{vendor} took the push"
        # A vendor that was not reached is an `error` of a test, and has no refusal to tell.
        if outcome == "fail" and self._notifier.made_up and "expire" not in why:
            return f"{vendor} was reached, and refuses the made-up credential ({why})"
        raise Failed(f"{vendor} took no push: {outcome} ({why})")

    def _wait(self, user: str, over: Callable[[Json], bool], otherwise: str) -> tuple[Json, float]:
        """Read the trace until it is complete. Returns it, and the time that it took."""
        began = self._clock.now()
        while True:
            status, read = self._api.ask("GET", self._trace(user), self._token)
            trace = read.get("data", {}) if status == 200 else {}
            waited = self._clock.now() - began
            if over(trace):
                return trace, waited
            if waited >= self._patience:
                raise Failed(f"{otherwise} after {waited:.0f} s{'' if status == 200 else f'; the trace answers {status}'}")
            self._clock.sleep(_GLANCE_SECONDS)

    # ---- paths ----

    def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        return self._api.must(method, self._path() + path, self._token, body)

    def _path(self) -> str:
        return f"/{_ORG}/{self.app}"

    def _managed(self) -> str:
        return f"/management/apps/{_ORG}/{self.app}"

    def _trace(self, user: str) -> str:
        return f"{self._path()}/push/trace/{self._messages[user]}?user={user}"
