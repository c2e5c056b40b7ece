"""The bytes of an archive follow from names and contents alone."""

from __future__ import annotations

import os
import stat
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

from release import archive
from release.checksums import digest

_FILES = {"template.yaml": b"Resources:\n", "functions/a.zip": b"a" * 5000, "functions/b.zip": b"b", "LICENSE": b"free\n"}
_TIME = 1_764_000_000


def folder(work: Path, names: list[str], umask: int, time: int) -> Path:
    """Write the files in an order, with an umask, at a time."""
    before = os.umask(umask)
    try:
        made = work / "curlew-0.1.0-arm64"
        for name in names:
            file = made / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(_FILES[name])
            os.utime(file, (time, time))
    finally:
        os.umask(before)
    return made


class ArchiveTest(unittest.TestCase):
    """Two archives of the same files."""

    def setUp(self) -> None:
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def pack(self, name: str, order: list[str], umask: int, time: int) -> Path:
        packed = self.work / f"{name}.tar.gz"
        archive.write(packed, folder(self.work / name, order, umask, time), _TIME)
        return packed

    def test_order_times_umask_and_the_archives_own_name_do_not_matter(self) -> None:
        one = self.pack("one", list(_FILES), 0o022, 1_000_000_000)
        other = self.pack("another-name", list(reversed(_FILES)), 0o077, 1_700_000_000)
        self.assertEqual(one.read_bytes(), other.read_bytes())

    def test_a_changed_byte_matters(self) -> None:
        one = self.pack("one", list(_FILES), 0o022, 1)
        changed = folder(self.work / "two", list(_FILES), 0o022, 1)
        (changed / "LICENSE").write_bytes(b"Free\n")
        archive.write(self.work / "two.tar.gz", changed, _TIME)
        self.assertNotEqual(digest(one), digest(self.work / "two.tar.gz"))

    def test_files_are_everybodys_to_read_and_have_the_commits_time(self) -> None:
        with tarfile.open(self.pack("one", list(_FILES), 0o077, 1)) as opened:
            members = opened.getmembers()
        self.assertEqual([it.name for it in members], sorted(f"curlew-0.1.0-arm64/{name}" for name in _FILES))
        self.assertEqual({(it.mode, it.mtime, it.uid, it.gid, it.uname, it.gname) for it in members}, {(0o644, _TIME, 0, 0, "", "")})

    def test_a_functions_zip_holds_one_program_that_may_be_run(self) -> None:
        zips = []
        for number, mode in enumerate((0o600, 0o777)):
            binary = self.work / f"binary-{number}"
            binary.write_bytes(b"\x7fELF" * 1000)
            binary.chmod(mode)
            os.utime(binary, (number, number))
            zips.append(self.work / f"{number}.zip")
            archive.write_function(zips[-1], binary)
        self.assertEqual(zips[0].read_bytes(), zips[1].read_bytes())
        with zipfile.ZipFile(zips[0]) as opened:
            (entry,) = opened.infolist()
            self.assertEqual((entry.filename, opened.read(entry)), ("bootstrap", b"\x7fELF" * 1000))
        self.assertEqual(stat.filemode(entry.external_attr >> 16), "-rwxr-xr-x")
        self.assertLess(entry.compress_size, 200)


if __name__ == "__main__":
    unittest.main()
