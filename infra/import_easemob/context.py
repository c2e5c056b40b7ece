"""The context that all parts of a run share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from .clock import Clock
from .curlew import Curlew
from .easemob import Easemob
from .errors import NotFound, Refused, Unavailable, Unreadable
from .merge import Merge
from .state import Item, State

# Parts of a run that the operator can leave out.
PARTS = ("bindings", "settings", "templates", "groups")
# The conversations whose settings are read, one call for each.
Conversations = Literal["none", "groups", "all"]


@dataclass(frozen=True)
class Context:
    """One run."""

    source: Easemob
    target: Curlew
    state: State
    clock: Clock
    pool: Executor
    apply: bool = False
    skipped: frozenset[str] = frozenset()
    conversations: Conversations = "groups"
    # The operator confirms that no phone has bound a token at Curlew.
    no_phone_yet: bool = False

    def does(self, part: str) -> bool:
        """Return whether this part is moved."""
        return part not in self.skipped

    def merge(self, item: Item) -> Merge:
        """Return the comparison for one item."""
        return Merge(self.state, item, self.apply)


@contextmanager
def costs(item: Item, what: str, name: str) -> Iterator[None]:
    """Turn a failure inside into a problem of this part of this user or group."""
    try:
        yield
    except Refused as refused:
        item.problem(f"{what}: refused", refused.reason, name, refused.description)
    except Unavailable as failure:
        item.unanswered = True
        item.problem(f"{what}: no usable answer", str(failure), name)
    except NotFound:
        item.count(what, "not found at Easemob")
    except Unreadable:
        item.problem(f"{what}: cannot be read", "Easemob shows them to nobody", name)
    except (ValueError, TypeError) as odd:
        item.problem(f"{what}: cannot be understood", type(odd).__name__, name, str(odd))
