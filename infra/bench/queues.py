"""Queues of the measurement on the running stack. No event source reads them, so their records stay there to be taken."""

from __future__ import annotations

from typing import Any

import boto3

from .records import record
from .runtime_api import Event

DISPATCH, PUSH = "dispatch", "push-fcm"
# What a request of SQS takes.
_MAX_RECORDS = 10


class Queues:
    """A queue for the records of ingest-message, and one for those of check-presence."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._sqs = boto3.client(
            "sqs", endpoint_url=state["aws_endpoint_url"], region_name=state["region"],
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip
        self._urls = {it: str(self._sqs.create_queue(QueueName=f"measured-{it}")["QueueUrl"]) for it in (DISPATCH, PUSH)}

    def variables(self) -> dict[str, str]:
        """Return the variables that name these queues to functions."""
        push = dict.fromkeys(("PUSH_QUEUE_URL", "PUSH_QUEUE_URL_FCM"), self._urls[PUSH])
        return {"DISPATCH_QUEUE_URL": self._urls[DISPATCH]} | push

    def empty(self, queue: str) -> list[Event]:
        """Take all records."""
        taken: list[Event] = []
        while got := self._receive(queue, _MAX_RECORDS):
            taken += [record(it, queue) for it in got]
        return taken

    def _receive(self, queue: str, number: int) -> list[Any]:
        answer = self._sqs.receive_message(
            QueueUrl=self._urls[queue], MaxNumberOfMessages=min(_MAX_RECORDS, number),
            AttributeNames=["All"], MessageAttributeNames=["All"],
        )  # fmt: skip
        got: list[Any] = answer.get("Messages", [])
        if got:
            entries = [{"Id": str(at), "ReceiptHandle": it["ReceiptHandle"]} for at, it in enumerate(got)]
            self._sqs.delete_message_batch(QueueUrl=self._urls[queue], Entries=entries)
        return got
