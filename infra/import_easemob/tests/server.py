"""Common parts of both fakes: tokens, errors, planned faults, and access with or without a socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from import_easemob.transport import Answer

Json = dict[str, Any]


class Error(Exception):
    """A refusal in the error envelope of both sides."""

    def __init__(self, status: int, error: str, description: str = "") -> None:
        super().__init__(error)
        self.status, self.error, self.description = status, error, description


class Rest:
    """A fake API. `before` sees every request and may raise or return an answer instead."""

    CLIENT = ("id", "the secret")

    def __init__(self, key: str) -> None:
        self.org, self.app = key.split("#")
        self.asked: list[str] = []
        self.tokens = {"token-1"}
        self.before: Callable[[str, str], Answer | None] = lambda _method, _path: None
        self.after: Callable[[str, str], None] = lambda _method, _path: None
        self._lock = threading.RLock()

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        """Serve a request without a socket."""
        parts = urlsplit(path)
        segments = [unquote(it) for it in parts.path.split("/")[1:]]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self._lock:
            self.asked.append(f"{method} {unquote(parts.path)}")
            if (instead := self.before(method, unquote(parts.path))) is not None:
                return instead
            try:
                answer = Answer(200, json.dumps({"timestamp": self.now()} | self._serve(method, segments, query, headers, body)).encode())
            except Error as refused:
                told = {"error": refused.error, "exception": "E", "error_description": refused.description}
                answer = Answer(refused.status, json.dumps(told).encode())
            self.after(method, unquote(parts.path))
            return answer

    def now(self) -> int:
        """Return Unix time in milliseconds."""
        return 1_800_000_000_000

    def _serve(self, method: str, segments: list[str], query: dict[str, str], headers: dict[str, str], body: bytes | None) -> Json:
        given = json.loads(body) if body else {}
        if segments[:2] != [self.org, self.app]:
            raise Error(404, "organization_application_not_found")
        if segments[2:] == ["token"]:
            return self._token(given, headers)
        bearer = headers.get("Authorization", "").removeprefix("Bearer ")
        if bearer not in self.tokens and not bearer.startswith("user:"):
            raise Error(401, "auth_bad_access_token", "Unable to authenticate")
        return self.route(method, segments[2:], query, given, bearer.removeprefix("user:") if bearer.startswith("user:") else None)

    def _token(self, given: Json, headers: dict[str, str]) -> Json:
        if given.get("grant_type") == "inherit":
            return {"access_token": f"user:{given['username']}", "expires_in": 3600}
        if (given.get("client_id"), given.get("client_secret")) != self.CLIENT:
            raise Error(401, "invalid_grant", "client_id or client_secret is wrong")
        return {"access_token": sorted(self.tokens)[-1], "expires_in": 3600}

    def route(self, method: str, path: list[str], query: dict[str, str], body: Any, user: str | None) -> Json:
        """Return the answer of a route."""
        raise NotImplementedError


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore the error of a client that was killed."""


@contextmanager
def on_loopback(rest: Rest) -> Iterator[str]:
    """Serve the API on a port of this machine. Yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are sent together.
        wbufsize = -1

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = rest.send(self.command, self.path, dict(self.headers), body)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            if answer.retry_after:
                self.send_header("Retry-After", answer.retry_after)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = _Quiet(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def page(rows: list[Any], query: dict[str, str], most: int) -> tuple[list[Any], str | None]:
    """Return a page of a list, and the cursor of the next page."""
    start, size = int(query.get("cursor", "c0")[1:]), min(int(query.get("limit", 10)), most)
    end = start + size
    return rows[start:end], f"c{end}" if end < len(rows) else None


def cursor(name: str | None) -> Json:
    """Return a cursor field, which is missing at the end."""
    return {"cursor": name} if name is not None else {}
