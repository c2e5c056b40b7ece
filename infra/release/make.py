"""Makes the archives of a commit: copy, build, lay out, pack. What is half made never reaches the given folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import archive, checksums, source
from .contents import lay_out, name
from .dependencies import compiled


def make(architectures: list[str], work: Path, dist: Path, cargo_home: Path | None = None) -> list[Path]:
    """Write an archive for each architecture into `dist`, with the checksums of all archives there."""
    of = source.commit()
    shutil.rmtree(work, ignore_errors=True)
    copied = work / "source"
    made = []
    try:
        source.copy(of, copied)
        for number, architecture in enumerate(architectures, 1):
            print(f"[release] {number} of {len(architectures)}: building {name(of, architecture)} in {copied}", flush=True)
            binaries = source.build(copied, architecture, of, cargo_home)
            functions = sorted(path.parent.name for path in copied.glob("functions/*/Cargo.toml"))
            dependencies = compiled(copied, source.TARGETS[architecture], functions)
            folder = work / name(of, architecture)
            lay_out(copied, binaries, folder, of, dependencies)
            packed = work / f"{folder.name}.tar.gz"
            archive.write(packed, folder, of.time)
            dist.mkdir(parents=True, exist_ok=True)
            made.append(packed.replace(dist / packed.name))
            checksums.write(dist, dist.glob("curlew-*.tar.gz"))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return made


@contextmanager
def make_elsewhere(architectures: list[str], work: Path) -> Iterator[list[Path]]:
    """Make the archives with other paths of sources, targets and packages, and another umask. They are removed at the end."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    cargo_home = work / "packages"
    cargo_home.symlink_to(Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo"))
    umask = os.umask(0o077)
    try:
        yield make(architectures, work / "a-longer-path" / "than-before", work / "dist", cargo_home)
    finally:
        os.umask(umask)
        shutil.rmtree(work, ignore_errors=True)
