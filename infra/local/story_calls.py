"""Calls of the API and of the simulators, for the story."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

Body = dict[str, Any] | list[Any] | None
Answer = dict[str, Any]


class Refused(Exception):
    """An answer other than a success."""


def call(
    url: str,
    method: str = "GET",
    body: Body = None,
    bearer: str | None = None,
    key: str | None = None,
    more: dict[str, str] | None = None,
) -> Answer:
    """The JSON answer of a call that must succeed. `more` are further headers."""
    headers = {"Content-Type": "application/json"} | (more or {})
    headers |= {"Authorization": f"Bearer {bearer}"} if bearer else {}
    headers |= {"Idempotency-Key": key} if key else {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.loads(answer.read() or b"{}"))
    except urllib.error.HTTPError as refusal:
        raise Refused(f"{method} {url}: {refusal.code} {refusal.read().decode(errors='replace')}") from None


def token(simulators: str, vendor: str, number: int) -> str:
    """A device token in the vendor's form; no two are equal."""
    return str(call(f"{simulators}/device-token?vendor={vendor}&text=capture{number:09}")["token"])
