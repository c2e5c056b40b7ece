"""A release is deployed without a compiler, and only if it is whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

from deployed import ROOT, CommandError
from release import archive, checksums
from release.deploy import refuse_other_architecture
from release.unpack import Release, unpack

from .stand_ins import COMMIT, release

# Stands in for `sam`: it must find the template and the functions beside it.
_SAM = """\
#!/bin/sh
printf '%s\\n' "$@" > "$TOLD"
ls functions template.yaml >> "$TOLD" || exit 9
exit "${SAM_ENDS:-0}"
"""


class UnpackTest(unittest.TestCase):
    """A damaged release is refused."""

    def setUp(self) -> None:
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.archive = release(self.work)

    def refused(self, why: str, given: Path | None = None) -> None:
        with self.assertRaisesRegex(CommandError, why):
            unpack(given or self.archive, self.work / "unpacked")

    def folder(self) -> Path:
        return unpack(self.archive, self.work / "unpacked").folder

    def test_a_whole_archive_and_its_folder_are_taken(self) -> None:
        one = unpack(self.archive, self.work / "unpacked")
        self.assertEqual((one.version, one.architecture, one.commit), ("0.1.0", "arm64", COMMIT.id))
        self.assertEqual(unpack(one.folder, self.work / "nowhere"), one)
        self.assertFalse((self.work / "nowhere").exists())

    def test_a_changed_byte_anywhere_is_refused(self) -> None:
        whole = self.archive.read_bytes()
        for place in (0, 5, len(whole) // 2, len(whole) - 1):
            self.archive.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            self.refused("damaged or changed")
        self.archive.write_bytes(whole[:-1])
        self.refused("damaged or changed")
        self.assertFalse((self.work / "unpacked").exists())

    def test_an_archive_without_its_checksum_is_refused(self) -> None:
        self.archive.with_name("SHA256SUMS").write_text(f"{'0' * 64}  other.tar.gz\n")
        self.refused("does not list")
        self.archive.with_name("SHA256SUMS").unlink()
        self.refused("it comes with the release")
        self.refused("there is no release", self.work / "nothing.tar.gz")

    def test_a_folder_with_a_changed_missing_or_added_file_is_refused(self) -> None:
        changed = self.folder()
        with (changed / "template.yaml").open("a") as template:
            template.write("\n")
        self.refused("template.yaml differs", changed)
        missing = self.folder()
        (missing / "functions" / "push-vendor.zip").unlink()
        self.refused("missing: functions/push-vendor.zip", missing)
        added = self.folder()
        (added / "functions" / "more.zip").write_bytes(b"")
        self.refused("not listed: functions/more.zip", added)

    def test_an_archive_that_would_write_elsewhere_is_refused(self) -> None:
        link = tarfile.TarInfo("curlew/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        for entry in (tarfile.TarInfo("../outside"), link):
            with tarfile.open(self.archive, "w:gz") as outside:
                outside.addfile(entry)
            checksums.write(self.archive.parent, [self.archive])
            self.refused(f"an archive with {entry.name} is no release")
        self.assertEqual(list((self.work / "unpacked").iterdir()), [])
        self.assertFalse((self.work / "outside").exists())

    def test_an_archive_of_something_else_is_refused(self) -> None:
        other = self.work / "other"
        other.mkdir()
        (other / "README").write_text("hello")
        checksums.write_all(other)
        archive.write(self.archive, other, 0)
        checksums.write(self.archive.parent, [self.archive])
        self.refused("release.json is missing")


class DeployTest(unittest.TestCase):
    """`make deploy FROM=..`, where nothing but make, Python and sam exists."""

    def setUp(self) -> None:
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.bin = self.work / "venv" / "bin"
        self.bin.mkdir(parents=True)
        (self.bin / "python").symlink_to(Path(sys.executable).resolve())
        (self.bin / "sam").write_text(_SAM)
        (self.bin / "sam").chmod(0o755)
        (self.work / "venv" / ".ready").touch()
        self.told = self.work / "told"
        self.path = self.work / "path"
        self.path.mkdir()
        (self.path / "ls").symlink_to(str(shutil.which("ls")))

    def deploy(self, given: Path, **more: str) -> subprocess.CompletedProcess[str]:
        self.assertIsNone(shutil.which("cargo", path=str(self.path)))
        command = [str(shutil.which("make")), "--directory", str(ROOT), "deploy", f"FROM={given}", f"VENV={self.work / 'venv'}", "ENVIRONMENT=prod"]
        environment = {"PATH": str(self.path), "TOLD": str(self.told), "PYTHONDONTWRITEBYTECODE": "1"} | more
        return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    def test_an_archive_is_deployed_without_a_compiler(self) -> None:
        done = self.deploy(release(self.work))
        self.assertEqual(done.returncode, 0, done.stdout)
        told = self.told.read_text().split("\n")
        self.assertEqual(told[0], "deploy")
        self.assertTrue(told[2].endswith("curlew-0.1.0-arm64/template.yaml"), told)
        self.assertEqual(told[3:7], ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "prod"])
        self.assertIn("push-vendor.zip", told)
        self.assertFalse(os.path.exists(told[2]), "what was unpacked is left behind")

    def test_a_damaged_archive_is_not_deployed(self) -> None:
        damaged = release(self.work)
        damaged.write_bytes(damaged.read_bytes()[:-1])
        done = self.deploy(damaged)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("damaged or changed", done.stdout)
        self.assertFalse(self.told.exists())

    def test_a_failed_deployment_fails_the_command(self) -> None:
        done = self.deploy(release(self.work), SAM_ENDS="3")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("sam ended with 3", done.stdout)

    def test_a_release_for_another_architecture_than_samconfig_says_is_refused(self) -> None:
        samconfig = '[default.deploy.parameters]\nparameter_overrides = "Architecture=arm64 LogLevel=debug"\n[prod.deploy.parameters]\n'
        made = Release(Path(), "0.1.0", "x86_64", "")
        with self.assertRaisesRegex(CommandError, "Architecture=arm64 for the environment default, and the release is for x86_64"):
            refuse_other_architecture(made, samconfig, "default")
        refuse_other_architecture(made, samconfig, "prod")


if __name__ == "__main__":
    unittest.main()
