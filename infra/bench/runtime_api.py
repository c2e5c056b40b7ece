"""A Runtime API of Lambda that hands out events, and runs a function's binary against it.

The poll after the last event gets no answer, so the function waits there until it is stopped. What it did before is the
same in every run.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import callgrind

Event = dict[str, Any]

MAX_RUN_SECONDS = 600
_STOP_SECONDS = 60


@dataclass
class RuntimeApi:
    """Events to hand out, and what the function answered."""

    events: list[Event]
    answers: list[Any] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def serve(self) -> http.server.ThreadingHTTPServer:
        """Start the server. Its `api` is this value."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.daemon_threads = True
        server.api = self  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def api(self) -> RuntimeApi:
        return self.server.api  # type: ignore[attr-defined, no-any-return]

    def do_GET(self) -> None:  # noqa: N802 (the name that http.server calls)
        if not self.api.events:
            self.api.done.set()
            self.api.stopped.wait()
            self.close_connection = True
            return
        body = json.dumps(self.api.events.pop(0)).encode()
        # A run under callgrind is slow, so no deadline may end it.
        deadline = int((time.time() + MAX_RUN_SECONDS) * 1000)
        self._answer(200, body, {
            "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:measured",
            "Content-Type": "application/json",
        })  # fmt: skip

    def do_POST(self) -> None:  # noqa: N802
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        (self.api.errors if self.path.endswith("/error") else self.api.answers).append(json.loads(text) if text else None)
        self._answer(202, b"", {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass
class Run:
    """What a function used for its events."""

    answers: list[Any]
    instructions: int
    peak_kb: int


def run(binary: Path, variables: dict[str, str], events: list[Event], *, counted: bool = False) -> Run:
    """Run a function until it polls for an event after the last one. Instructions are counted if asked for."""
    api = RuntimeApi(list(events))
    server = api.serve()
    environment = variables | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "PATH": os.environ["PATH"]}
    with callgrind.scratch() as folder, tempfile.TemporaryFile("w+") as said:
        program = callgrind.command([str(binary)], folder) if counted else [str(binary)]
        process = subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL, stderr=said)
        # A function that ends by itself polls no more.
        threading.Thread(target=lambda: (process.wait(), api.done.set()), daemon=True).start()
        try:
            finished = api.done.wait(MAX_RUN_SECONDS) and process.poll() is None
            peak = _peak_kb(process.pid)
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)
            api.stopped.set()
            server.shutdown()
            server.server_close()
        said.seek(0)
        text = said.read()
    if not finished or api.errors or len(api.answers) != len(events):
        raise SystemExit(f"{binary.name} did not handle all events: {api.errors}\n{text}")
    _judge(binary.name, api.answers)
    return Run(api.answers, callgrind.collected(text, binary.name) if counted else 0, peak)


def _judge(function: str, answers: list[Any]) -> None:
    """Fail unless every answer is a success."""
    for answer in answers:
        if answer and (answer.get("batchItemFailures") or not 200 <= answer.get("statusCode", 200) < 300):
            raise SystemExit(f"{function} answered {str(answer)[:2000]}")


def _peak_kb(pid: int) -> int:
    """Return the most memory that a process had, or 0 if it has ended."""
    with suppress(FileNotFoundError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) if found else 0
    return 0
