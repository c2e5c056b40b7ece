"""Calls to the REST API of one app, with its token, its rate limits and retries."""

from __future__ import annotations

import http.client
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Any
from urllib.parse import quote, urlencode

from . import rates
from .clock import Clock
from .errors import Refused, Stopped, Unavailable
from .pace import Pace
from .transport import Answer, Transport

Json = dict[str, Any]

# Maximum tries of a call that is throttled (429, 503), up to 5 minutes apart, and of one that fails otherwise.
_THROTTLED_TRIES = 12
_FAILED_TRIES = 5
_MAX_WAIT_SECONDS = 300.0
# Time before the end of a token at which a new one is fetched.
_TOKEN_MARGIN_SECONDS = 60
# Maximum calls of a rate in a row without a usable answer. Then the run ends.
_MAX_UNAVAILABLE = 10


@dataclass(frozen=True)
class App:
    """An app and its client credentials."""

    name: str
    org: str
    app: str
    client_id: str
    client_secret: str

    @property
    def key(self) -> str:
        """Return `org#app`."""
        return f"{self.org}#{self.app}"


class Api:
    """The API of one app."""

    def __init__(self, app: App, transport: Transport, pace: Pace, clock: Clock) -> None:
        self.app = app
        self._transport, self._pace, self._clock = transport, pace, clock
        self._token, self._token_ends = "", 0.0
        self._unavailable: Counter[str] = Counter()
        self._lock = RLock()

    def call(
        self,
        rate: str,
        method: str,
        path: Sequence[str],
        body: object = None,
        query: Mapping[str, str | int | None] | None = None,
        bearer: str | None = None,
    ) -> Json:
        """Return the server's answer. `path` is a list of segments. `bearer` replaces the app's token."""
        target = self._target(path, query)
        token = bearer or self._app_token()
        answer = self._answered(rate, method, target, token, body)
        if answer.status == 401 and bearer is None:
            self._forget(token)
            answer = self._answered(rate, method, target, self._app_token(), body)
        if answer.status >= 400:
            raise _refusal(answer)
        return _object(answer.body) or {}

    def user_token(self, user: str) -> str:
        """Return a token of a user. The call does not create the user."""
        asked = {"grant_type": "inherit", "username": user, "autoCreateUser": False}
        return str(self.call(rates.TOKEN, "POST", ["token"], asked).get("access_token", ""))

    def _target(self, path: Sequence[str], query: Mapping[str, str | int | None] | None) -> str:
        segments = [self.app.org, self.app.app, *path]
        given = {name: value for name, value in (query or {}).items() if value is not None}
        return "/" + "/".join(quote(segment, safe=",") for segment in segments) + (f"?{urlencode(given)}" if given else "")

    def _answered(self, rate: str, method: str, target: str, token: str | None, body: object) -> Answer:
        """Return an answer with a JSON object, or raise a refusal. Retries until there is one."""
        throttled, failed = 0, 0
        while True:
            self._pace.wait(rate)
            answer = self._send(method, target, token, body)
            if isinstance(answer, str):
                failed += 1
                self._after_failure(rate, failed, answer)
            elif answer.status in (429, 503):
                throttled += 1
                self._after_throttling(rate, throttled, answer)
            elif answer.status >= 500:
                failed += 1
                self._after_failure(rate, failed, f"HTTP {answer.status}")
            elif answer.status < 400 and _object(answer.body) is None:
                failed += 1
                self._after_failure(rate, failed, "an answer that is no JSON object")
            else:
                self._unavailable[rate] = 0
                return answer

    def _send(self, method: str, target: str, token: str | None, body: object) -> Answer | str:
        """Return the answer, or the reason why there is none."""
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        sent = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            sent = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            return self._transport.send(method, target, headers, sent)
        except (OSError, http.client.HTTPException) as failure:
            return type(failure).__name__

    # ---- the token ----

    def _app_token(self) -> str:
        with self._lock:
            if not self._token or self._clock.now() >= self._token_ends:
                self._fetch_token()
            return self._token

    def _forget(self, token: str) -> None:
        """Forget a token that the server refused, unless another thread has fetched a new one."""
        with self._lock:
            if self._token == token:
                self._token = ""

    def _fetch_token(self) -> None:
        app = self.app
        asked = {"grant_type": "client_credentials", "client_id": app.client_id, "client_secret": app.client_secret}
        answer = self._answered(rates.TOKEN, "POST", self._target(["token"], None), None, asked)
        found = _object(answer.body) or {}
        if answer.status >= 400 or not isinstance(found.get("access_token"), str):
            raise Stopped(f"{app.name} gives no token for {app.key}: {_refusal(answer)}")
        self._token = found["access_token"]
        lasts = float(found.get("expires_in") or 3600)
        self._token_ends = self._clock.now() + max(lasts - _TOKEN_MARGIN_SECONDS, 1)

    # ---- retries ----

    def _after_throttling(self, rate: str, tries: int, answer: Answer) -> None:
        if tries >= _THROTTLED_TRIES:
            raise Stopped(f"{self.app.name} keeps answering {answer.status}. Run it again later to continue")
        self._pace.pause(rate, max(_asked_wait(answer), _back_off(tries)))

    def _after_failure(self, rate: str, tries: int, why: str) -> None:
        if tries < _FAILED_TRIES:
            self._clock.sleep(_back_off(tries))
            return
        with self._lock:
            self._unavailable[rate] += 1
            if self._unavailable[rate] >= _MAX_UNAVAILABLE:
                raise Stopped(f"{self.app.name} does not serve: {why}. Run it again later to continue")
        raise Unavailable(why)


def _back_off(tries: int) -> float:
    """Return 1, 2, 4 .. seconds plus a random part of up to the same size, so that threads retry at different times."""
    return min(2.0 ** (tries - 1) * (1 + random.random()), _MAX_WAIT_SECONDS)


def _asked_wait(answer: Answer) -> float:
    """Return the seconds of `Retry-After`. Neither side uses the form with a date."""
    asked = answer.retry_after or ""
    return min(float(asked), _MAX_WAIT_SECONDS) if asked.isdigit() else 0.0


def _object(body: bytes) -> Json | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    # JSON can contain half a surrogate pair, which neither a request nor a file can.
    found = _whole(found) if b"\\ud" in body.lower() else found
    return found if isinstance(found, dict) else None


def _whole(found: Any) -> Any:
    """Return the value with a question mark for each half of a surrogate pair."""
    if isinstance(found, str):
        return found.encode("utf-8", "replace").decode()
    if isinstance(found, list):
        return [_whole(one) for one in found]
    if isinstance(found, dict):
        return {_whole(name): _whole(value) for name, value in found.items()}
    return found


def _refusal(answer: Answer) -> Refused:
    found = _object(answer.body) or {}
    return Refused(answer.status, str(found.get("error") or "refused"), str(found.get("error_description") or ""))
