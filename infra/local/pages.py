"""Pages of our own on the emulator's port, `/_curlew/...`: what the meter counted, and what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import inside

# Path -> what answers a method.
_pages: dict[str, Callable[[str], Any]] = {}


def add(path: str, answer: Callable[[str], Any]) -> None:
    """Answer requests to `path` with what `answer` makes of their method."""
    _pages[path] = answer


def install() -> None:
    """Put the pages before the emulator's application."""
    inside.APPLICATION.wrap(_with_pages)


def _with_pages(application: Any) -> Any:
    async def served(scope: Any, receive: Any, send: Any) -> None:
        answer = _pages.get(scope["path"]) if scope["type"] == "http" else None
        if answer is None:
            await application(scope, receive, send)
            return
        body = json.dumps(answer(scope["method"])).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return served
