"""Tests of the search for a browser, with commands in place of browsers."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import chromium


class Chromium(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def command(self, name: str, status: int = 0) -> str:
        """Create a command that ends with this status."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\nexit {status}\n")
        path.chmod(0o755)
        return str(path)

    def run_main(self, wanted: str = "", root: bool = False) -> tuple[str, str]:
        """Return what `main` prints on this folder alone: the result and the explanation."""
        result, told = io.StringIO(), io.StringIO()
        environment = {"PATH": str(self.folder), chromium.VARIABLE: wanted}
        with (
            mock.patch.dict(os.environ, environment),
            mock.patch.object(os, "geteuid", return_value=0 if root else 1000),
            contextlib.redirect_stdout(result),
            contextlib.redirect_stderr(told),
        ):
            chromium.main()
        return result.getvalue().strip(), told.getvalue()

    def test_the_first_that_runs_is_taken(self) -> None:
        self.command("chromium-browser", status=1)
        chrome = self.command("google-chrome")
        self.assertEqual(self.run_main(), (chrome, ""))
        here = self.command("chromium")
        self.assertEqual(self.run_main(), (here, ""))

    def test_the_named_one_is_taken_or_none(self) -> None:
        self.command("chromium")
        other = self.command("other")
        self.assertEqual(self.run_main(other), (other, ""))
        found, told = self.run_main(self.command("broken", status=1))
        self.assertEqual(found, "")
        self.assertIn("does not run", told)
        self.assertEqual(self.run_main("none", root=True), ("", ""))

    def test_without_one_the_packages_are_named(self) -> None:
        self.command("apt-get")
        found, told = self.run_main()
        self.assertEqual(found, "")
        self.assertIn("apt-get install chromium fonts-noto-cjk", told)

    def test_only_root_installs_and_a_failure_is_told(self) -> None:
        self.command("apt-get", status=100)
        found, told = self.run_main(root=True)
        self.assertEqual(found, "")
        self.assertIn("installing the Debian packages chromium fonts-noto-cjk", told)
        self.assertIn("returned non-zero exit status 100", told)
        self.assertNotIn("installing", self.run_main()[1])


if __name__ == "__main__":
    unittest.main()
