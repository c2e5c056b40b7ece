"""Serves an app's own server on a port of this machine, for tests and the demo. An independent implementation of
Standard Webhooks verifies every callback, and `hashlib` its `security`.

Reads the secret from a line of its input. Prints its address, and ends when its input ends.

| call | does |
|---|---|
| `POST /callback` | a callback: answers 401 if it is not signed with the secret, else the next of the set answers, or 200 |
| `GET /callbacks` | the callbacks so far, oldest first: `{"headers", "body", "refusal", "status"}` |
| `PUT /answers` | sets the statuses of the next answers: `[500, 410]` |
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from settings import HOST


def refusal(secret: str, headers: dict[str, str], body: str) -> str | None:
    """Return why a callback is not one of the sender who knows the secret. None if it is one."""
    try:
        webhook(secret).verify(body, headers, json_parse=False)
    except WebhookVerificationError as error:
        return str(error)
    shown = json.loads(body)
    signed = hashlib.md5(f"{shown['callId']}{secret}{shown['timestamp']}".encode()).hexdigest()
    return None if hmac.compare_digest(signed, shown["security"]) else "security is another MD5"


def webhook(secret: str) -> Webhook:
    """Return the implementation with this secret. It takes the bytes of one without the usual beginning."""
    return Webhook(secret if secret.startswith("whsec_") else secret.encode())


class Server(ThreadingHTTPServer):
    """The server, with the callbacks that it got."""

    daemon_threads = True

    def __init__(self, secret: str) -> None:
        super().__init__((HOST, 0), Handler)
        self.secret = secret
        self.callbacks: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self._lock = threading.Lock()

    def take(self, headers: dict[str, str], body: str) -> int:
        """Note a callback. Returns the status of its answer."""
        refused = refusal(self.secret, headers, body)
        with self._lock:
            status = 401 if refused else self.answers.pop(0) if self.answers else 200
            self.callbacks.append({"headers": headers, "body": body, "refusal": refused, "status": status})
        return status


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:  # noqa: N802 (the name that http.server calls)
        """Take a callback."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._answer(self.server.take(headers, self._body()), {})

    def do_GET(self) -> None:  # noqa: N802
        """Show the callbacks."""
        self._answer(200, self.server.callbacks)

    def do_PUT(self) -> None:  # noqa: N802
        """Set the next answers."""
        self.server.answers = json.loads(self._body())
        self._answer(200, {})

    def _body(self) -> str:
        return self.rfile.read(int(self.headers["content-length"])).decode()

    def _answer(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing. `GET /callbacks` shows every call."""


def main() -> None:
    """Entry point."""
    server = Server(sys.stdin.readline().rstrip("\n"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://{HOST}:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
