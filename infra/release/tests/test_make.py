"""Releases are made from commits alone, all at once or not at all, and leave nothing behind."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from deployed import ROOT, CommandError
from release import checksums, make, source
from release.contents import Commit

from .stand_ins import COMMIT, OURS, RING, binaries

_COPIED = ["infra/template.yaml", "samconfig.toml", "CHANGELOG.md", "LICENSE"]


class MakeTest(unittest.TestCase):
    """Archives of stand-ins, whose build is watched."""

    def setUp(self) -> None:
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.dist = self.work / "dist"
        self.built: list[tuple[str, Path, Path | None]] = []
        self.fails: str | None = None
        for where, name, stand_in in ((source, "commit", lambda: COMMIT), (source, "copy", self.copy), (source, "build", self.build)):
            self.enterContext(mock.patch.object(where, name, stand_in))
        self.enterContext(mock.patch.object(make, "compiled", lambda *_: [OURS, RING]))
        self.enterContext(mock.patch("builtins.print"))

    def copy(self, of: Commit, folder: Path) -> None:
        for name in _COPIED:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)

    def build(self, folder: Path, architecture: str, of: Commit, cargo_home: Path | None) -> Path:
        if architecture == self.fails:
            raise CommandError("the build failed")
        self.built.append((architecture, folder, cargo_home))
        shutil.rmtree(folder / "target", ignore_errors=True)
        return binaries(folder / "target" / "lambda", architecture)

    def test_there_is_an_archive_for_each_architecture_with_its_checksum(self) -> None:
        made = make.make(["arm64", "x86_64"], self.work / "work", self.dist)
        self.assertEqual([path.name for path in made], ["curlew-0.1.0-arm64.tar.gz", "curlew-0.1.0-x86_64.tar.gz"])
        for archive in made:
            checksums.verify(archive)
        self.assertFalse((self.work / "work").exists())

    def test_a_failed_build_leaves_only_what_was_complete(self) -> None:
        self.fails = "x86_64"
        with self.assertRaises(CommandError):
            make.make(["arm64", "x86_64"], self.work / "work", self.dist)
        checksums.verify(self.dist / "curlew-0.1.0-arm64.tar.gz")
        self.assertEqual(len(list(self.dist.glob("*.tar.gz"))), 1)
        self.assertFalse((self.work / "work").exists())

    def test_a_second_build_differs_in_every_path_and_not_in_bytes(self) -> None:
        (first,) = make.make(["arm64"], self.work / "work", self.dist)
        before = os.umask(0o022)
        os.umask(before)
        with make.make_elsewhere(["arm64"], self.work / "elsewhere") as (second,):
            self.assertEqual(first.read_bytes(), second.read_bytes())
            self.assertEqual(stat.S_IMODE(second.stat().st_mode), 0o600)
        (_, one, _), (_, other, cargo_home) = self.built
        self.assertNotEqual(len(str(one)), len(str(other)))
        self.assertEqual(cargo_home, self.work / "elsewhere" / "packages")
        self.assertEqual(os.umask(before), before)
        self.assertFalse((self.work / "elsewhere").exists())


class SourceTest(unittest.TestCase):
    """The commit of a small repository."""

    def setUp(self) -> None:
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory())) / "root"
        (self.root / "dist").mkdir(parents=True)
        (self.root / "Cargo.toml").write_text('[workspace.package]\nversion = "0.1.0"\n')
        (self.root / "CHANGELOG.md").write_text("## 0.1.0 (2026-12-01)\n")
        (self.root / "dist" / "index.html").write_text("<p>")
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Begin")
        self.enterContext(mock.patch.object(source, "ROOT", self.root))

    def git(self, *arguments: str) -> None:
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "a"), ("EMAIL", "a@example.org"))}
        dates = {"GIT_AUTHOR_DATE": "1764000000 +0000", "GIT_COMMITTER_DATE": "1764000000 +0000"}
        subprocess.run(["git", *arguments], cwd=self.root, check=True, env=dict(os.environ) | who | dates)

    def test_a_copy_has_the_files_of_the_commit_with_its_time(self) -> None:
        of = source.commit()
        self.assertEqual((of.time, of.version), (1_764_000_000, "0.1.0"))
        source.copy(of, self.root.parent / "copy")
        copied = self.root.parent / "copy" / "dist" / "index.html"
        self.assertEqual((copied.read_text(), copied.stat().st_mtime), ("<p>", 1_764_000_000))

    def test_what_is_not_committed_is_refused(self) -> None:
        (self.root / "more.rs").write_text("")
        with self.assertRaisesRegex(CommandError, "commit or remove your changes"):
            source.commit()

    def test_a_tag_of_another_version_is_refused(self) -> None:
        self.git("tag", "v0.1.0")
        source.commit()
        self.git("tag", "v0.2.0")
        with self.assertRaisesRegex(CommandError, "has the tag v0.1.0 and v0.2.0"):
            source.commit()


if __name__ == "__main__":
    unittest.main()
