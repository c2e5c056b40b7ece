"""Builds the reference of the API: one HTML page with only docs/openapi.yaml and Redoc in it.

Usage: reference.py FILE

The page opens from the disk, without a network. Its policy forbids the browser to fetch anything, so no script, font or
picture comes from elsewhere. Runs with the Python of drf-spectacular-sidecar's environment.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

# Redoc searches in a worker, which needs `blob:`.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; worker-src blob:"

# Source: https://github.com/Redocly/redoc/blob/v2.5.4/docs/config.md
_OPTIONS = {"expandResponses": "200,201", "hideDownloadButton": True, "jsonSampleExpandLevel": 3, "pathInMiddlePanel": True}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>Curlew API</title>
<style>body {{ margin: 0 }}</style>
</head>
<body>
<noscript>This page needs JavaScript. The same is in docs/openapi.yaml.</noscript>
<div id="reference"></div>
<script>{redoc}</script>
<script>Redoc.init({document}, {options}, document.getElementById("reference"));</script>
</body>
</html>
"""

# A Markdown link to a file beside docs/openapi.yaml.
_RELATIVE_LINK = re.compile(r"\]\((?![a-z]+:|#)")


def page(document: dict[str, Any], redoc: str, to_docs: str) -> str:
    """Return the page. `to_docs` is the path from its directory to docs/."""
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and "requestBody" in operation:
                _name_size(operation["requestBody"])
    text = _RELATIVE_LINK.sub(f"]({to_docs}/", json.dumps(document))
    return _PAGE.format(policy=_POLICY, redoc=_inline(redoc), document=_inline(text), options=json.dumps(_OPTIONS))


def _name_size(body: dict[str, Any]) -> None:
    """Write `x-max-bytes` of a body, which Redoc does not show, into its description."""
    size = f"At most {body['x-max-bytes']} bytes."
    body["description"] = f"{body['description']} {size}" if "description" in body else size


def _inline(script: str) -> str:
    """Return a script that may be placed between script tags."""
    return re.sub("<(?=/script|!--)", r"\\x3C", script, flags=re.IGNORECASE)


def _redoc() -> str:
    package = importlib.util.find_spec("drf_spectacular_sidecar")
    if package is None or not package.submodule_search_locations:
        sys.exit("[reference] drf-spectacular-sidecar is missing: run `make docs`")
    directory = Path(package.submodule_search_locations[0])
    return (directory / "static/drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js").read_text()


def main(arguments: list[str]) -> int:
    """Entry point."""
    if len(arguments) != 1:
        sys.exit(__doc__)
    target = Path(arguments[0]).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    document = yaml.safe_load((DOCS / "openapi.yaml").read_text())
    target.write_text(page(document, _redoc(), os.path.relpath(DOCS, target.parent)))
    print(f"[reference] {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
