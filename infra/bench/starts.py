"""Counts the instructions of a function from exec to its first poll of the Runtime API. Its settings are made up."""

from __future__ import annotations

import re
from pathlib import Path

from settings import TEMPLATE

from .binaries import functions
from .progress import say
from .results import Numbers
from .runtime_api import run

_CREDENTIALS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
# What Lambda itself tells a function.
OF_LAMBDA = {
    "AWS_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_LOG_GROUP_NAME": "bench", "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
}  # fmt: skip


def start_costs(binaries: Path) -> Numbers:
    """Return the instructions of every function's start."""
    costs = {}
    for name in functions():
        say(f"start of {name}")
        variables = _settings() | OF_LAMBDA | {"VENDOR": "fcm"}
        costs[f"instructions/start/{name}"] = run(binaries / name, variables, [], counted=True).instructions
    return costs


def _settings() -> dict[str, str]:
    """Return every variable that the template sets for some function, with a made-up value of its kind."""
    kinds = {"SECONDS": "60", "URL": "http://127.0.0.1:1", "CALLBACKS": "false", "PEM": ""}
    names = re.findall(r"^ +([A-Z0-9]+_[A-Z0-9_]+):", TEMPLATE.read_text(), re.MULTILINE)
    return {name: kinds.get(name.rsplit("_", 1)[1], "bench") for name in [*names, *_CREDENTIALS]}
