"""Passes connections on to the simulators, and counts them and their bytes in both directions."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Relay:
    """A relay on a port of its own."""

    def __init__(self, authority: str) -> None:
        host, port = authority.split(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self.authority = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = self.sent = self.received = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self.connections += 1
                for source, sink, counter in ((client, server, "sent"), (server, client, "received")):
                    threading.Thread(target=self._pass_on, args=(source, sink, counter), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, counter: str) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                with self._lock:
                    setattr(self, counter, getattr(self, counter) + len(part))
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)
