"""Curlew's API, as the check calls it."""

from __future__ import annotations

import http.client
import json
from typing import Any, Protocol

from import_easemob.transport import Answer

Json = dict[str, Any]


class Failed(Exception):
    """A step did not do what it should. The text says what happened, and holds no secret."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        # Of a call that was refused.
        self.status = status


class Transport(Protocol):
    """Sends one request."""

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        """Send a request and return the answer. Raises `OSError` or `http.client.HTTPException` if there is none."""


class Api:
    """One stack's API."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(self, method: str, path: str, bearer: str | None, body: Json | None = None) -> tuple[int, Json]:
        """Make a call. Returns the status and the body."""
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {bearer}"} if bearer else {})
        try:
            answer = self._transport.send(method, path, headers, None if body is None else json.dumps(body).encode())
        except (OSError, http.client.HTTPException) as why:
            raise Failed(f"no answer ({type(why).__name__}): is this the stack's address, and is it reachable from here?") from None
        try:
            read = json.loads(answer.body)
        except ValueError:
            read = None
        return answer.status, read if isinstance(read, dict) else {}

    def must(self, method: str, path: str, bearer: str | None, body: Json | None = None) -> Json:
        """Make a call that has to succeed. Returns the body."""
        status, read = self.ask(method, path, bearer, body)
        if not 200 <= status < 300:
            # An error answer of the API holds no secret, and API Gateway's own says `message`.
            told = [str(read[name]) for name in ("error", "error_description", "message") if name in read]
            raise Failed(f"{method} is refused with {status}{': ' if told else ''}{', '.join(told)[:200]}", status)
        return read
