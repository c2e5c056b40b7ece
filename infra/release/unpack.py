"""Opens a release for its deployment: an archive with its checksum beside it, or a folder that was unpacked."""

from __future__ import annotations

import json
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from deployed import CommandError

from . import checksums

ABOUT = "release.json"


@dataclass(frozen=True)
class Release:
    """An unpacked release, whose checksums are right."""

    folder: Path
    version: str
    architecture: str
    commit: str

    @property
    def template(self) -> Path:
        """Return the template that points to the functions beside it."""
        return self.folder / "template.yaml"


def unpack(given: Path, into: Path) -> Release:
    """Check an archive and unpack it below `into`, or check a folder."""
    if given.is_dir():
        return _checked(given)
    if not given.is_file():
        raise CommandError(f"there is no release {given}")
    checksums.verify(given)
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    try:
        with tarfile.open(given) as archive:
            for it in archive:
                _extract(archive, it, into)
    except tarfile.TarError as why:
        raise CommandError(f"{given} is no release: {why}") from None
    folders = list(into.iterdir())
    if len(folders) != 1 or not folders[0].is_dir():
        raise CommandError(f"{given} is no release: it has more than one folder, or none")
    return _checked(folders[0])


def _extract(archive: tarfile.TarFile, it: tarfile.TarInfo, into: Path) -> None:
    """Write a file. Nothing else is in a release: no link, and no name that leads elsewhere."""
    target = into / it.name
    content = archive.extractfile(it) if it.isfile() else None
    if content is None or not target.resolve().is_relative_to(into.resolve()):
        raise CommandError(f"an archive with {it.name} is no release")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.read())


def _checked(folder: Path) -> Release:
    checksums.verify_all(folder)
    try:
        about = json.loads((folder / ABOUT).read_text())
        return Release(folder.resolve(), about["version"], about["architecture"], about["commit"])
    except (FileNotFoundError, KeyError, ValueError):
        raise CommandError(f"{folder} is no release: its {ABOUT} is missing or damaged") from None
