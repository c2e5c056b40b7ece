"""Tests of the forwarder: calls and answers pass as they were sent, and upgrades go to the other API.

Usage: LOG_LEVEL=ERROR python -m unittest discover --start-directory infra/local
"""

from __future__ import annotations

import asyncio
import json
import unittest
from contextlib import suppress
from unittest import mock

import forwarder
from settings import HOST

ANSWER = b"HTTP/1.1 201 Created\r\nX-Case: Kept\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 4\r\n\r\ndone"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
UPGRADE = b"Host: h\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: k\r\n\r\n"


class Emulator:
    """Answers every connection with the same bytes, and stores what it got."""

    def __init__(self, answer: bytes, then: bytes = b"") -> None:
        self.answer, self.then = answer, then
        self.asked: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = [int(line[16:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: ")]
        body = await reader.readexactly(size[0]) if size else b""
        if b"chunked" in head:
            body = await reader.readuntil(b"0\r\n\r\n")
        self.asked.append(head + body)
        writer.write(self.answer)
        if self.then:
            self.asked.append(await reader.readexactly(len(self.then)))
            writer.write(self.then)
        writer.close()


class Passing(unittest.IsolatedAsyncioTestCase):
    """A forwarder in front of the test's own emulator."""

    async def start(self, answer: bytes = ANSWER, then: bytes = b"") -> Emulator:
        emulator = Emulator(answer, then)
        behind = await asyncio.start_server(emulator.serve, HOST, 0)
        self.addCleanup(behind.close)
        await self.forward(behind.sockets[0].getsockname()[1])
        return emulator

    async def forward(self, port: int) -> None:
        targets = forwarder.Targets(port, b"/api", b"/sockets/live")
        server = await asyncio.start_server(lambda reader, writer: forwarder.serve(reader, writer, targets), HOST, 0)
        self.addCleanup(server.close)
        self.port = server.sockets[0].getsockname()[1]

    async def ask(self, *requests: bytes) -> bytes:
        """Return all answers to these requests on one connection."""
        reader, writer = await asyncio.open_connection(HOST, self.port)
        for request in requests:
            writer.write(request)
        answered = b""
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while data := await reader.read(forwarder.CHUNK):
                    answered += data
                    if answered.count(b"done") == len(requests):
                        break
        writer.close()
        return answered

    async def test_a_call_passes_as_it_was_sent(self) -> None:
        emulator = await self.start()
        head = b"PATCH /a%2Fb/%E4%BD%A0//c?q=%20+x&q=&%zz HTTP/1.1\r\nHost: h\r\nX-Odd-Case: 1\r\nX-Odd-Case: 2\r\n"
        sent = head + b"Content-Length: 3\r\n\r\n\x00\xff\n"
        self.assertEqual(await self.ask(sent), ANSWER)
        self.assertEqual(emulator.asked, [sent.replace(b"/a%2Fb", b"/api/a%2Fb", 1)])

    async def test_a_connection_serves_one_call_after_another(self) -> None:
        emulator = await self.start()
        answered = await self.ask(*(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % call for call in range(3)))
        self.assertEqual(answered, ANSWER * 3)
        self.assertEqual([asked.split()[1] for asked in emulator.asked], [b"/api/0", b"/api/1", b"/api/2"])

    async def test_raw_names_in_a_path_are_escaped_wherever_their_bytes_are_cut(self) -> None:
        emulator = await self.start()
        head = "GET /users/用户,b/c?q=é HTTP/1.1\r\nHost: h\r\n".encode()
        escaped = head.replace("/users/用户".encode(), b"/api/users/%E7%94%A8%E6%88%B7").replace("é".encode(), b"%C3%A9")
        reader, writer = await asyncio.open_connection(HOST, self.port)
        for _ in range(2):
            # A header may contain an accented letter.
            for part in (head[:13], head[13:], b"X-Name: \xe9\r\n\r\n"):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            async with asyncio.timeout(10):
                self.assertEqual(await reader.readexactly(len(ANSWER)), ANSWER)
        writer.close()
        self.assertEqual(emulator.asked, [escaped + b"X-Name: \xe9\r\n\r\n"] * 2)

    async def test_a_call_of_easemobs_sdk_passes_as_it_was_sent(self) -> None:
        emulator = await self.start()
        headers = b"host: h\r\nUser-Agent: EasemobServerSDK/0.6.6\r\nAuthorization: Bearer a.b\r\naccept: */*\r\n"
        form = b"Content-Type: application/x-www-form-urlencoded\r\ncontent-length: 7\r\n\r\na=%20&b"
        calls = [
            b"DELETE /o/a/chatgroups/1/users/u1,u2 HTTP/1.1\r\n" + headers + b"content-length: 0\r\n\r\n",
            b"GET /o/a/users/u1/disconnect HTTP/1.1\r\n" + headers + b"content-length: 0\r\n\r\n",
            b"POST /o/a/users HTTP/1.1\r\n" + headers + b"content-length: 2\r\n\r\n{}",
            b"PUT /o/a/metadata/user/u1 HTTP/1.1\r\n" + headers + form,
        ]
        self.assertEqual(await self.ask(*calls), ANSWER * len(calls))
        self.assertEqual(emulator.asked, [call.replace(b" /o/", b" /api/o/", 1) for call in calls])

    async def test_bodies_of_unknown_length_pass_in_both_directions(self) -> None:
        emulator = await self.start(CHUNKED)
        head = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.assertEqual(await self.ask(head + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"), CHUNKED)
        self.assertEqual(emulator.asked, [head.replace(b"/ ", b"/api/ ", 1) + b"3\r\nabc\r\n0\r\n\r\n"])

    async def test_an_upgrade_goes_to_the_websocket_api_and_then_bytes_pass(self) -> None:
        emulator = await self.start(SWITCH, then=b"\x81\x04frame")
        reader, writer = await asyncio.open_connection(HOST, self.port)
        # The first frame may arrive with the upgrade.
        writer.write(b"GET /?token=a%2Bb HTTP/1.1\r\n" + UPGRADE + b"\x81\x04")
        async with asyncio.timeout(10):
            self.assertEqual(await reader.readexactly(len(SWITCH)), SWITCH)
            writer.write(b"frame")
            self.assertEqual(await reader.read(), b"\x81\x04frame")
        self.assertEqual(emulator.asked, [b"GET /sockets/live/?token=a%2Bb HTTP/1.1\r\n" + UPGRADE, b"\x81\x04frame"])

    async def test_a_refused_upgrade_is_an_answer_as_any_other(self) -> None:
        await self.start()
        self.assertEqual(await self.ask(b"GET / HTTP/1.1\r\n" + UPGRADE), ANSWER)

    async def test_an_offer_of_http2_goes_no_further(self) -> None:
        emulator = await self.start()
        offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
        self.assertEqual(await self.ask(b"GET / HTTP/1.1\r\nHost: h\r\n" + offer + b"X: y\r\n\r\n"), ANSWER)
        self.assertEqual(emulator.asked, [b"GET /api/ HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n"])

    async def test_a_body_that_is_too_long_is_refused(self) -> None:
        emulator = await self.start()
        with mock.patch.object(forwarder, "MAX_BODY", 3):
            answered = await self.ask(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd")
        self.assertTrue(answered.startswith(b"HTTP/1.1 413 "), answered)
        self.assertEqual(emulator.asked, [])

    async def test_what_is_no_http_is_refused(self) -> None:
        await self.start()
        for sent in (b"hello\r\n\r\n", b"GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"):
            head, _, body = (await self.ask(sent)).partition(b"\r\n\r\n")
            self.assertTrue(head.startswith(b"HTTP/1.1 400 "), sent)
            self.assertTrue(json.loads(body)["error_description"], body)

    async def test_an_emulator_that_is_not_there_or_says_nothing_is_a_502_with_a_text(self) -> None:
        gone = await asyncio.start_server(lambda *_: None, HOST, 0)
        port = gone.sockets[0].getsockname()[1]
        gone.close()
        await gone.wait_closed()
        await self.forward(port)
        nobody = await self.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await self.start(b"")
        nothing = await self.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await self.start(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        half = await self.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        for answered in (nobody, nothing, half):
            self.assertTrue(answered.startswith(b"HTTP/1.1 502 "), answered)
            self.assertGreater(len(answered.partition(b"\r\n\r\n")[2]), 10)


if __name__ == "__main__":
    unittest.main()
