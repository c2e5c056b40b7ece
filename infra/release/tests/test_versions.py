"""Versions, changelog, notes for upgrades and captures agree: in this repository, and every disagreement is told."""

from __future__ import annotations

import unittest

from deployed import ROOT, CommandError
from release.versions import captures, disagreements, faults, of_packages, refuse_wrong_tag, stated, uncaptured

_FIXTURES = ROOT / "tests" / "fixtures" / "upgrade"


def section(heading: str, note: str = "Nothing.", rest: str = "### Added: pushes\n\n- More.\n") -> str:
    """Return a version of a changelog."""
    return f"## {heading}\n\n### Do this when you upgrade\n\n{note}\n\n{rest}\n"


_FIRST = section("0.1.0 (2026-11-01)")


class RepositoryTest(unittest.TestCase):
    """This repository."""

    def test_every_package_and_document_states_the_same_version(self) -> None:
        places = stated(ROOT)
        self.assertEqual(disagreements(of_packages(ROOT), places), [])
        self.assertGreater(len(places), 20)

    def test_the_changelog_belongs_to_the_version_and_tells_what_to_do(self) -> None:
        self.assertEqual(faults(of_packages(ROOT), (ROOT / "CHANGELOG.md").read_text()), [])

    def test_every_released_version_has_a_capture(self) -> None:
        folders = {path.name for path in _FIXTURES.iterdir() if path.is_dir()}
        self.assertEqual(uncaptured((ROOT / "CHANGELOG.md").read_text(), captures((_FIXTURES / "README.md").read_text()), folders), [])


class ChangelogTest(unittest.TestCase):
    """Changelogs of later versions."""

    def refused(self, why: str, version: str, *parts: str) -> None:
        self.assertRegex("\n".join(faults(version, "".join(parts))), why)

    def test_work_towards_a_version_and_a_released_version_are_taken(self) -> None:
        self.assertEqual(faults("0.1.0", section("Unreleased")), [])
        self.assertEqual(faults("0.1.0", _FIRST), [])
        self.assertEqual(faults("0.1.1", section("Unreleased") + _FIRST), [])
        breaking = section("0.2.0 (2026-12-01)", "1. Stop.", "### Changed: names\n")
        self.assertEqual(faults("0.2.0", breaking + _FIRST), [])

    def test_work_after_a_release_needs_a_higher_version(self) -> None:
        self.refused("0.1.0 is released already", "0.1.0", section("Unreleased"), _FIRST)
        self.refused("newest version is 0.1.0, and Cargo.toml says 0.2.0", "0.2.0", _FIRST)

    def test_versions_descend_and_have_a_date(self) -> None:
        self.refused("0.1.0 stands above 0.2.0", "0.1.0", _FIRST, section("0.2.0 (2026-12-01)"))
        self.refused("'0.1.0' is neither", "0.2.0", section("Unreleased"), section("0.1.0"))
        self.refused("'Unreleased' is neither", "0.1.0", _FIRST, section("Unreleased"))
        self.refused("begins with 'Soon'", "0.1.0", section("Soon"))
        self.refused("no version", "0.1.0", "# Changelog\n")

    def test_every_version_says_what_to_do_when_upgrading(self) -> None:
        self.refused("does not begin with `### Do this", "0.1.0", "## Unreleased\n\n### Added: pushes\n")

    def test_a_breaking_change_needs_steps(self) -> None:
        for kind in ("Changed", "Removed"):
            self.refused(f"has `{kind}: names` and no steps", "0.2.0", section("Unreleased", rest=f"### {kind}: names\n"), _FIRST)

    def test_a_version_that_asks_for_steps_raises_more_than_its_last_number(self) -> None:
        self.refused("0.1.1 asks for steps", "0.1.1", section("Unreleased", "1. Stop."), _FIRST)
        self.refused("1.1.0 asks for steps", "1.1.0", section("1.1.0 (2027-01-01)", "1. Stop."), section("1.0.0 (2026-12-01)"))
        self.assertEqual(faults("2.0.0", section("2.0.0 (2027-01-01)", "1. Stop.") + section("1.0.0 (2026-12-01)")), [])

    def test_a_place_with_another_version_is_named(self) -> None:
        self.assertEqual(disagreements("0.2.0", {"a": "0.2.0", "b": "0.1.0"}), ["b says 0.1.0, and Cargo.toml 0.2.0"])

    def test_a_released_version_without_its_capture_is_named(self) -> None:
        changelog = section("Unreleased") + section("0.2.0 (2026-12-01)") + _FIRST
        captured = captures("| version | capture |\n|---|---|\n| 0.1.0 | `2026-11-e` |\n| 0.3.0 | `2026-12-a` |\n")
        self.assertEqual(uncaptured(changelog, captured, {"2026-12-a"}), [
            "no capture belongs to 0.2.0", "0.3.0 has a capture and is not in the changelog", "the capture 2026-11-e of 0.1.0 is missing",
        ])  # fmt: skip


class TagTest(unittest.TestCase):
    """The tag of a release."""

    _RELEASED = "# Changelog\n\n## 0.2.0 (2026-12-01)\n\n## 0.1.0 (2026-11-01)\n"

    def test_a_tag_that_agrees_or_none_is_taken(self) -> None:
        refuse_wrong_tag(["v0.2.0", "nightly"], "0.2.0", self._RELEASED)
        refuse_wrong_tag([], "0.2.0", "## Unreleased\n")

    def test_a_tag_of_another_version_is_refused(self) -> None:
        with self.assertRaisesRegex(CommandError, "the tag v0.3.0, and Cargo.toml says 0.2.0"):
            refuse_wrong_tag(["v0.3.0"], "0.2.0", self._RELEASED)

    def test_a_tag_before_its_heading_in_the_changelog_is_refused(self) -> None:
        with self.assertRaisesRegex(CommandError, "newest heading of CHANGELOG.md is not 0.2.0"):
            refuse_wrong_tag(["v0.2.0"], "0.2.0", "## Unreleased\n\n" + self._RELEASED)


if __name__ == "__main__":
    unittest.main()
