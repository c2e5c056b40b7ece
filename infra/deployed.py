"""The stack that an operator's command works on: in AWS, by its name, or the local one, by .local/stack.json."""

from __future__ import annotations

import argparse
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCAL = ROOT / ".local"
_RUNNING = LOCAL / "stack.json"


class CommandError(Exception):
    """Something that the person at the keyboard can put right; shown without a traceback."""


def is_of_aws(error: BaseException) -> bool:
    """Return whether an AWS client raised the error: missing credentials, a refused call, no connection."""
    return type(error).__module__.partition(".")[0] == "botocore"


def stack_of(environment: str) -> str:
    """Return the stack's name in samconfig.toml."""
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text())
    try:
        return str(configured[environment]["global"]["parameters"]["stack_name"])
    except KeyError:
        raise CommandError(f"samconfig.toml has no stack for the environment {environment}") from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose a stack."""
    parser.add_argument("--environment", default="default", help="environment of samconfig.toml whose stack it is")
    parser.add_argument("--stack", help="the stack's name, in place of the environment's")
    parser.add_argument("--local", action="store_true", help="the local stack")


@dataclass(frozen=True)
class Deployed:
    """A stack. AWS tells the partition by the region, so addresses in China need no case of their own."""

    name: str
    region: str | None
    described: dict[str, Any] | None

    @classmethod
    def of(cls, chosen: argparse.Namespace) -> Deployed:
        """Return the stack that the arguments choose."""
        if not chosen.local:
            return cls(chosen.stack or stack_of(chosen.environment), None, None)
        described = local()
        return cls("curlew", described["region"], described)

    def client(self, service: str) -> Any:
        """Return a client of an AWS service. The caller's profile and region count, except on the local stack."""
        # Only what speaks to AWS needs these packages.
        import boto3
        from botocore.config import Config

        retries = Config(retries={"mode": "standard", "max_attempts": 5})
        if self.described is None:
            return boto3.client(service, config=retries)
        return boto3.client(
            service, endpoint_url=self.described["aws_endpoint_url"], region_name=self.region,
            aws_access_key_id="test", aws_secret_access_key="test", config=retries,
        )  # fmt: skip

    def queues(self) -> dict[str, str]:
        """Return the URL of each queue by its logical id."""
        if self.described is not None:
            return dict(self.described["queues"])
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        found = [it for page in pages for it in page["StackResourceSummaries"] if it["ResourceType"] == "AWS::SQS::Queue"]
        return {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in found}

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs by name."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        return {it["OutputKey"]: it["OutputValue"] for it in stack.get("Outputs", [])}


def local() -> dict[str, Any]:
    """Return the description of the local stack."""
    if not _RUNNING.exists():
        raise CommandError("no local stack is running; `make up` starts one")
    described: dict[str, Any] = json.loads(_RUNNING.read_text())
    if "queues" not in described:
        raise CommandError("the local stack is not up yet; `make up` completes it")
    return described
