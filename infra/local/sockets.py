"""What the emulator lacks of API Gateway's WebSocket APIs between a client and its handler: refusals with their status, limits of
idle time and age, binary frames, and what events say of a connection.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
"""

from __future__ import annotations

import asyncio
import base64
import os
import time
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from ministack.services import apigateway

# Seconds without a message, and of a connection.
MAX_IDLE, MAX_AGE = 10 * 60, 2 * 60 * 60
# Close codes of RFC 6455.
GOING_AWAY, NOT_ACCEPTED = 1001, 1003

_current: ContextVar[Session | None] = ContextVar("session", default=None)
_plain_handler = apigateway.handle_websocket
_plain_id = apigateway.new_uuid
_plain_context = apigateway._ws_request_context


def install() -> None:
    """Put a session between the emulator's handler and every client."""
    apigateway.handle_websocket = _handle
    apigateway.new_uuid = _id
    apigateway._ws_request_context = _context
    apigateway._invoke_ws_lambda = _noting(apigateway._invoke_ws_lambda)


class Session:
    """A connection, seen from between the emulator's handler and the client."""

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self.id = ""
        self.connected_at = int(time.time() * 1000)
        # What the function of `$connect` answered, if it refused.
        self.refused: int | None = None
        self._open = self._ended = False
        self._began = self._active = time.monotonic()

    async def receive(self) -> Any:
        """What the client does next. A connection that is idle, too old or sends binary frames is closed."""
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
        """Passes on what the handler sends; what it says after the end is nothing new."""
        if self._ended:
            return
        self._active = time.monotonic()
        self._ended = event["type"] == "websocket.close"
        if self._ended and not self._open and self.refused:
            phrase = HTTPStatus(self.refused).phrase
            await apigateway._refuse_ws_handshake(self._scope, self._send, self.refused, phrase, self.id, _plain_id())
            return
        self._open = self._open or event["type"] == "websocket.accept"
        await self._send(event)


async def _handle(scope: Any, receive: Any, send: Any, *rest: Any, **named: Any) -> None:
    session = Session(scope, receive, send)
    _current.set(session)
    await _plain_handler(scope, session.receive, session.send, *rest, **named)


def _id() -> str:
    """The handler's first id is the connection's, of which it takes 16 characters. AWS's end with `=`, which paths must escape."""
    session = _current.get()
    if session is None or session.id:
        return str(_plain_id())
    session.id = base64.b64encode(os.urandom(11), altchars=b"__").decode()
    return session.id


def _context(*given: Any) -> Any:
    context, session = _plain_context(*given), _current.get()
    at = {"connectedAt": session.connected_at} if session else {}
    return context | at | {"messageDirection": "IN"}


def _noting(invoke: Any) -> Any:
    """The emulator's call of a function, which notes a refusal."""

    async def noted(*given: Any, **named: Any) -> Any:
        answer, session = await invoke(*given, **named), _current.get()
        status = int((answer or {}).get("statusCode", 200))
        if session and not 200 <= status < 300:
            session.refused = status
        return answer

    return noted
