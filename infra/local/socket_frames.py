"""Adds what the emulator's server lacks of API Gateway's frames: the limits of their lengths, and the code of a
client's close.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

from __future__ import annotations

from typing import Any

from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping
from wsproto.frame_protocol import CloseReason

import inside

# Maximum bytes of a frame and of a message, in both directions.
MAX_FRAME, MAX_MESSAGE = 32 * 1024, 128 * 1024


def install() -> None:
    """Wrap the server's functions with the limits."""
    inside.FRAME_EVENTS.wrap(lambda _plain: _handle_events)
    inside.FRAME_LENGTH.wrap(_noting)


def _noting(parse_length: Any) -> Any:
    def noted(decoder: Any, opcode: Any, short: int) -> int | None:
        length: int | None = parse_length(decoder, opcode, short)
        # The frame is refused later, when it is read. A client that still sends while the server closes may miss the
        # reason.
        decoder.too_long = length is not None and length > MAX_FRAME
        return length

    return noted


async def _handle_events(stream: Any) -> None:
    for event in stream.connection.events():
        # After the server's own close, further messages are dropped.
        if isinstance(event, Message) and stream.connection.state is ConnectionState.OPEN:
            await _take(stream, event)
        elif isinstance(event, Ping):
            await inside.tell_client(stream, event.response())
        elif isinstance(event, CloseConnection):
            await _close(stream, event.code, event.reason)
            await inside.end_stream(stream)


async def _take(stream: Any, part: Any) -> None:
    """Hand over a complete message. Closes the connection on one that is too long."""
    stream.taken = getattr(stream, "taken", 0) + len(part.data.encode() if isinstance(part.data, str) else part.data)
    if inside.frame_decoder(stream).too_long or stream.taken > MAX_MESSAGE:
        await _close(stream, CloseReason.MESSAGE_TOO_BIG, None)
        return
    stream.buffer.extend(part)
    if part.message_finished:
        await stream.app_put(stream.buffer.to_message())
        stream.buffer.clear()
        stream.taken = 0


async def _close(stream: Any, code: int, reason: str | None) -> None:
    """Answer a client's close, or close the connection, and tell the handler."""
    await inside.tell_client(stream, CloseConnection(code=code, reason=reason))
    await stream.app_put({"type": "websocket.disconnect", "code": int(code), "reason": reason})
