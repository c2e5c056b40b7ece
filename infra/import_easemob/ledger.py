"""Stores what runs wrote, whom they moved, which device tokens they saw, and the members of the current group.

A written value is stored as a keyed hash, which is enough to see whether somebody changed it at Curlew. Times are
stored as they are.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .store import Store

# Maximum names for each reason in a report, and maximum certificates with counted bindings. The rest is only counted.
MAX_NAMES = 1000


@dataclass(frozen=True)
class TokenOwner:
    """The owner of a device token at Easemob."""

    user: str
    device: str
    notifier: str
    run: int
    shared: bool


class Ledger(Store):
    """The facts that must outlive a run."""

    def __init__(self, path: Path, mode: str) -> None:
        super().__init__(path)
        # `apply` or `dry`.
        self.mode, self.run = mode, 0
        self._key = bytes.fromhex(self._meta("key", secrets.token_hex(32)))

    # ---- written values ----

    def digest(self, value: object) -> str:
        """Return a keyed hash of a value, or an empty text for a value that is not set."""
        if value is None:
            return ""
        text = json.dumps(value, sort_keys=True, ensure_ascii=False).encode()
        return hashlib.blake2b(text, key=self._key, digest_size=10).hexdigest()

    def known(self, kind: str, owner: str, field_name: str) -> list[str] | None:
        """Return what an earlier run wrote: one text, or two if it may have been interrupted. `None` if it wrote
        nothing.
        """
        found = self._row("SELECT one, two FROM known WHERE kind = ? AND owner = ? AND field = ?", kind, owner, field_name)
        return None if found is None else [text for text in found if text is not None]

    def known_fields(self, kind: str, owner: str) -> list[str]:
        """Return the names of the owner's known fields."""
        return [name for (name,) in self._all("SELECT field FROM known WHERE kind = ? AND owner = ?", kind, owner)]

    def known_owners(self, kind: str) -> list[str]:
        """Return the owners with known fields. Only for kinds with few owners."""
        return [name for (name,) in self._all("SELECT DISTINCT owner FROM known WHERE kind = ?", kind)]

    def remember(self, kind: str, owner: str, field_name: str, one: str, two: str | None = None) -> None:
        """Store what is written for this field."""
        self._do("REPLACE INTO known VALUES (?, ?, ?, ?, ?)", kind, owner, field_name, one, two)

    def forget(self, kind: str, owner: str, field_name: str) -> None:
        """Forget what was written for this field."""
        self._do("DELETE FROM known WHERE kind = ? AND owner = ? AND field = ?", kind, owner, field_name)

    def note_owner(self, kind: str, name: str) -> None:
        """Note that this run has seen the owner at Easemob, and that it exists at Curlew."""
        self._do("REPLACE INTO owners VALUES (?, ?, ?)", kind, name, self.run)

    def was_moved(self, kind: str, name: str) -> bool:
        """Return whether an earlier run, or this one, moved the owner to Curlew."""
        return self._row("SELECT 1 FROM owners WHERE kind = ? AND name = ?", kind, name) is not None

    def gone(self, kind: str) -> tuple[int, list[str]]:
        """Return how many owners earlier runs saw at Easemob and this one did not, and some of their names."""
        where = "FROM owners WHERE kind = ? AND run < ?"
        number = int(self._one(f"SELECT COUNT(*) {where}", kind, self.run)[0])
        return number, [name for (name,) in self._all(f"SELECT name {where} ORDER BY name LIMIT {MAX_NAMES}", kind, self.run)]

    # ---- device tokens ----

    def token_owner(self, digest: str) -> TokenOwner | None:
        """Return the last user who was seen with this device token."""
        asked = "SELECT user, device, notifier, run, shared FROM tokens WHERE mode = ? AND digest = ?"
        found = self._row(asked, self.mode, digest)
        return None if found is None else TokenOwner(found[0], found[1], found[2], int(found[3]), bool(found[4]))

    def note_token(self, digest: str, user: str, device: str, notifier: str, shared: bool = False) -> None:
        """Note that this user has the device token at Easemob. `shared` means that another user has it too."""
        self._do("REPLACE INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?)", self.mode, digest, user, device, notifier, self.run, int(shared))

    # ---- members, which need not fit into memory ----

    def stage(self, group: str, side: str, users: Iterable[str]) -> None:
        """Store members of a group at one side."""
        with self._together():
            self._db.executemany("INSERT OR IGNORE INTO staged VALUES (?, ?, ?)", [(group, side, user) for user in users])

    def unstage(self, group: str) -> None:
        """Forget the stored members of a group."""
        self._do("DELETE FROM staged WHERE grp = ?", group)

    def number_staged(self, group: str, side: str) -> int:
        """Return the number of stored members."""
        return int(self._one("SELECT COUNT(*) FROM staged WHERE grp = ? AND side = ?", group, side)[0])

    def staged(self, group: str, side: str, other: str, both: bool, size: int) -> Iterator[list[str]]:
        """Yield members at one side who are (`both`) or are not at the other side, in parts of this size."""
        relation = "EXISTS" if both else "NOT EXISTS"
        asked = (
            f"SELECT user FROM staged s WHERE grp = ? AND side = ? AND user > ? AND {relation}"
            " (SELECT 1 FROM staged o WHERE o.grp = s.grp AND o.side = ? AND o.user = s.user) ORDER BY user LIMIT ?"
        )
        last = ""
        while part := [user for (user,) in self._all(asked, group, side, last, other, size)]:
            last = part[-1]
            yield part
