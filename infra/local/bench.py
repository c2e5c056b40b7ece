"""Measures cold starts and pushes. A cold start costs the zipped size, and instructions from exec to the first poll of
the Runtime API. Pushes cost requests and instructions for 1000 device tokens. They carry one notification, or different
notifications where the vendor can merge them.

valgrind's callgrind counts the instructions, so they are the same on every machine, however busy. A function runs with
made-up settings against a Runtime API that stops it at its first poll, so it sends nothing. Pushes go to the vendor
simulators, which run in another process. The difference between a short and a long run is the cost of the pushes.

Pushes to FCM are also measured over HTTP/1.1, HTTP/1.1 with TLS, and HTTP/2 with TLS, which is what vendors speak: with their connections,
and their bytes as a relay counts them.
"""

import argparse
import http.server
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "infra" / "template.yaml"
CREDENTIALS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
LAMBDA = {
    "AWS_REGION": "us-east-1", "VENDOR": "fcm", "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_LOG_GROUP_NAME": "bench", "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
}
LONGEST_START_SECONDS = 60
TOKENS = 1000
# Pushes whose connections and bytes are counted, as many as a batch of firebase-admin has.
BATCH = 500
# Meizu accepts five messages a minute for a phone.
FEW_TIMES, MANY_TIMES = 1, 5
# Texts of the code that calls vendors: of its HTTP client, and of one vendor's client.
CLIENT_TEXTS = [b"the vendor did not answer", b"pushId with a comma"]


@dataclass
class Vendor:
    """A vendor as its simulator describes it."""

    name: str
    max_tokens: int
    max_merged: int | None

    @property
    def instructions_a_token(self) -> int:
        """Return the budget. It is larger where each request carries one token and is built separately."""
        return 150_000 if self.max_tokens == 1 else 2_500


@dataclass
class Cost:
    """The cost of a function, with its budget."""

    function: str
    zipped_bytes: int
    instructions: int

    @property
    def size_budget(self) -> int:
        return 2_500_000 if self.function == "push-vendor" else 2_000_000


@dataclass
class PushCost:
    """The cost of notifications to many device tokens."""

    vendor: Vendor
    different: bool
    requests: int
    instructions_a_token: int

    @property
    def budget(self) -> str:
        """Return the budget. Different notifications have none."""
        return "" if self.different else f"{self.vendor.instructions_a_token:,}"


@dataclass
class TransportCost:
    """The cost of pushes to FCM over one transport."""

    transport: str
    connections: int
    sent: int
    received: int
    instructions_a_push: int


def zipped_size(binary: Path) -> int:
    """Return the bytes of the archive that Lambda gets."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        file.write(binary, "bootstrap")
    return len(archive.getvalue())


def listed(simulators: Path) -> list[Vendor]:
    """Return the vendors, in the order of the documents."""
    return [Vendor(**vendor) for vendor in json.loads(subprocess.check_output([simulators, "--list"]))]


def settings() -> dict[str, str]:
    """Return every variable that the template sets for some function, with a made-up value of its kind."""
    kinds = {"SECONDS": "60", "URL": "http://127.0.0.1:1", "CALLBACKS": "false"}
    names = re.findall(r"^ +([A-Z0-9]+_[A-Z0-9_]+):", TEMPLATE.read_text(), re.MULTILINE)
    return {name: kinds.get(name.rsplit("_", 1)[1], "bench") for name in [*names, *CREDENTIALS]}


def start_instructions(binary: Path) -> int:
    """Count the instructions from exec to the first poll."""
    polled = threading.Event()

    class RuntimeApi(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 (the name that http.server calls)
            polled.set()
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = settings() | LAMBDA
    environment["AWS_LAMBDA_RUNTIME_API"] = f"127.0.0.1:{server.server_port}"
    environment["PATH"] = os.environ["PATH"]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as said:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", str(binary)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=said)
        started = polled.wait(LONGEST_START_SECONDS)
        process.send_signal(signal.SIGTERM)
        process.wait(LONGEST_START_SECONDS)
        server.shutdown()
        said.seek(0)
        text = said.read()
    collected = re.search(r"Collected\s*:\s*(\d+)", text)
    if not started or not collected:
        raise SystemExit(f"{binary.name} did not come to its first poll:\n{text}")
    return int(collected.group(1))


def counted(command: list[str]) -> int:
    """Count the instructions of a command."""
    with tempfile.TemporaryDirectory() as folder:
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *command]
        said = subprocess.run(valgrind, capture_output=True, text=True, check=False)
    collected = re.search(r"Collected\s*:\s*(\d+)", said.stderr)
    if said.returncode or not collected:
        raise SystemExit(f"{' '.join(command)} failed:\n{said.stdout}{said.stderr}")
    return int(collected.group(1))


@contextmanager
def running(simulators: Path, *options: str) -> Iterator[str]:
    """Run the simulators, and yield their address for plain HTTP."""
    process = subprocess.Popen([simulators, "--listen", "127.0.0.1:0", *options], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().removeprefix("listening on ").strip()
    finally:
        process.terminate()
        process.wait(LONGEST_START_SECONDS)


class Relay:
    """Passes connections on to the simulators, and counts their bytes in both directions."""

    def __init__(self, address: str) -> None:
        host, port = address.removeprefix("http://").split(":")
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


def transport_costs(push_cost: Path, simulators: Path) -> list[TransportCost]:
    """Measure pushes to FCM over each transport."""
    costs = []
    for transport, scheme, options in (
        ("HTTP/1.1", "http", []),
        ("HTTP/1.1, TLS", "https", ["--http1"]),
        ("HTTP/2, TLS", "https", []),
    ):
        print(f"measuring pushes to fcm over {transport}", file=sys.stderr)
        with running(simulators, *options) as address:
            with urllib.request.urlopen(f"{address}/_sim/ca.pem") as answer:
                authority = answer.read().decode()
            relay = Relay(address)

            def command(times: int, relay: Relay = relay, scheme: str = scheme, ca: str = authority) -> list[str]:
                to = f"{scheme}://{relay.authority}"
                return [str(push_cost), "fcm", str(BATCH), str(times), to, f"--ca-pem={ca}"]

            subprocess.run(command(1), check=True)
            connections, sent, received = relay.connections, relay.sent, relay.received
            more = counted(command(MANY_TIMES)) - counted(command(FEW_TIMES))
            relay.close()
            pushes = (MANY_TIMES - FEW_TIMES) * BATCH
            costs.append(TransportCost(transport, connections, sent, received, more // pushes))
    return costs


def push_costs(push_cost: Path, simulators: Path, vendors: list[Vendor]) -> list[PushCost]:
    """Measure the cost of pushes through each vendor."""
    with running(simulators) as address:
        costs = []
        rows = [(vendor, False) for vendor in vendors] + [(vendor, True) for vendor in vendors if vendor.max_merged]
        for vendor, different in rows:
            print(f"measuring {'different' if different else 'equal'} pushes through {vendor.name}", file=sys.stderr)

            def instructions(times: int, vendor: Vendor = vendor, different: bool = different) -> int:
                more = ["--different"] if different else []
                return counted([str(push_cost), vendor.name, str(TOKENS), str(times), address, *more])

            def requests(vendor: Vendor = vendor) -> int:
                with urllib.request.urlopen(f"{address}/_sim/counts") as answer:
                    return json.load(answer)["vendors"].get(vendor.name, {}).get("sends", 0)

            few = instructions(FEW_TIMES)
            before = requests()
            more = instructions(MANY_TIMES) - few
            costs.append(PushCost(
                vendor,
                different,
                (requests() - before) // MANY_TIMES,
                more // (MANY_TIMES - FEW_TIMES) // TOKENS,
            ))
        return costs


def transport_report(costs: list[TransportCost]) -> str:
    """Return a table of all transports. The access token's request is included."""
    lines = [
        f"| {BATCH} pushes to fcm over | connections | bytes sent | bytes received | instructions a push |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {cost.transport} | {cost.connections:,} | {cost.sent:,} | {cost.received:,} | {cost.instructions_a_push:,} |"
        for cost in costs
    ]
    return "\n".join(lines)


def push_report(costs: list[PushCost]) -> str:
    """Return a table of all vendors."""
    lines = [
        f"| vendor | notifications | requests for {TOKENS} tokens | instructions a token | budget |",
        "|---|---|---:|---:|---:|",
    ]
    lines += [
        f"| {cost.vendor.name} | {'different' if cost.different else 'equal'} | {cost.requests:,} "
        f"| {cost.instructions_a_token:,} | {cost.budget} |"
        for cost in costs
    ]
    return "\n".join(lines)


def report(costs: list[Cost], instruction_budget: int) -> str:
    """Return a table of all functions."""
    lines = ["| function | zipped, bytes | budget | instructions to first poll | budget |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {cost.function} | {cost.zipped_bytes:,} | {cost.size_budget:,} "
        f"| {cost.instructions:,} | {instruction_budget:,} |"
        for cost in costs
    ]
    return "\n".join(lines)


def functions() -> list[str]:
    """Return the names of the packages under `functions/`."""
    manifests = sorted((ROOT / "functions").glob("*/Cargo.toml"))
    return [tomllib.loads(manifest.read_text())["package"]["name"] for manifest in manifests]


def check_clients(binaries: Path, names: list[str]) -> None:
    """Fail if a function that calls no vendor is linked with the vendors' clients."""
    for name in names:
        binary = (binaries / name).read_bytes()
        for text in CLIENT_TEXTS:
            held = text in binary
            if held and name != "push-vendor":
                raise SystemExit(
                    f"{name} is linked with the vendors' clients: it holds {text.decode()!r}. "
                    "The registry, shared/vendors/src/lib.rs, must hand out a vendor's parts one by one."
                )
            if not held and name == "push-vendor":
                raise SystemExit(f"{name} does not hold {text.decode()!r}: CLIENT_TEXTS needs another text of the clients.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binaries", type=Path, help="folder of the release binaries")
    parser.add_argument("simulators", type=Path, help="the binary vendor-simulators")
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        raise SystemExit("valgrind is needed to count instructions (apt-get install valgrind)")
    check_clients(arguments.binaries, functions())
    vendors, costs = listed(arguments.simulators), []
    for name in functions():
        print(f"measuring {name}", file=sys.stderr)
        binary = arguments.binaries / name
        costs.append(Cost(name, zipped_size(binary), start_instructions(binary)))
    print(report(costs, instruction_budget=1_600_000))
    print()
    push_cost = arguments.binaries / "push-cost"
    print(push_report(push_costs(push_cost, arguments.simulators, vendors)))
    print()
    print(transport_report(transport_costs(push_cost, arguments.simulators)))


if __name__ == "__main__":
    main()
