"""Queue records as functions get them."""

from __future__ import annotations

import re
import time
from typing import Any

from .runtime_api import MAX_RUN_SECONDS, Event

# The digits of a message id, a ULID: https://github.com/ulid/spec
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def record(received: Any, queue: str) -> Event:
    """Return a received record in the form in which Lambda hands it over."""
    attributes = {
        name: {
            "stringValue": value["StringValue"], "dataType": value["DataType"],
            "stringListValues": [], "binaryListValues": [],
        }
        for name, value in received.get("MessageAttributes", {}).items()
    }  # fmt: skip
    return {
        "messageId": received["MessageId"], "receiptHandle": received["ReceiptHandle"], "body": young(received["Body"]),
        "attributes": received["Attributes"], "messageAttributes": attributes, "md5OfBody": received["MD5OfBody"],
        "eventSource": "aws:sqs", "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{queue}", "awsRegion": "us-east-1",
    }  # fmt: skip


def young(body: str) -> str:
    """Return a record whose message ids begin with a later time. callgrind is slow, and a message that is 5 s old takes
    one call more.
    """
    later, prefix = int((time.time() + MAX_RUN_SECONDS) * 1000), ""
    for _ in range(10):
        later, digit = divmod(later, 32)
        prefix = _CROCKFORD[digit] + prefix
    return re.sub(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b", lambda found: prefix + found[0][10:], body)
