"""Adds what the emulator lacks of API Gateway's WebSocket APIs between a client and its handler: refusals with their
status, limits of idle time and age, binary frames, and fields of a connection's events.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
"""

from __future__ import annotations

import asyncio
import base64
import os
import time
import uuid
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

import inside

# Maximum seconds without a message, and maximum age of a connection in seconds.
MAX_IDLE, MAX_AGE = 10 * 60, 2 * 60 * 60
# Close codes of RFC 6455.
GOING_AWAY, NOT_ACCEPTED = 1001, 1003

_current: ContextVar[Session | None] = ContextVar("session", default=None)


def install() -> None:
    """Insert a session between the emulator's handler and every client."""
    inside.WEBSOCKET.wrap(_handling)
    inside.NEW_ID.wrap(_naming)
    inside.WEBSOCKET_CONTEXT.wrap(_telling)
    inside.WEBSOCKET_ROUTE.wrap(_noting)


class Session:
    """A connection between the emulator's handler and the client."""

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self.id = ""
        self.connected_at = int(time.time() * 1000)
        # The status of a refusal by the function of `$connect`.
        self.refused: int | None = None
        self._open = self._ended = False
        self._began = self._active = time.monotonic()

    async def receive(self) -> Any:
        """Return the client's next event. Closes a connection that is idle, too old or sends binary frames."""
        while True:
            left = min(self._active + MAX_IDLE, self._began + MAX_AGE) - time.monotonic()
            if self._open and left <= 0:
                return await self._close(GOING_AWAY, "Going away")
            try:
                event = await asyncio.wait_for(self._receive(), left if self._open else None)
            except TimeoutError:
                continue
            self._active = time.monotonic()
            if event.get("bytes") is not None:
                return await self._close(NOT_ACCEPTED, "")
            return event

    async def _close(self, code: int, reason: str) -> Any:
        await self.send({"type": "websocket.close", "code": code, "reason": reason})
        return {"type": "websocket.disconnect", "code": code, "reason": reason}

    async def send(self, event: Any) -> None:
        """Pass on what the handler sends. Everything after the close is dropped."""
        if self._ended:
            return
        self._active = time.monotonic()
        self._ended = event["type"] == "websocket.close"
        if self._ended and not self._open and self.refused:
            phrase = HTTPStatus(self.refused).phrase
            await inside.refuse_handshake(self._scope, self._send, self.refused, phrase, self.id, str(uuid.uuid4()))
            return
        self._open = self._open or event["type"] == "websocket.accept"
        await self._send(event)


def _handling(handle: Any) -> Any:
    """Return the emulator's handler, talking to a session in place of the client."""

    async def handled(scope: Any, receive: Any, send: Any, *rest: Any, **named: Any) -> None:
        session = Session(scope, receive, send)
        _current.set(session)
        await handle(scope, session.receive, session.send, *rest, **named)

    return handled


def _naming(new_id: Any) -> Any:
    """Return the source of ids. The handler's first id becomes the connection's, of which it takes 16 characters. AWS's
    ids end with `=`, which paths must escape.
    """

    def named() -> str:
        session = _current.get()
        if session is None or session.id:
            return str(new_id())
        session.id = base64.b64encode(os.urandom(11), altchars=b"__").decode()
        return session.id

    return named


def _telling(context_of: Any) -> Any:
    """Return the context of an event, with the connection's own time and the direction."""

    def told(*given: Any) -> Any:
        context, session = context_of(*given), _current.get()
        at = {"connectedAt": session.connected_at} if session else {}
        return context | at | {"messageDirection": "IN"}

    return told


def _noting(invoke: Any) -> Any:
    """Return the emulator's call of a function, which also notes a refusal."""

    async def noted(*given: Any, **named: Any) -> Any:
        answer, session = await invoke(*given, **named), _current.get()
        status = int((answer or {}).get("statusCode", 200))
        if session and not 200 <= status < 300:
            session.refused = status
        return answer

    return noted
