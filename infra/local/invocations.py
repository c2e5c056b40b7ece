"""Notes which invocations processes have and have not answered, and counts those whose process died before it answered.
`GET /_curlew/invocations` on the emulator's port returns both, by function.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from threading import Lock, local
from typing import Any

import inside
import pages

PATH = "/_curlew/invocations"
# The emulator's word for a process that had the invocation and ended without an answer. One that ends while it starts
# has another.
_DIED = "Runtime.ExitError"

# Function to the ids of its invocations, and to the number of those that died. Functions run in threads.
_running: defaultdict[str, set[str]] = defaultdict(set)
_died: Counter[str] = Counter()
_lock = Lock()
# The function and the id of the invocation that this thread runs.
_current = local()


def install() -> None:
    """Wrap the emulator's call of a function, the start of its process, and what follows its answer."""
    inside.INVOKE.wrap(_noted)
    inside.START.wrap(_starting)
    inside.ANSWERED.wrap(_answered)
    pages.add(PATH, lambda _method: _page())


def _noted(execute: Any) -> Any:
    def noted(function: Any, config: Any, event: Any, invocation: str, *rest: Any) -> Any:
        _current.invocation, result = (config["FunctionName"], invocation), None
        _begin()
        try:
            result = execute(function, config, event, invocation, *rest)
            return result
        finally:
            _end(_has_died(result))
            _current.invocation = None

    return noted


def _starting(start: Any) -> Any:
    def starting(*given: Any, **named: Any) -> Any:
        _end()
        try:
            return start(*given, **named)
        finally:
            _begin()

    return starting


def _answered(collect_output: Any) -> Any:
    def answered(*given: Any, **named: Any) -> Any:
        _end()
        return collect_output(*given, **named)

    return answered


def _begin() -> None:
    if invocation := getattr(_current, "invocation", None):
        with _lock:
            _running[invocation[0]].add(invocation[1])


def _end(has_died: bool = False) -> None:
    if invocation := getattr(_current, "invocation", None):
        with _lock:
            _running[invocation[0]].discard(invocation[1])
            _died[invocation[0]] += has_died


def _has_died(result: Any) -> bool:
    body = result.get("body") if isinstance(result, dict) and result.get("error") else None
    return isinstance(body, dict) and body.get("errorType") == _DIED


def _page() -> Any:
    with _lock:
        running = {name: sorted(invocations) for name, invocations in _running.items() if invocations}
        return {"running": running, "died": dict(_died)}
