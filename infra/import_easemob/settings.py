"""Addresses and credentials, from the environment or from a file that only its owner may read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from .api import App
from .errors import Stopped


def read(environment: Mapping[str, str], file: Path | None) -> dict[str, str]:
    """Return all variables. Those of the environment take precedence."""
    return (_file(file) if file else {}) | {name: value for name, value in environment.items() if value}


def app(variables: Mapping[str, str], side: str, default_key: str = "") -> tuple[App, str]:
    """Return the app at this side, and the address of its API."""
    prefix = side.upper()
    key = variables.get(f"{prefix}_APP") or default_key
    org, _, name = key.partition("#")
    if not org or not name:
        raise Stopped(f"{prefix}_APP must be the app key, <org>#<app>")
    missing = [it for it in (f"{prefix}_URL", f"{prefix}_CLIENT_ID", f"{prefix}_CLIENT_SECRET") if not variables.get(it)]
    if missing:
        raise Stopped(f"{', '.join(missing)} must be set, in the environment or in the file of --config")
    given = App(side, org, name, variables[f"{prefix}_CLIENT_ID"], variables[f"{prefix}_CLIENT_SECRET"])
    return given, variables[f"{prefix}_URL"]


def _file(path: Path) -> dict[str, str]:
    """Parse lines of `NAME=value`. `#` begins a comment."""
    try:
        with path.open(encoding="utf-8") as opened:
            if os.fstat(opened.fileno()).st_mode & 0o077:
                raise Stopped(f"others may read {path}, which holds secrets: chmod 600 {path}")
            lines = [line.strip() for line in opened]
    except OSError as failure:
        raise Stopped(f"{path} cannot be read: {failure.strerror}") from failure
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}
