"""Settings of the local stack: paths, ports and names, with the variables that change them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "infra" / "template.yaml"
LOCAL = ROOT / ".local"
LOGS = LOCAL / "logs"
BUILD = LOCAL / "build"
STATE_FILE = LOCAL / "stack.json"
# Secrets of test runs, which the last step of `make e2e` searches for.
CANARIES = LOCAL / "canaries.txt"

STACK_NAME = "curlew"
REGION = "us-east-1"
HOST = "127.0.0.1"


class StackError(Exception):
    """A problem that the operator can solve. It is shown without a traceback."""


@dataclass(frozen=True)
class Settings:
    """The differences between two local stacks."""

    aws_port: int
    vendor_port: int
    api_port: int
    external_vendors: str | None
    external_ca: str
    binaries: Path
    simulators: Path
    # The proxy that lets AWS calls of functions fail. Without a port there is none.
    faults_port: int | None = None
    aws_faults: Path = Path()
    # A release to deploy in place of the binaries: an archive or its folder.
    release: Path | None = None

    @property
    def aws_url(self) -> str:
        """Return the address of the emulator."""
        return f"http://{HOST}:{self.aws_port}"

    @property
    def faults_url(self) -> str | None:
        """Return the address of the proxy that lets AWS calls of functions fail, if there is to be one."""
        return f"http://{HOST}:{self.faults_port}" if self.faults_port else None

    @property
    def vendor_url(self) -> str:
        """Return the address of the vendors: the given one, or that of the simulators."""
        return self.external_vendors or f"http://{HOST}:{self.vendor_port}"

    @property
    def vendor_tls_url(self) -> str:
        """Return the address at which functions call the vendors."""
        return self.external_vendors or f"https://{HOST}:{self.vendor_port}"

    @property
    def api_url(self) -> str:
        """Return the address of the HTTP API."""
        return f"http://{HOST}:{self.api_port}"

    @property
    def websocket_url(self) -> str:
        """Return the address of the WebSocket API."""
        return f"ws://{HOST}:{self.api_port}"

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the variables that `make help` lists."""
        debug = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "debug"
        return cls(
            aws_port=_port("CURLEW_AWS_PORT", 4566),
            vendor_port=_port("CURLEW_VENDOR_PORT", 4700),
            api_port=_port("CURLEW_API_PORT", 4600),
            external_vendors=os.environ.get("VENDOR_BASE_URL", "").rstrip("/") or None,
            external_ca=os.environ.get("VENDOR_CA_PEM", ""),
            binaries=Path(os.environ.get("CURLEW_BINARIES") or debug).resolve(),
            simulators=debug.resolve() / "vendor-simulators",
            faults_port=_port("CURLEW_AWS_FAULTS_PORT", 0) if os.environ.get("CURLEW_AWS_FAULTS_PORT") else None,
            aws_faults=debug.resolve() / "aws-faults",
            release=Path(os.environ["CURLEW_RELEASE"]).resolve() if os.environ.get("CURLEW_RELEASE") else None,
        )


def _port(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise StackError(f"{name} must be a port number, not {value!r}")
    return int(value)


def aws_environment(settings: Settings) -> dict[str, str]:
    """Environment in which AWS tools speak to the emulator and can reach nothing else.

    Built from scratch: neither a developer's profile and credentials nor the stack's own variables leak into the
    emulator, which passes its environment on to every function process.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    scratch = LOCAL / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    return kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": settings.aws_url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
        "TMPDIR": str(scratch),
    }
