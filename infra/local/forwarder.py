"""Serves the stack's two APIs at an address of this machine without a path prefix. Calls go to the HTTP API, upgrades
to the WebSocket API. SDKs drop prefixes, and the emulator's own names, `*.localhost`, do not resolve everywhere.

Usage: forwarder.py PORT EMULATOR_PORT HTTP_PREFIX WEBSOCKET_PREFIX

A prefix is the path at which the emulator serves an API. Requests and answers pass unchanged, except that an offer of
HTTP/2 is removed, as API Gateway does not take one. Raw UTF-8 in a path is percent-encoded. The forwarder's own answers
have the error envelope of the API, so that SDKs can read them.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import h11

from settings import HOST

# Maximum bytes of the head and the body of a request or an answer. An HTTP API takes 10 MB.
MAX_HEAD, MAX_BODY = 64 * 1024, 10 * 1024 * 1024
CHUNK = 64 * 1024
# Maximum seconds until the whole answer. An HTTP API gives a function 30.
PATIENCE = 60
# Headers that offer HTTP/2. They concern only this connection.
_OFFER = {b"upgrade", b"http2-settings", b"connection"}


class Refusal(Exception):
    """An answer of the forwarder itself."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass(frozen=True)
class Targets:
    """The addresses of the two APIs in the emulator."""

    port: int
    http: bytes
    websocket: bytes


class Wire:
    """HTTP/1.1 on a connection."""

    def __init__(self, role: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.http = h11.Connection(role, max_incomplete_event_size=MAX_HEAD)
        self.reader, self.writer = reader, writer
        self._in_first_line = role is h11.SERVER

    def start_next_cycle(self) -> None:
        """Prepare for the next request."""
        self.http.start_next_cycle()
        self._in_first_line = True

    def _receive(self, data: bytes) -> None:
        """Store received bytes. Easemob's SDK sends names in paths as raw UTF-8, which h11 refuses."""
        if self._in_first_line:
            line, end, rest = data.partition(b"\n")
            self._in_first_line = not end
            data = b"".join(b"%%%02X" % byte if byte > 0x7F else b"%c" % byte for byte in line) + end + rest
        self.http.receive_data(data)

    async def next(self) -> Any:
        """Return the next event. Waits for bytes."""
        while (event := self.http.next_event()) is h11.NEED_DATA:
            if self.http.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[]))
            self._receive(await self.reader.read(CHUNK))
        return event

    async def body(self, status: int) -> bytes:
        """Return the body of the message whose head was read. A body that is too long is refused with `status`."""
        parts, size = [], 0
        while isinstance(event := await self.next(), h11.Data):
            size += len(event.data)
            if size > MAX_BODY:
                raise Refusal(status, f"a body has at most {MAX_BODY} bytes")
            parts.append(bytes(event.data))
        return b"".join(parts)

    async def send(self, *events: h11.Event) -> None:
        self.writer.write(b"".join(self.http.send(event) or b"" for event in events))
        await self.writer.drain()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, targets: Targets) -> None:
    """Serve one client's connection until either side closes it."""
    client = Wire(h11.SERVER, reader, writer)
    # A client that leaves during a request or an answer ends only its own connection.
    with suppress(ConnectionError, h11.RemoteProtocolError, h11.LocalProtocolError):
        while await _exchange(client, targets):
            client.start_next_cycle()
    writer.close()


async def _exchange(client: Wire, targets: Targets) -> bool:
    """Pass on one request and its answer. Returns whether another may follow."""
    try:
        request = await client.next()
        if not isinstance(request, h11.Request):
            return False
        body = await client.body(413)
        asked = _asked(request, targets)
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(HOST, targets.port)
        try:
            return await _forward(client, asked, body, Wire(h11.CLIENT, reader, writer))
        finally:
            writer.close()
    except Refusal as refusal:
        return await _refuse(client, refusal)
    except TimeoutError:
        return await _refuse(client, Refusal(502, f"the emulator did not answer within {PATIENCE} s"))
    except OSError as failure:
        return await _refuse(client, Refusal(502, f"the emulator does not answer: {failure}"))
    except h11.RemoteProtocolError as failure:
        # The status is the client's error, or 502 for an error of the emulator.
        status = failure.error_status_hint if client.http.their_state is h11.ERROR else 502
        return await _refuse(client, Refusal(status, f"no valid HTTP/1.1: {failure}"))


async def _forward(client: Wire, asked: h11.Request, body: bytes, emulator: Wire) -> bool:
    async with asyncio.timeout(PATIENCE):
        await emulator.send(asked, *_data(body), h11.EndOfMessage())
        answer = await emulator.next()
        while isinstance(answer, h11.InformationalResponse) and answer.status_code != 101:
            answer = await emulator.next()
        if not isinstance(answer, h11.InformationalResponse | h11.Response):
            raise Refusal(502, "the emulator closed the connection without an answer")
        answered = await emulator.body(502) if isinstance(answer, h11.Response) else b""
    head = type(answer)(status_code=answer.status_code, headers=answer.headers.raw_items(), reason=answer.reason)
    if isinstance(head, h11.InformationalResponse):
        await client.send(head)
        await _join(client, emulator)
        return False
    await client.send(head, *_data(answered), h11.EndOfMessage())
    return client.http.our_state is h11.DONE and client.http.their_state is h11.DONE


def _asked(request: h11.Request, targets: Targets) -> h11.Request:
    """Return the request as the emulator gets it."""
    if not request.target.startswith(b"/"):
        raise Refusal(400, "the target of a request is a path")
    offers = [value.lower() for name, value in request.headers if name == b"upgrade"]
    websocket = b"websocket" in offers
    dropped = _OFFER if offers and not websocket else set()
    prefix = targets.websocket if websocket else targets.http
    headers = [(name, value) for name, value in request.headers.raw_items() if name.lower() not in dropped]
    return h11.Request(method=request.method, target=prefix + request.target, headers=headers)


def _data(body: bytes) -> list[h11.Event]:
    return [h11.Data(data=body)] if body else []


async def _refuse(client: Wire, refusal: Refusal) -> bool:
    """Send the forwarder's own answer, unless an answer has begun."""
    if client.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
        return False
    text = json.dumps({"error": "local_stack", "error_description": refusal.text}).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(text))), ("Connection", "close")]
    answer = h11.Response(status_code=refusal.status, headers=headers)
    await client.send(answer, h11.Data(data=text), h11.EndOfMessage())
    return False


async def _join(client: Wire, emulator: Wire) -> None:
    """Pass on the bytes of both sides until one of them closes."""
    client.writer.write(emulator.http.trailing_data[0])
    emulator.writer.write(client.http.trailing_data[0])
    await asyncio.gather(_pour(client.reader, emulator.writer), _pour(emulator.reader, client.writer))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


async def run(port: int, targets: Targets) -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(lambda reader, writer: serve(reader, writer, targets), HOST, port, backlog=1024)
    async with server:
        await server.serve_forever()


def main(arguments: list[str]) -> int:
    """Entry point."""
    match arguments:
        case [port, emulator, http, websocket]:
            asyncio.run(run(int(port), Targets(int(emulator), http.encode(), websocket.encode())))
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
