"""Collects the licences of what is compiled into the functions. Each text stands once, with the packages that it covers."""

from __future__ import annotations

import re
from pathlib import Path

from deployed import CommandError

from .dependencies import Dependency

# Texts for packages that are published without one, or from a registry that a release does not fetch from.
OURS = Path(__file__).parent / "licences"
_NAMED = re.compile(r"(licen[cs]e|copying|copyright|notice)", re.IGNORECASE)
_HEAD = """\
# Licences of what is compiled into Curlew

Curlew itself is under the licence in the file LICENSE, Apache-2.0. The standard library of Rust, which is in every function,
is under MIT OR Apache-2.0, as https://www.rust-lang.org/policies/licenses says. All other packages follow.
"""


def licences(dependencies: list[Dependency], apache: str) -> str:
    """Return all texts. `apache` covers packages that come without a text and may be taken under Apache-2.0."""
    covered: dict[str, list[str]] = {}
    for it in dependencies:
        for text in [] if it.ours else _texts(it, apache):
            covered.setdefault(text, []).append(f"{it.name} {it.version} ({it.licence})")
    parts = [f"## {', '.join(sorted(set(names)))}\n\n{text}\n" for text, names in covered.items()]
    return "\n".join([_HEAD, *sorted(parts)])


def _texts(it: Dependency, apache: str) -> list[str]:
    """Return the different texts that come with a package, or the one that we keep for it."""
    kept = OURS / f"{it.name}.txt"
    files = sorted(path for path in it.folder.rglob("*") if path.is_file() and _NAMED.match(path.name)) if it.folder != Path() else []
    if files:
        return list(dict.fromkeys(_plain(path.read_text(errors="replace")) for path in files))
    if kept.exists():
        return [_plain(kept.read_text())]
    if "Apache-2.0" in it.licence:
        return [_plain(apache)]
    raise CommandError(f"{it.name} {it.version} is under {it.licence} and comes without its text: add {kept}")


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
