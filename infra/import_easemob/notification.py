"""Converts notification modes and do-not-disturb between both sides.

Both sides answer with the end of do-not-disturb. Requests have its length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .merge import Ending, Field

# Maximum length of do-not-disturb in a request: 7 days.
_MAX_SILENCE_MILLIS = 604_800_000
# The mode where nothing was set, of the whole app and of a conversation.
UNSET_MODES = {True: "ALL", False: "DEFAULT"}


@dataclass(frozen=True)
class Settings:
    """Settings. `None` means that a setting is not set."""

    mode: str | None = None
    interval: str | None = None
    silent_until: int | None = None


def parse(data: Mapping[str, Any], whole_app: bool, now: int) -> Settings:
    """Parse settings from the `data` of an answer. Raises `ValueError` if they make no sense."""
    mode = str(data.get("type") or UNSET_MODES[whole_app]).upper()
    if mode not in ("ALL", "AT", "NONE", "DEFAULT"):
        raise ValueError("type is no notification mode")
    until = int(data.get("ignoreDuration") or 0)
    return Settings(
        mode=None if mode in (UNSET_MODES[whole_app], "DEFAULT") else mode,
        # A conversation has no interval, even if an answer has one.
        interval=_interval(str(data.get("ignoreInterval") or "")) if whole_app else None,
        silent_until=until if until > now else None,
    )


def of_hours(profile: Mapping[str, Any]) -> Settings:
    """Return the daily window from its older form: hours in the user's own record."""
    if profile.get("notification_no_disturbing") is not True:
        return Settings()
    start, end = (int(profile.get(f"notification_no_disturbing_{edge}") or 0) for edge in ("start", "end"))
    # Equal hours mean the whole day. The newer form of 0 to 0 would mean "no window".
    return Settings(interval="01:00-01:00" if start == end else _interval(f"{start}:00-{end}:00"))


def fields(source: Settings, current: Settings, whole_app: bool, now: int) -> list[Field]:
    """Return the fields to compare."""
    daily = [Field("interval", source.interval, current.interval)] if whole_app else []
    return [Field("mode", source.mode, current.mode), *daily, Ending("silence", source.silent_until, current.silent_until, now)]


def body(chosen: Sequence[Field], now: int) -> dict[str, Any]:
    """Return the request that sets these fields."""
    sent: dict[str, Any] = {}
    for field in chosen:
        if field.name == "mode":
            sent["type"] = field.source or "DEFAULT"
        elif field.name == "interval":
            sent["ignoreInterval"] = field.source or ""
        else:
            sent["ignoreDuration"] = min(max((field.source or 0) - now, 0), _MAX_SILENCE_MILLIS)
    return sent


def _interval(text: str) -> str | None:
    """Parse `HH:MM-HH:MM`. Clients may leave out leading zeros. `00:00-00:00` is no window."""
    if not text:
        return None
    edges = []
    for edge in text.split("-", 1):
        hour, _, minute = edge.strip().partition(":")
        if not (0 <= int(hour) < 24 and 0 <= int(minute or 0) < 60):
            raise ValueError("ignoreInterval is no time of a day")
        edges.append(f"{int(hour):02}:{int(minute or 0):02}")
    if len(edges) != 2:
        raise ValueError("ignoreInterval is no interval")
    return None if edges == ["00:00", "00:00"] else "-".join(edges)
