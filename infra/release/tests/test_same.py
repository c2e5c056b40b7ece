"""A second build that differs is told, and in which file."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from deployed import CommandError
from release import archive
from release.same import refuse_different, refuse_other_commit

from .stand_ins import COMMIT, release


class SameTest(unittest.TestCase):
    """Two archives."""

    def setUp(self) -> None:
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def pack(self, content: str) -> Path:
        folder = self.work / content / "curlew"
        folder.mkdir(parents=True)
        (folder / "template.yaml").write_text("Resources:\n")
        (folder / "push-vendor.zip").write_text(content)
        archive.write(self.work / f"{content}.tar.gz", folder, 0)
        return self.work / f"{content}.tar.gz"

    def test_a_file_that_differs_is_named(self) -> None:
        one, other = self.pack("one"), self.pack("other")
        refuse_different(one, one)
        with self.assertRaisesRegex(CommandError, "one.tar.gz differs in curlew/push-vendor.zip$"):
            refuse_different(one, other)

    def test_an_archive_of_another_commit_is_not_built_again(self) -> None:
        made = release(self.work)
        refuse_other_commit(made, COMMIT.id)
        with self.assertRaisesRegex(CommandError, "is of another commit"):
            refuse_other_commit(made, "0" * 40)
        with self.assertRaisesRegex(CommandError, "`make release` makes it"):
            refuse_other_commit(self.work / "nothing.tar.gz", COMMIT.id)


if __name__ == "__main__":
    unittest.main()
