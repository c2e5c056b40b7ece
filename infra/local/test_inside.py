"""Tests of `inside.py`: it fits the installed versions, no other file uses private parts of the emulator, and the
emulator does not start with another version.

Usage: LOG_LEVEL=ERROR python -m unittest discover --start-directory infra/local
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import inside

HERE = Path(__file__).parent


class Versions(unittest.TestCase):
    """The versions that fit."""

    def test_they_are_those_that_are_installed(self) -> None:
        pinned = dict(re.findall(r"^([\w.-]+)==(\S+)$", (HERE / "requirements.txt").read_text().lower(), re.MULTILINE))
        self.assertEqual(inside.FITS, {package: pinned[package] for package in inside.FITS})

    def test_with_another_one_the_emulator_does_not_start(self) -> None:
        for package, fitting in inside.FITS.items():
            with self.subTest(package), tempfile.TemporaryDirectory() as other:
                described = Path(other) / f"{package}-0.0.1.dist-info"
                described.mkdir()
                (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.0.1\n")
                command, environment = [sys.executable, str(HERE / "emulator.py")], os.environ | {"PYTHONPATH": other}
                ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual(ended.returncode, 1)
                self.assertIn(f"{package} 0.0.1 is installed, and infra/local/inside.py fits {fitting}", ended.stderr)


class OneFile(unittest.TestCase):
    """The files that use private parts."""

    def test_no_other_file_knows_the_emulator(self) -> None:
        known = re.compile(r"^\s*(?:from|import) (?:ministack|hypercorn)\b", re.MULTILINE)
        knowing = {path.name for path in HERE.glob("*.py") if known.search(path.read_text())}
        self.assertEqual({name for name in knowing if not name.startswith("test_")}, {"inside.py"})


if __name__ == "__main__":
    unittest.main()
