"""Serves the product's own pages on the emulator's port, `/_curlew/...`: the meter's counts and the sent records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import inside

# Path to the function that answers a method.
_pages: dict[str, Callable[[str], Any]] = {}


def add(path: str, answer: Callable[[str], Any]) -> None:
    """Answer requests for `path` with the result of `answer` for their method."""
    _pages[path] = answer


def install() -> None:
    """Serve the pages in front of the emulator's application."""
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
