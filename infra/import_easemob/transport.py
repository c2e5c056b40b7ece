"""HTTP/1.1 with one connection for each thread."""

from __future__ import annotations

import http.client
import threading
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from .errors import Stopped

_TIMEOUT_SECONDS = 60
# Maximum bytes of an answer. A group of 100000 members is about 3 MB.
_MAX_ANSWER = 64 * 1024 * 1024
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Answer:
    """The answer of a server."""

    status: int
    body: bytes
    retry_after: str | None = None


class Transport(Protocol):
    """Sends one request."""

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        """Send a request and return the answer. Raises `OSError` or `http.client.HTTPException` if there is none."""


class Http:
    """Connections to one server. It follows no redirects, so a token reaches no other server."""

    def __init__(self, url: str, name: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            # The address is not shown: it may contain a password, which must not reach a log.
            raise Stopped(f"the address of {name} must be https://<host>[:port]")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise Stopped(f"the address of {name} must be https: tokens travel there")
        self._tls, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._local = threading.local()
        self._open: set[http.client.HTTPConnection] = set()

    def close(self) -> None:
        """Close all connections."""
        for connection in tuple(self._open):
            connection.close()

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        """Send a request on the thread's connection, or on a new one."""
        used: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if used is not None:
            try:
                return self._exchange(used, method, path, headers, body)
            except (ConnectionError, http.client.RemoteDisconnected):
                # Servers close idle connections. Every request may be sent twice.
                self._close(used)
        fresh = (http.client.HTTPSConnection if self._tls else http.client.HTTPConnection)(self._host, self._port, timeout=_TIMEOUT_SECONDS)
        self._local.connection = fresh
        self._open.add(fresh)
        try:
            return self._exchange(fresh, method, path, headers, body)
        except BaseException:
            self._close(fresh)
            raise

    def _exchange(
        self, connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> Answer:
        connection.request(method, self._prefix + path, body=body, headers=headers)
        answer = connection.getresponse()
        read = answer.read(_MAX_ANSWER + 1)
        if len(read) > _MAX_ANSWER:
            raise http.client.HTTPException(f"an answer of more than {_MAX_ANSWER} bytes")
        if answer.will_close:
            self._close(connection)
        return Answer(answer.status, read, answer.headers.get("Retry-After"))

    def _close(self, connection: http.client.HTTPConnection) -> None:
        connection.close()
        self._open.discard(connection)
        self._local.connection = None
