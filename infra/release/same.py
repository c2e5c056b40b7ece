"""Compares two archives of one commit, and names the files that differ."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

from deployed import CommandError

from .checksums import digest
from .unpack import ABOUT


def refuse_other_commit(archive: Path, commit: str) -> None:
    """Refuse an archive that a second build cannot equal: it is missing, or of another commit."""
    if not archive.is_file():
        raise CommandError(f"{archive} is missing: `make release` makes it")
    about = next((content for name, content in _files(archive).items() if Path(name).name == ABOUT), b"{}")
    if json.loads(about).get("commit") != commit:
        raise CommandError(f"{archive} is of another commit than the checked out {commit}")


def refuse_different(one: Path, other: Path) -> None:
    """Refuse an archive whose bytes differ from another's."""
    if digest(one) == digest(other):
        return
    files, others = _files(one), _files(other)
    names = sorted(name for name in files.keys() | others.keys() if files.get(name) != others.get(name))
    what = ", ".join(names) or "nothing but how it is packed: Python has another zlib"
    raise CommandError(f"a second build of {one.name} differs in {what}")


def _files(archive: Path) -> dict[str, bytes]:
    """Return name to content of an archive's files."""
    with tarfile.open(archive) as opened:
        contents = ((it.name, opened.extractfile(it)) for it in opened if it.isfile())
        return {name: content.read() for name, content in contents if content}
