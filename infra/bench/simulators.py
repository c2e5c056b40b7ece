"""The vendor simulators of a measurement, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STOP_SECONDS = 60


@dataclass
class Vendor:
    """A vendor as its simulator describes it."""

    name: str
    max_tokens: int
    max_merged: int | None


def vendors(program: Path) -> list[Vendor]:
    """Return the vendors, in the order of the documents."""
    return [Vendor(**vendor) for vendor in json.loads(subprocess.check_output([program, "--list"]))]


@dataclass
class Simulators:
    """Simulators that run. Both addresses are of the same port."""

    authority: str

    @property
    def http(self) -> str:
        """Return the address for plain HTTP."""
        return f"http://{self.authority}"

    @property
    def https(self) -> str:
        """Return the address for TLS."""
        return f"https://{self.authority}"

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Call the control interface, and return its answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.http}/_sim{path}", data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def ca_pem(self) -> str:
        """Return the certificate authority of their TLS."""
        with urllib.request.urlopen(f"{self.http}/_sim/ca.pem", timeout=60) as answer:
            return str(answer.read().decode())

    def sends(self, vendor: str) -> int:
        """Return how many requests with pushes a vendor got."""
        return int(self.ask("/counts")["vendors"].get(vendor, {}).get("sends", 0))


@contextmanager
def running(program: Path, *options: str) -> Iterator[Simulators]:
    """Run the simulators."""
    process = subprocess.Popen([program, "--listen", "127.0.0.1:0", *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Simulators(process.stdout.readline().removeprefix("listening on http://").strip())
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)
