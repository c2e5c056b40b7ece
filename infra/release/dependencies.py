"""What is compiled into the functions, as cargo resolves it for one target. Nothing is fetched or compiled."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

_PACKAGE = re.compile(r"(?P<name>\S+) v(?P<version>\S+)")

# The function whose files contain code of these npm packages.
_CONSOLE = "serve-console"
_BUNDLED = ["openapi-fetch", "svelte"]

Key = tuple[str, str]


@dataclass(frozen=True, order=True)
class Dependency:
    """A package in a binary, by name and version."""

    name: str
    version: str
    kind: str = "cargo"
    licence: str = ""
    # SHA-256 of the published package, or nothing for a package of ours.
    checksum: str = ""
    folder: Path = field(default=Path(), compare=False)
    needs: tuple[Key, ...] = ()

    @property
    def key(self) -> Key:
        """Return what tells it from every other package of its kind."""
        return (self.name, self.version)

    @property
    def ours(self) -> bool:
        """Return whether it is a part of Curlew."""
        return not self.checksum


def compiled(source: Path, target: str, functions: list[str]) -> list[Dependency]:
    """Return all that is compiled into the functions, with what the console's files contain."""
    console = of_console(source, _BUNDLED)
    keys = tuple(it.key for it in console)
    found = of_functions(source, target, functions)
    return [replace(it, needs=it.needs + keys) if it.name == _CONSOLE else it for it in found] + console


def of_functions(source: Path, target: str, functions: list[str]) -> list[Dependency]:
    """Return the packages of all functions: without what only tests, build scripts and macros use."""
    chosen = [argument for function in functions for argument in ("--package", function)]
    tree = _cargo(source, "tree", "--edges", "normal,no-proc-macro", "--target", target, "--prefix", "none", "--format", "{p}", *chosen)
    keys = {(match["name"], match["version"]) for match in map(_PACKAGE.match, tree.splitlines()) if match}
    metadata = json.loads(_cargo(source, "metadata", "--format-version", "1", "--filter-platform", target))
    locked = tomllib.loads((source / "Cargo.lock").read_text())["package"]
    return selected(keys, metadata, {(it["name"], it["version"]): it.get("checksum", "") for it in locked})


def selected(keys: set[Key], metadata: dict[str, Any], checksums: dict[Key, str]) -> list[Dependency]:
    """Return the packages with these keys, and which of the others each needs."""
    packages = {it["id"]: it for it in metadata["packages"]}
    key_of = {id_: (it["name"], it["version"]) for id_, it in packages.items()}
    found = []
    for node in metadata["resolve"]["nodes"]:
        key = key_of[node["id"]]
        if key not in keys:
            continue
        normal = (it["pkg"] for it in node["deps"] if any(kind["kind"] is None for kind in it["dep_kinds"]))
        needs = tuple(sorted({key_of[id_] for id_ in normal} & keys))
        package = packages[node["id"]]
        folder = Path(package["manifest_path"]).parent
        found.append(Dependency(*key, "cargo", package["license"] or "", checksums[key], folder, needs))
    return sorted(found)


def of_console(source: Path, bundled: list[str]) -> list[Dependency]:
    """Return the npm packages whose code is in the console's built files."""
    lock = json.loads((source / "functions/serve-console/ui/package-lock.json").read_text())["packages"]
    found = []
    for name in bundled:
        package = lock[f"node_modules/{name}"]
        found.append(Dependency(name, package["version"], "npm", package["license"], package["integrity"]))
    return found


def _cargo(source: Path, command: str, *arguments: str) -> str:
    done = subprocess.run(["cargo", command, "--locked", *arguments], cwd=source, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout
