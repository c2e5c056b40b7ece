"""Stores what the stack's functions put on queues. `GET /_curlew/sent` on the emulator's port returns the latest
records with their attributes, oldest first.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import inside
import pages
from inside import request_caller_arn

PATH = "/_curlew/sent"
_MAX_RECORDS = 5000

_sent: deque[dict[str, Any]] = deque(maxlen=_MAX_RECORDS)


def install() -> None:
    """Wrap the emulator's queues to note what they get."""
    inside.SQS.wrap(_noted)
    pages.add(PATH, lambda _method: {"records": list(_sent)})


def _noted(handle: Any) -> Any:
    async def handler(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        arn = request_caller_arn(headers, query)
        answer = await handle(method, path, headers, body, query)
        if ":assumed-role/" in arn and ".SendMessage" in headers.get("x-amz-target", ""):
            asked = json.loads(body or b"{}")
            queue = asked.get("QueueUrl", "").rpartition("/")[2]
            for entry in asked.get("Entries") or [asked]:
                _sent.append({"caller": arn.rpartition("/")[2], "queue": queue, "entry": entry})
        return answer

    return handler
