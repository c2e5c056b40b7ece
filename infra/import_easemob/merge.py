"""Decides whose value is used: Easemob's, or the one that somebody set at Curlew.

| Curlew's value | an earlier run wrote | result |
|---|---|---|
| Easemob's | any value | nothing is written |
| not set | nothing | Easemob's value is written |
| another | nothing | Curlew's value stays: it was set first |
| the run's | this value | Easemob's value is written: it changed at Easemob |
| another, or not set | a value | Curlew's value stays: it was changed at Curlew |

Before a write both values are stored. A run that is interrupted thus recognises its own write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .errors import Refused
from .state import Item, State

# Maximum difference between the requested end and the stored one. Two clocks and a request lie between them.
_CLOSE_MILLIS = 60_000

# Kinds whose field is a user and whose owner is a group.
_IN_GROUPS = ("member", "admin")

Verdict = Literal["same", "write", "keep", "nothing"]


@dataclass(frozen=True)
class Field:
    """A value at both sides. `None` is a value that is not set."""

    name: str
    source: Any
    current: Any


@dataclass(frozen=True)
class Ending(Field):
    """The end of do-not-disturb in Unix milliseconds. An end before `now` counts as not set."""

    now: int


class Merge:
    """Compares and writes for one user, group or template."""

    def __init__(self, state: State, item: Item, apply: bool) -> None:
        self.state, self.item, self._apply = state, item, apply

    def fields(self, kind: str, owner: str, what: str, fields: Sequence[Field], write: Callable[[list[Field]], None]) -> None:
        """Write the fields for which Easemob's value is used. `write` gets them together."""
        chosen = []
        for field in fields:
            verdict = self._verdict(kind, owner, field)
            if verdict == "same":
                self._settle(kind, owner, field)
                self.item.count(what, "unchanged")
            elif verdict == "keep":
                self.item.count(what, "kept as changed at Curlew")
            elif verdict == "write":
                chosen.append(field)
            elif self._apply and self.state.known(kind, owner, field.name) is not None:
                self.state.forget(kind, owner, field.name)
        if chosen and self._apply:
            self._write(kind, owner, what, chosen, write)
        elif chosen:
            self.item.count(what, "to write", len(chosen))

    def ours(self, kind: str, owner: str, field: Field) -> bool:
        """Return whether a run wrote the value at Curlew, or found it there when it wrote."""
        known = self.state.known(kind, owner, field.name)
        return known is not None and any(self._is(field, text) for text in known)

    def _verdict(self, kind: str, owner: str, field: Field) -> Verdict:
        if _equal(field):
            return "nothing" if field.source is None else "same"
        known = self.state.known(kind, owner, field.name)
        if known is None:
            if field.source is None:
                return "nothing"
            return "write" if field.current is None else "keep"
        return "write" if any(self._is(field, text) for text in known) else "keep"

    def _is(self, field: Field, text: str) -> bool:
        """Return whether this text stands for Curlew's value."""
        if not isinstance(field, Ending):
            return text == self.state.digest(field.current)
        end = int(text or 0)
        return bool(abs((end if end > field.now else 0) - (field.current or 0)) <= _CLOSE_MILLIS)

    def _text(self, field: Field, value: Any) -> str:
        return str(value or "") if isinstance(field, Ending) else self.state.digest(value)

    def _settle(self, kind: str, owner: str, field: Field) -> None:
        if self._apply:
            if field.source is None:
                self.state.forget(kind, owner, field.name)
            else:
                self.state.remember(kind, owner, field.name, self._text(field, field.source))

    def _write(self, kind: str, owner: str, what: str, fields: list[Field], write: Callable[[list[Field]], None]) -> None:
        for field in fields:
            self.state.remember(kind, owner, field.name, self._text(field, field.current), self._text(field, field.source))
        try:
            write(fields)
        except Refused as refused:
            if len(fields) > 1:
                # Write the fields one by one, so that only the invalid value is refused.
                for field in fields:
                    self._write(kind, owner, what, [field], write)
                return
            self.item.count(what, "refused by Curlew")
            named = f"{fields[0].name} in {owner}" if kind in _IN_GROUPS else owner
            self.item.problem(f"{what}: cannot be written", refused.reason, named, refused.description)
            return
        for field in fields:
            self._settle(kind, owner, field)
        self.item.count(what, "written", len(fields))


def _equal(field: Field) -> bool:
    if isinstance(field, Ending):
        return bool(abs((field.source or 0) - (field.current or 0)) <= _CLOSE_MILLIS)
    return bool(field.source == field.current)
