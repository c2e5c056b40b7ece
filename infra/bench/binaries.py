"""The functions' binaries: their zipped sizes, and what they are linked with."""

from __future__ import annotations

import io
import tomllib
import zipfile
from pathlib import Path

from settings import ROOT

from .results import Numbers

# Texts of the code that calls vendors: of its HTTP client, and of one vendor's client.
_CLIENT_TEXTS = [b"the vendor did not answer", b"pushId with a comma"]


def functions() -> list[str]:
    """Return the names of the packages under `functions/`."""
    manifests = sorted((ROOT / "functions").glob("*/Cargo.toml"))
    return [tomllib.loads(manifest.read_text())["package"]["name"] for manifest in manifests]


def zipped_sizes(binaries: Path) -> Numbers:
    """Return the bytes of the archives that Lambda gets."""
    _check_clients(binaries)
    return {f"bytes/zipped/{name}": _zipped(binaries / name) for name in functions()}


def _zipped(binary: Path) -> int:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        file.write(binary, "bootstrap")
    return len(archive.getvalue())


def _check_clients(binaries: Path) -> None:
    """Fail if a function that calls no vendor is linked with the vendors' clients."""
    for name in functions():
        binary = (binaries / name).read_bytes()
        for text in _CLIENT_TEXTS:
            held = text in binary
            if held and name != "push-vendor":
                raise SystemExit(
                    f"{name} is linked with the vendors' clients: it holds {text.decode()!r}. "
                    "The registry, shared/vendors/src/lib.rs, must hand out a vendor's parts one by one."
                )
            if not held and name == "push-vendor":
                raise SystemExit(f"{name} does not hold {text.decode()!r}: _CLIENT_TEXTS needs another text of the clients.")
