"""Deploys a release by `sam deploy`, with the parameters that samconfig.toml has for an environment."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from deployed import ROOT, CommandError

from .unpack import Release, unpack

_SAMCONFIG = ROOT / "samconfig.toml"


def deploy(given: Path, environment: str) -> None:
    """Check a release, unpack it for as long as it takes, and deploy it. Nothing is compiled."""
    with tempfile.TemporaryDirectory(prefix="curlew-release-") as scratch:
        release = unpack(given, Path(scratch) / "unpacked")
        refuse_other_architecture(release, _SAMCONFIG.read_text(), environment)
        print(f"[release] deploying {release.version} for {release.architecture}, commit {release.commit}", flush=True)
        sam = Path(sys.executable).with_name("sam")
        command = [sam, "deploy", "--template-file", release.template, "--config-file", _SAMCONFIG, "--config-env", environment]
        subprocess.run(command, cwd=release.folder, check=True)


def refuse_other_architecture(release: Release, samconfig: str, environment: str) -> None:
    """Refuse what CloudFormation would refuse after the upload: a parameter that differs from the functions."""
    parameters = tomllib.loads(samconfig).get(environment, {}).get("deploy", {}).get("parameters", {})
    configured = re.search(r"\bArchitecture=(\w+)", str(parameters.get("parameter_overrides", "")))
    if configured and configured[1] != release.architecture:
        wrong = f"samconfig.toml says {configured[0]} for the environment {environment}, and the release is for {release.architecture}"
        raise CommandError(f"{wrong}. Change one of them")
