"""What one message, or one connected device, uses of each limit, at the peak and in a second."""

from __future__ import annotations

from collections.abc import Callable

from .inputs import WAIT_MS, counted, inputs, parameter, setting
from .usage import Usage, milliseconds

DAY, HOUR = 86_400, 3_600
# Rows of statistics that a process writes at once: check-presence of chat messages and of mentions, a push function of its vendor.
_DECIDING_ROWS, _PUSHING_ROWS = 2, 1


def slowest(usage: Usage) -> str:
    """Return the vendor whose push function is busy longest."""
    return max(usage.vendors, key=lambda name: usage.vendors[name].seconds)


def _running(usage: Usage) -> float:
    return usage.ingest_s + usage.decide_s + usage.push_s


def _statistics(usage: Usage) -> float:
    return (usage.decide_s * _DECIDING_ROWS + usage.push_s * _PUSHING_ROWS) / parameter("StatisticsFlushSeconds")


# Of one message a second.
OF_A_MESSAGE: dict[str, Callable[[Usage], float]] = {
    "requests": lambda _: 1,
    "deciding": lambda usage: usage.decide_s,
    "pushing_most": lambda usage: usage.vendors[slowest(usage)].seconds,
    "running": _running,
    "in_flight": lambda usage: usage.decide_s * setting("CheckPresence", "BatchSize"),
    "user_reads": lambda usage: usage.units("UsersTable", "read_units"),
    "message_writes": lambda usage: usage.units("MessagesTable", "write_units"),
    "statistics": _statistics,
    "configuration": lambda usage: _running(usage) * inputs()["traffic"]["rows_of_configuration"] / 60,
}


def _messages() -> float:
    return inputs()["connections"]["messages_a_day"] * inputs()["traffic"]["peak_to_mean"] / DAY


def _handshakes() -> float:
    return 1 / (inputs()["connections"]["hours"] * HOUR)


def _pings() -> float:
    return 1 / (inputs()["connections"]["ping_minutes"] * 60)


def _post_s() -> float:
    """Return the seconds of hold-connection for a posted message in a full batch: message, post, results."""
    work = milliseconds(4 * inputs()["measured"]["aws_call"])
    waits = (2 * WAIT_MS["dynamodb"] + WAIT_MS["websocket"]) / setting("HoldConnection", "BatchSize")
    return (waits + work) / 1000


def _frame_s() -> float:
    """Return the seconds of an acknowledgement: a read, a write."""
    return (2 * WAIT_MS["dynamodb"] + milliseconds(2 * inputs()["measured"]["aws_call"])) / 1000


def _rechecking() -> float:
    return _messages() * 2 * Usage.standing(groups=0).decide_s


# Of one connected device.
OF_A_CONNECTION: dict[str, Callable[[], float]] = {
    "pings": _pings,
    "frames": _messages,
    "handshakes": _handshakes,
    "account_requests": lambda: _pings() + 2 * _messages() + 2 * _handshakes(),
    "posting": lambda: _messages() * _post_s(),
    "rechecking": _rechecking,
    "message_writes": lambda: _messages() * counted("direct", "MessagesTable", "write_units"),
    "running": lambda: _messages() * (_post_s() + _frame_s())
    + _rechecking()
    + _handshakes() * inputs()["connections"]["handshake_ms"] / 1000,
}


def _events() -> float:
    return 2 * inputs()["gateway"]["sessions_a_day"] * inputs()["traffic"]["peak_to_mean"] / DAY


def _call_s() -> float:
    """Return the seconds of a full call: each event reads a row and writes it."""
    gateway = inputs()["gateway"]
    waves = 2 * gateway["events_a_call"] / gateway["parallel"]
    return (waves * WAIT_MS["dynamodb"] + milliseconds(2 * gateway["events_a_call"] * inputs()["measured"]["aws_call"])) / 1000


# Of one device behind a gateway that reports presence.
OF_A_GATEWAY: dict[str, Callable[[], float]] = {
    "events": _events,
    "calls": lambda: _events() / inputs()["gateway"]["events_a_call"],
    "reporting": lambda: _events() / inputs()["gateway"]["events_a_call"] * _call_s(),
}
