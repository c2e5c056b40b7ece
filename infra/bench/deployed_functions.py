"""Release binaries of functions, run with the environment of the deployed ones and the queues of the measurement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
from settings import STATE_FILE

from .queues import DISPATCH, PUSH, Queues
from .runtime_api import Event, Run, run
from .starts import OF_LAMBDA

# Function to its resource in the template.
_RESOURCES = {"ingest-message": "IngestMessage", "check-presence": "CheckPresence", "push-vendor": "PushFcm"}
# Records of a batch: the template's `BatchSize`.
RECORDS = {"check-presence": 10, "push-vendor": 100}


def stack_state() -> dict[str, Any]:
    """Return the description of the running local stack."""
    if not STATE_FILE.exists():
        raise SystemExit("the local stack does not run: `make bench` starts it")
    state: dict[str, Any] = json.loads(STATE_FILE.read_text())
    return state


class Functions:
    """The functions that a message passes through."""

    def __init__(self, binaries: Path, state: dict[str, Any]) -> None:
        self._binaries, self._state = binaries, state
        self.queues = Queues(state)
        self._lambdas = boto3.client(
            "lambda", endpoint_url=state["aws_endpoint_url"], region_name=state["region"],
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip

    def run(self, function: str, events: list[Event], *, counted: bool = False) -> Run:
        """Handle the events in one process."""
        return run(self._binaries / function, self._environment(_RESOURCES[function]), events, counted=counted)

    def _environment(self, resource: str) -> dict[str, str]:
        name = self._state["functions"][resource]
        variables = dict(self._lambdas.get_function_configuration(FunctionName=name)["Environment"]["Variables"])
        own = {name: url for name, url in self.queues.variables().items() if name in variables}
        return OF_LAMBDA | variables | own | {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test",
            "AWS_REGION": self._state["region"], "AWS_ENDPOINT_URL": self._state["aws_endpoint_url"],
            "AWS_LAMBDA_FUNCTION_NAME": name, "LOG_LEVEL": "ERROR", "STATISTICS_FLUSH_SECONDS": "60",
        }  # fmt: skip

    def records_for(self, function: str, requests: list[Event]) -> list[Event]:
        """Return the records that a function gets after these requests, one for each message to one user."""
        # What a measurement before this one queued.
        for queue in (DISPATCH, PUSH):
            self.queues.empty(queue)
        self.run("ingest-message", requests)
        records = self.queues.empty(DISPATCH)
        if function == "check-presence":
            return records
        self.run("check-presence", batches(records, RECORDS["check-presence"]))
        return self.queues.empty(PUSH)


def batches(records: list[Event], size: int) -> list[Event]:
    """Return the events that hand over these records."""
    return [{"Records": records[at : at + size]} for at in range(0, len(records), size)]
