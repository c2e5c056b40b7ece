"""Adds what the emulator lacks of the calls on connections, `@connections`: the limit of a message, closing
connections, and the names and times of an answer.

Source:
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import inside
from socket_frames import MAX_MESSAGE


def install() -> None:
    """Wrap the emulator's handler with the corrections."""
    inside.CONNECTION_CALLS.wrap(_corrected)


def _corrected(handle: Any) -> Any:
    async def corrected(method: str, api_id: str, stage: str, connection_id: str, body: bytes, headers: Any) -> Any:
        connection = inside.connection(connection_id)
        if connection and (connection["close_event"].is_set() or connection["stage"] != stage):
            # A closing connection accepts nothing any more, but the emulator still lists it.
            return _error(410, "GoneException", "the connection is gone")
        if method == "POST" and len(body or b"") > MAX_MESSAGE:
            return _error(413, "PayloadTooLargeException", f"a message has at most {MAX_MESSAGE} bytes")
        status, answered, text = await handle(method, api_id, stage, connection_id, body, headers)
        if method == "GET" and status == 200:
            text = json.dumps(_shown(json.loads(text))).encode()
        return status, answered, text

    return corrected


def _error(status: int, kind: str, text: str) -> Any:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": kind}
    return status, headers, json.dumps({"message": text}).encode()


def _shown(connection: Any) -> Any:
    shown = {name[0].lower() + name[1:]: value for name, value in connection.items()}
    return shown | {name: datetime.fromtimestamp(shown[name], UTC).isoformat() for name in ("connectedAt", "lastActiveAt")}
