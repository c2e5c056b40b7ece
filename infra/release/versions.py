"""What the repository says about its version: packages, documents, changelog, notes for upgrades and captures agree.

Work goes under `## Unreleased`, and Cargo.toml has the version that it will become. A release gives that heading its version
and date. The next change raises the version and begins a new `## Unreleased`.
"""

from __future__ import annotations

import json
import re
import tomllib
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path

from deployed import CommandError

UPGRADE = "Do this when you upgrade"
_UNRELEASED = "Unreleased"
_SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)
_RELEASED = re.compile(r"(\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)")
_CAPTURE = re.compile(r"^\| (\d+\.\d+\.\d+) \| `([\w-]+)` \|$", re.MULTILINE)
_TAG = re.compile(r"v\d+\.\d+\.\d+.*")


@dataclass(frozen=True)
class Section:
    """A version in the changelog: its heading, and the text below."""

    heading: str
    text: str

    @property
    def version(self) -> str | None:
        """Return the version, if it is released."""
        released = _RELEASED.fullmatch(self.heading)
        return released[1] if released else None

    @property
    def headings(self) -> list[str]:
        """Return the headings in it."""
        return re.findall(r"^### (.+)$", self.text, re.MULTILINE)

    @property
    def asks(self) -> bool:
        """Return whether an operator has something to do when he upgrades."""
        note = self.text.partition(f"### {UPGRADE}\n")[2].partition("\n### ")[0]
        return bool(re.search(r"^1\. ", note, re.MULTILINE))


def sections(changelog: str) -> list[Section]:
    """Return the versions of a changelog in its order."""
    return [Section(match[1], match[2]) for match in _SECTION.finditer(changelog)]


def stated(root: Path) -> dict[str, str]:
    """Return every place of the repository that states the version, with what it states."""
    lock = tomllib.loads((root / "Cargo.lock").read_text())["package"]
    found = {f"Cargo.lock: {it['name']}": it["version"] for it in lock if "source" not in it}
    console = root / "functions/serve-console/ui"
    found["the console's package.json"] = json.loads((console / "package.json").read_text())["version"]
    found["the console's package-lock.json"] = json.loads((console / "package-lock.json").read_text())["packages"][""]["version"]
    described = re.search(r'^  version: "(.+)"$', (root / "docs/openapi.yaml").read_text(), re.MULTILINE)
    found["docs/openapi.yaml"] = described[1] if described else "nothing"
    for pom in ("tests/clients/java/pom.xml", "tests/compat/pom.xml"):
        found[pom] = xml.parse(root / pom).findtext("{http://maven.apache.org/POM/4.0.0}version") or "nothing"
    return found


def captures(readme: str) -> dict[str, str]:
    """Return which capture belongs to which released version."""
    return {match[1]: match[2] for match in _CAPTURE.finditer(readme)}


def of_packages(root: Path) -> str:
    """Return the version of Cargo.toml."""
    return str(tomllib.loads((root / "Cargo.toml").read_text())["workspace"]["package"]["version"])


def disagreements(version: str, stated_: dict[str, str]) -> list[str]:
    """Return each place that states another version than Cargo.toml."""
    return [f"{place} says {other}, and Cargo.toml {version}" for place, other in stated_.items() if other != version]


def faults(version: str, changelog: str) -> list[str]:
    """Return what is wrong with the changelog of a version."""
    found = sections(changelog)
    if not found:
        return ["the changelog has no version"]
    wrong = [f"{it.heading!r} is neither `x.y.z (year-month-day)` nor {_UNRELEASED} at the top" for it in found if not (it.version or it is found[0])]
    if found[0].version is None and found[0].heading != _UNRELEASED:
        wrong.append(f"the changelog begins with {found[0].heading!r}")
    released = [it for it in found if it.version]
    if found[0].version and found[0].version != version:
        wrong.append(f"the newest version is {found[0].version}, and Cargo.toml says {version}")
    elif found[0].version is None and released and _numbers(version) <= _numbers(released[0].version):
        wrong.append(f"{version} is released already: raise the version in Cargo.toml")
    steps = [(it, it.version or version) for it in found]
    for (later, number), (_, before) in zip(steps, steps[1:]):
        wrong += _raise(later, number, before)
    return wrong + [fault for it in found for fault in _note(it)]


def uncaptured(changelog: str, captured: dict[str, str], folders: set[str]) -> list[str]:
    """Return each released version whose rows and records no later version is tested with, and each capture of no release."""
    released = {it.version for it in sections(changelog) if it.version}
    wrong = [f"no capture belongs to {version}" for version in sorted(released - captured.keys())]
    wrong += [f"{version} has a capture and is not in the changelog" for version in sorted(captured.keys() - released)]
    return wrong + [f"the capture {name} of {version} is missing" for version, name in captured.items() if name not in folders]


def refuse_wrong_tag(tags: list[str], version: str, changelog: str) -> None:
    """Refuse a commit whose tag names another version, or whose version is not in the changelog. Without a tag all is well."""
    versions = [tag for tag in tags if _TAG.fullmatch(tag)]
    if versions and versions != [f"v{version}"]:
        raise CommandError(f"the commit has the tag {' and '.join(versions)}, and Cargo.toml says {version}")
    if versions and sections(changelog)[0].version != version:
        raise CommandError(f"the newest heading of CHANGELOG.md is not {version}")


def _note(section: Section) -> list[str]:
    """Return what is wrong with a version's note for upgrades."""
    if section.headings[:1] != [UPGRADE]:
        return [f"{section.heading} does not begin with `### {UPGRADE}`"]
    breaking = [it for it in section.headings if it.startswith(("Changed", "Removed"))]
    return [f"{section.heading} has `{breaking[0]}` and no steps under `{UPGRADE}`"] if breaking and not section.asks else []


def _raise(section: Section, version: str, before: str) -> list[str]:
    """Return what is wrong with the step from the version before."""
    numbers, earlier = _numbers(version), _numbers(before)
    if numbers <= earlier:
        return [f"{version} stands above {before}"]
    # Before 1.0.0 the second number says that something breaks.
    telling = 2 if earlier[0] == 0 else 1
    return [f"{version} asks for steps, and raises only the last number of {before}"] if section.asks and numbers[:telling] == earlier[:telling] else []


def _numbers(version: str | None) -> tuple[int, ...]:
    return tuple(int(number) for number in (version or "0.0.0").split("."))
