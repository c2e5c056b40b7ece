"""SHA-256 checksums of files, in the form of `sha256sum`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from deployed import CommandError

NAME = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def digest(file: Path) -> str:
    """Return the checksum of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write(folder: Path, files: Iterable[Path]) -> None:
    """Write the checksums of files below the folder into it, sorted by name."""
    names = sorted(file.relative_to(folder).as_posix() for file in files)
    (folder / NAME).write_text("".join(f"{digest(folder / name)}  {name}\n" for name in names))


def write_all(folder: Path) -> None:
    """Write the checksums of all files of the folder into it."""
    write(folder, _files(folder))


def verify(file: Path) -> None:
    """Refuse a file that differs from its checksum beside it."""
    listed = _read(file.with_name(NAME)).get(file.name)
    if listed is None:
        raise CommandError(f"{file.with_name(NAME)} does not list {file.name}")
    _compare(file, listed)


def verify_all(folder: Path) -> None:
    """Refuse a folder in which a file is changed, missing or not listed."""
    listed = _read(folder / NAME)
    found = {file.relative_to(folder).as_posix() for file in _files(folder)}
    for problem, names in (("missing", listed.keys() - found), ("not listed", found - listed.keys())):
        if names:
            raise CommandError(f"{folder / NAME}: {problem}: {', '.join(sorted(names))}")
    for name, expected in listed.items():
        _compare(folder / name, expected)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if not path.is_dir() and path != folder / NAME]


def _compare(file: Path, expected: str) -> None:
    if digest(file) != expected:
        raise CommandError(f"{file} differs from its checksum: it is damaged or changed. Fetch it again")


def _read(list_: Path) -> dict[str, str]:
    """Return name to checksum."""
    if not list_.is_file():
        raise CommandError(f"{list_} is missing; it comes with the release")
    matches = [_LINE.fullmatch(line) for line in list_.read_text().splitlines()]
    if not matches or None in matches:
        raise CommandError(f"{list_} is no list of checksums")
    return {match[2]: match[1] for match in matches if match}
