"""A WebSocket client that implements the protocol itself, for tests of the emulator and for stories."""

from __future__ import annotations

import socket
from typing import Any

import wsproto
from wsproto.events import Event, Request, TextMessage
from wsproto.frame_protocol import FrameProtocol

from settings import HOST


class Client:
    """A WebSocket connection."""

    def __init__(self, port: int, target: str, headers: dict[str, str] | None = None) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=30)
        self.protocol = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        extra = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        self.send(Request(host=HOST, target=target, extra_headers=extra))
        self.events: list[Event] = []
        self.accepted = self.next()

    def send(self, event: Event) -> None:
        self.socket.sendall(self.protocol.send(event))

    def frames(self, *texts: str) -> None:
        """Send one message in these frames."""
        frames = FrameProtocol(client=True, extensions=[])
        for place, text in enumerate(texts, 1):
            self.socket.sendall(frames.send_data(text, fin=place == len(texts)))

    def next(self) -> Any:
        """Return the server's next action as an event. A message is returned when it is complete."""
        whole = ""
        while True:
            while not self.events:
                self.protocol.receive_data(self.socket.recv(65536) or None)
                self.events += list(self.protocol.events())
            event = self.events.pop(0)
            if isinstance(event, TextMessage):
                whole += event.data
                if not event.message_finished:
                    continue
                return TextMessage(data=whole)
            return event

    def ask(self, text: str) -> Any:
        """Send a message and return the answer."""
        self.send(TextMessage(data=text))
        answer = self.next()
        assert isinstance(answer, TextMessage), answer
        return answer.data

    def close(self) -> None:
        self.socket.close()
