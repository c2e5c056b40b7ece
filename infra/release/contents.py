"""Lays out what is in a release: functions, the template that points to them, and what operators must know about both."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import artifacts
from deployed import CommandError

from . import archive, checksums
from .dependencies import Dependency
from .licences import licences
from .sbom import sbom
from .unpack import ABOUT

_SAM_ARCHITECTURE = re.compile(r"\bArchitecture=\w+")


@dataclass(frozen=True)
class Commit:
    """What a release is made from. Its bytes follow from nothing else."""

    id: str
    # In Unix seconds.
    time: int
    version: str


def name(commit: Commit, architecture: str) -> str:
    """Return the name of the archive and of the folder in it."""
    return f"curlew-{commit.version}-{architecture}"


def lay_out(source: Path, binaries: Path, folder: Path, commit: Commit, dependencies: list[Dependency]) -> None:
    """Fill a folder that does not exist yet. `source` holds the files of the commit."""
    template = (source / "infra/template.yaml").read_text()
    found = artifacts.find(template, binaries)
    architecture = artifacts.common_architecture(found)
    if folder.name != name(commit, architecture):
        raise CommandError(f"the functions in {binaries} are for {architecture}")
    (folder / "functions").mkdir(parents=True)
    for function, binary in found.items():
        archive.write_function(folder / "functions" / f"{function}.zip", binary)
    (folder / "template.yaml").write_text(artifacts.packaged(template, architecture, "functions/{package}.zip"))
    samconfig = (source / "samconfig.toml").read_text()
    (folder / "samconfig.toml").write_text(_SAM_ARCHITECTURE.sub(f"Architecture={architecture}", samconfig))
    for document in ("CHANGELOG.md", "LICENSE"):
        shutil.copyfile(source / document, folder / document)
    (folder / "LICENCES.md").write_text(licences(dependencies, (source / "LICENSE").read_text()))
    programs = {function: checksums.digest(binary) for function, binary in found.items()}
    (folder / "sbom.cdx.json").write_text(sbom(commit.version, commit.id, programs, dependencies))
    about = {"version": commit.version, "architecture": architecture, "commit": commit.id}
    (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n")
    checksums.write_all(folder)
