"""Checks docs/openapi.yaml as a document: its structure with openapi-spec-validator, and every schema against the
closed vocabulary of OpenAPI 3.1. A comma in an unquoted description inside braces ends the description. The rest then
becomes an unknown keyword.

Usage: openapi_lint.py [FILE]

Runs with the Python of openapi-spec-validator's environment.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema.validators import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.schemas import openapi_v31_schema_validator

ROOT = Path(__file__).resolve().parents[2]

# JSON Schema's vocabulary and OpenAPI's four keywords, and no others. The dynamic anchor applies this to nested
# schemas.
_CLOSED_SCHEMA = {
    "$dynamicAnchor": "meta",
    "$ref": "https://json-schema.org/draft/2020-12/schema",
    "properties": {"discriminator": True, "example": True, "externalDocs": True, "xml": True},
    "patternProperties": {"^x-": True},
    "unevaluatedProperties": False,
}


def problems(document: dict[str, Any]) -> Iterator[str]:
    """Yield each problem with its place."""
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield _placed(error)
    structure = dict(openapi_v31_schema_validator.schema)
    structure["$defs"] = structure["$defs"] | {"schema": _CLOSED_SCHEMA}
    for error in Draft202012Validator(structure).iter_errors(document):
        yield from map(_placed, error.context or [error])


def _placed(error: Any) -> str:
    place = "/".join(map(str, error.absolute_path))
    return f"{place or 'document'}: {error.message}"


def main(arguments: list[str]) -> int:
    """Entry point."""
    path = Path(arguments[0]) if arguments else ROOT / "docs" / "openapi.yaml"
    try:
        document = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        sys.exit(f"[openapi] {path} is no YAML: {error}")
    found = list(dict.fromkeys(problems(document)))
    for problem in found:
        print(f"[openapi] {path}: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
