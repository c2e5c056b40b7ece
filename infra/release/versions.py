"""What a release says about its version: the tag, Cargo.toml and the changelog agree."""

from __future__ import annotations

import re

from deployed import CommandError

_HEADING = re.compile(r"^## (\S+)", re.MULTILINE)


def refuse_wrong_tag(tags: list[str], version: str, changelog: str) -> None:
    """Refuse a commit whose tag names another version, or whose version is not in the changelog yet. Without a tag all is well."""
    versions = [tag for tag in tags if re.fullmatch(r"v\d+\.\d+\.\d+.*", tag)]
    if not versions:
        return
    if versions != [f"v{version}"]:
        raise CommandError(f"the commit has the tag {' and '.join(versions)}, and Cargo.toml says {version}")
    newest = _HEADING.search(changelog)
    if newest is None or newest[1] != version:
        raise CommandError(f"the newest heading of CHANGELOG.md is not {version}")
