"""Writes the bill of materials in CycloneDX's JSON (https://cyclonedx.org/docs/1.6/json/).

It has no time and no serial number, so the same commit gives the same bytes.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from .dependencies import Dependency

Component = dict[str, Any]

# How old packages write `OR`.
_SLASH = re.compile(r"\s*/\s*")


def sbom(version: str, commit: str, functions: dict[str, str], dependencies: list[Dependency]) -> str:
    """Return the document. `functions` are the SHA-256 checksums of the binaries by name."""
    root = f"pkg:generic/curlew@{version}"
    known = {it.key: _reference(it) for it in dependencies}
    parts = [_function(name, version, checksum) for name, checksum in sorted(functions.items())]
    others = [it for it in dependencies if it.name not in functions]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": root, "name": "curlew", "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "properties": [{"name": "commit", "value": commit}],
            }
        },
        "components": parts + [_component(it) for it in others],
        "dependencies": [
            {"ref": root, "dependsOn": [it["bom-ref"] for it in parts]},
            *({"ref": _reference(it), "dependsOn": sorted(known[key] for key in it.needs)} for it in dependencies),
        ],
    }  # fmt: skip
    return json.dumps(document, indent=2) + "\n"


def _function(name: str, version: str, checksum: str) -> Component:
    """Return the component of a function, with the checksum of its program."""
    return {
        "type": "application", "bom-ref": f"pkg:cargo/{name}@{version}", "name": name, "version": version,
        "hashes": [{"alg": "SHA-256", "content": checksum}],
    }  # fmt: skip


def _component(it: Dependency) -> Component:
    component: Component = {"type": "library", "bom-ref": _reference(it), "name": it.name, "version": it.version}
    if it.ours:
        return component | {"licenses": [{"expression": it.licence}]}
    return component | {
        "purl": _reference(it), "licenses": [{"expression": _SLASH.sub(" OR ", it.licence)}], "hashes": [_hash(it.checksum)],
    }  # fmt: skip


def _hash(checksum: str) -> dict[str, str]:
    """Return a checksum as CycloneDX has it. Those of npm begin with their algorithm, and are in base64."""
    algorithm, _, encoded = checksum.partition("-")
    if encoded:
        return {"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(encoded).hex()}
    return {"alg": "SHA-256", "content": checksum}


def _reference(it: Dependency) -> str:
    """Return the package's URL (https://github.com/package-url/purl-spec)."""
    return f"pkg:{it.kind}/{it.name}@{it.version}"
