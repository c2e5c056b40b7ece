"""The tables of a backfill: where they are, how fast they are asked and how often tried, and how their rows are told apart."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from deployed import local, stack_of

_TRIES = 10

Row = dict[str, Any]


def find_tables(arguments: argparse.Namespace, names: tuple[str, ...]) -> tuple[dict[str, str], str | None]:
    """The tables' names, and the endpoint if they are not in AWS."""
    if arguments.tables:
        return dict(zip(names, arguments.tables, strict=True)), arguments.endpoint
    if arguments.local:
        described = local()
        return {name: described["tables"][name] for name in names}, described["aws_endpoint_url"]
    stack = arguments.stack or stack_of(arguments.environment)
    formation = boto3.client("cloudformation")
    found = {name: formation.describe_stack_resource(StackName=stack, LogicalResourceId=name) for name in names}
    return {name: one["StackResourceDetail"]["PhysicalResourceId"] for name, one in found.items()}, None


def connect(endpoint: str | None) -> Any:
    """A client of the tables, in AWS or at this endpoint."""
    retries = Config(retries={"mode": "adaptive", "max_attempts": 10})
    if endpoint is None:
        return boto3.client("dynamodb", config=retries)
    return boto3.client(
        "dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test", config=retries
    )


class Pace:
    """Keeps the capacity units of a second below a limit."""

    def __init__(self, units: float) -> None:
        self._units = units
        self._free_at = time.monotonic()

    def wait(self) -> None:
        """Wait until the units that were used are paid."""
        time.sleep(max(0.0, self._free_at - time.monotonic()))

    def used(self, answer: Row) -> None:
        """Count what a request used."""
        consumed = answer.get("ConsumedCapacity") or []
        listed = consumed if isinstance(consumed, list) else [consumed]
        units = sum(one.get("CapacityUnits", 0.0) for one in listed)
        self._free_at = max(self._free_at, time.monotonic()) + units / self._units


def parts(rows: list[Row], most: int) -> Iterator[list[Row]]:
    """The rows, so many at a time."""
    for first in range(0, len(rows), most):
        yield rows[first : first + most]


def tries() -> Iterator[int]:
    """Tries, later and later."""
    for number in range(_TRIES):
        if number > 1:
            time.sleep(min(0.05 * 2**number, 5))
        yield number


def pk_of(row: Row) -> str:
    """The partition key."""
    return str(row["pk"]["S"])


def sk_of(row: Row) -> str:
    """The sort key."""
    return str(row["sk"]["S"])
