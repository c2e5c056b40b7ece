"""Writes archives whose bytes depend on names and contents alone, not on time, order, owner or umask.

The compressed bytes are those of the zlib that Python has. The SBOM has the checksum of each binary, so that two archives
of different zlibs can still be compared.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

# The earliest time that a zip can have.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_PROGRAM = 0o100755
_FILE = 0o644
_LEVEL = 9


def write_function(target: Path, binary: Path) -> None:
    """Write a function's zip: one program with the name that Lambda starts."""
    entry = zipfile.ZipInfo("bootstrap", _ZIP_TIME)
    # Unix, as the meaning of the attributes below.
    entry.create_system = 3
    entry.external_attr = _PROGRAM << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(target, "w", compresslevel=_LEVEL) as archive:
        archive.writestr(entry, binary.read_bytes(), compresslevel=_LEVEL)


def write(target: Path, folder: Path, time: int) -> None:
    """Write all files of a folder, below the folder's name, as a compressed tar. `time` is in Unix seconds."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    # Neither the archive's name nor a time is in the head of the compressed stream.
    with target.open("wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as stream:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for file in files:
                content = file.read_bytes()
                archive.addfile(_entry(f"{folder.name}/{file.relative_to(folder).as_posix()}", len(content), time), io.BytesIO(content))


def _entry(name: str, size: int, time: int) -> tarfile.TarInfo:
    """Return the head of a file that belongs to nobody."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, time, _FILE
    return entry
