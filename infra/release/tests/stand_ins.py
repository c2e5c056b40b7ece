"""Stand-ins for what takes minutes to make: compiled functions, and a release of them."""

from __future__ import annotations

from pathlib import Path

from deployed import ROOT
from release import archive, checksums
from release.contents import Commit, lay_out, name
from release.dependencies import Dependency

COMMIT = Commit("4f0c" * 10, 1_764_000_000, "0.1.0")
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/Cargo.toml"))
MACHINES = {"x86_64": 0x3E, "arm64": 0xB7}
OURS = Dependency("push-vendor", "0.1.0", licence="Apache-2.0", needs=(("ring", "0.17.14"),))
RING = Dependency("ring", "0.17.14", licence="Apache-2.0 AND ISC", checksum="a" * 64)


def program(architecture: str, function: str = "") -> bytes:
    """Return the head of a program of an architecture, and something that only this function has."""
    return b"\x7fELF" + bytes(14) + MACHINES[architecture].to_bytes(2, "little") + function.encode() * 100


def binaries(folder: Path, architecture: str) -> Path:
    """Write a program for each function, as `make build` leaves them."""
    for function in FUNCTIONS:
        (folder / function).mkdir(parents=True)
        (folder / function / "bootstrap").write_bytes(program(architecture, function))
    return folder


def release(work: Path, architecture: str = "arm64") -> Path:
    """Return an archive in a folder with its checksums."""
    folder = work / "laid-out" / name(COMMIT, architecture)
    lay_out(ROOT, binaries(work / "binaries", architecture), folder, COMMIT, [OURS, RING])
    dist = work / "dist"
    dist.mkdir()
    packed = dist / f"{folder.name}.tar.gz"
    archive.write(packed, folder, COMMIT.time)
    checksums.write(dist, [packed])
    return packed
