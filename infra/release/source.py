"""The commit that a release is made from, and its build in a copy of that commit.

A copy has no file that is not committed, and all its files have the commit's time, which the console's function stores.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from deployed import ROOT, CommandError

from .contents import Commit
from .versions import of_packages, refuse_wrong_tag

TARGETS = {"arm64": "aarch64-unknown-linux-gnu", "x86_64": "x86_64-unknown-linux-gnu"}


def commit() -> Commit:
    """Return the checked out commit. Refuses changes that are not committed, and a tag of another version."""
    if _git("status", "--porcelain").strip():
        raise CommandError("commit or remove your changes: a release is made from a commit")
    id_, time = _git("show", "--no-patch", "--format=%H %ct").split()
    version = of_packages(ROOT)
    refuse_wrong_tag(_git("tag", "--points-at", id_).split(), version, (ROOT / "CHANGELOG.md").read_text())
    return Commit(id_, int(time), version)


def copy(of: Commit, folder: Path) -> None:
    """Write the files of a commit."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryFile() as packed:
        subprocess.run(["git", "archive", of.id], cwd=ROOT, check=True, stdout=packed)
        packed.seek(0)
        subprocess.run(["tar", "-x", "-C", str(folder)], check=True, stdin=packed)
    # The tools are those of this checkout. `make build` installs none anew.
    (folder / ".local").symlink_to(ROOT / ".local")


def build(folder: Path, architecture: str, of: Commit, cargo_home: Path | None = None) -> Path:
    """Build all functions by `make build` of the copy, and return the folder with the binaries."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CARGO_", "RUST", "MAKE", "MFLAGS"))}
    environment |= {name: os.environ[name] for name in ("CARGO_HOME", "RUSTUP_HOME") if name in os.environ}
    environment |= {"SOURCE_DATE_EPOCH": str(of.time), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    if cargo_home:
        environment["CARGO_HOME"] = str(cargo_home)
    command = ["make", "--old-file", ".local/venv/.ready", "build", f"ARCH={architecture}"]
    done = subprocess.run(command, cwd=folder, env=environment, check=False)
    if done.returncode:
        raise CommandError(f"the build for {architecture} failed, see above")
    return folder / "target" / "lambda"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
