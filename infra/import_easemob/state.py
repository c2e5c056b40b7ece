"""The position of a run, and the content of its report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import Stopped
from .ledger import MAX_NAMES, Ledger

# The phase with which a run begins.
FIRST_PHASE = "users"
# Scope of work that is done once in a run instead of once in a page.
WHOLE_RUN = "run"
# Tables with the rows of a single run.
_OF_A_RUN = ("done", "counts", "problems", "names", "certificates")


@dataclass
class Item:
    """The part of the report about one user, group or template."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[tuple[str, str, str, str]] = field(default_factory=list)
    certificates: Counter[tuple[str, bool]] = field(default_factory=Counter)
    # Something got no answer. A resumed run tries it again.
    unanswered: bool = False

    def count(self, what: str, outcome: str, number: int = 1) -> None:
        """Count the outcome of something."""
        self.counts[what, outcome] += number

    def problem(self, what: str, reason: str, name: str, example: str = "") -> None:
        """Report that something could not be read or written."""
        self.problems.append((what, reason[:120], name[:200], example[:300]))

    def certificate(self, name: str, at_curlew: bool) -> None:
        """Count a binding with this certificate."""
        self.certificates[name[:200], at_curlew] += 1


class State(Ledger):
    """The stored state of one pair of apps, in one mode."""

    def __init__(self, path: Path, source: str, target: str, mode: str) -> None:
        super().__init__(path, mode)
        self._unanswered: list[Item] = []
        for name, value in (("source", source), ("target", target)):
            if (kept := self._meta(name, value)) != value:
                self.close()
                raise Stopped(f"{path} is of another {name}, {kept}. Give this pair of apps a file of its own: --state")
        self._begin()

    # ---- the position ----

    def _begin(self) -> None:
        found = self._row("SELECT phase, cursor, run FROM progress WHERE mode = ?", self.mode)
        self.resumed = found is not None and found[0] != ""
        if self.resumed and found is not None:
            self.phase, self.cursor, self.run = str(found[0]), found[1], int(found[2])
            return
        self.phase, self.cursor, self.run = FIRST_PHASE, None, (int(found[2]) if found else 0) + 1
        with self._together():
            for table in _OF_A_RUN:
                self._db.execute(f"DELETE FROM {table} WHERE mode = ?", (self.mode,))
            self._db.execute("REPLACE INTO progress VALUES (?, ?, ?, ?)", (self.mode, self.phase, None, self.run))

    def advance(self, phase: str, cursor: str | None) -> None:
        """Note that everything before this page of this phase is done. An empty phase is the end of the run."""
        self.phase, self.cursor = phase, cursor
        with self._together():
            self._db.execute("REPLACE INTO progress VALUES (?, ?, ?, ?)", (self.mode, phase, cursor, self.run))
            self._db.execute("DELETE FROM done WHERE mode = ? AND scope <> ?", (self.mode, WHOLE_RUN))
            for item in self._unanswered:
                self._tell(item)
            self._unanswered.clear()

    def is_done(self, scope: str, name: str) -> bool:
        """Return whether this name of the page was done before the run was interrupted."""
        return self._row("SELECT 1 FROM done WHERE mode = ? AND scope = ? AND name = ?", self.mode, scope, name) is not None

    def finish(self, scope: str, name: str, item: Item) -> None:
        """Note that this name of the page is done, and report it once. An unanswered item is reported when its page
        ends.
        """
        if item.unanswered:
            self._unanswered.append(item)
            return
        with self._together():
            self._db.execute("INSERT OR IGNORE INTO done VALUES (?, ?, ?)", (self.mode, scope, name))
            self._tell(item)

    def clear_done(self, scope: str) -> None:
        """Forget what was done in this scope, because the scope is complete."""
        self._do("DELETE FROM done WHERE mode = ? AND scope = ?", self.mode, scope)

    # ---- the report ----

    def tell(self, item: Item) -> None:
        """Report something that concerns no single user or group."""
        with self._together():
            self._tell(item)

    def _tell(self, item: Item) -> None:
        add = "INSERT INTO {} ON CONFLICT DO UPDATE SET n = n + excluded.n"
        for (what, outcome), number in item.counts.items():
            self._db.execute(add.format("counts VALUES (?, ?, ?, ?)"), (self.mode, what, outcome, number))
        for (name, at_curlew), number in item.certificates.items():
            known = self._row("SELECT 1 FROM certificates WHERE mode = ? AND name = ?", self.mode, name)
            if known or self._one("SELECT COUNT(*) FROM certificates WHERE mode = ?", self.mode)[0] < MAX_NAMES:
                self._db.execute(add.format("certificates VALUES (?, ?, ?, ?)"), (self.mode, name, number, at_curlew))
        for what, reason, name, example in item.problems:
            self._db.execute(add.format("problems VALUES (?, ?, ?, ?, 1)"), (self.mode, what, reason, example))
            total = self._one("SELECT n FROM problems WHERE mode = ? AND what = ? AND reason = ?", self.mode, what, reason)[0]
            if total <= MAX_NAMES:
                self._db.execute("INSERT OR IGNORE INTO names VALUES (?, ?, ?, ?)", (self.mode, what, reason, name))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the counts of this run, by thing and outcome."""
        found: dict[str, dict[str, int]] = {}
        for what, outcome, number in self._all("SELECT what, outcome, n FROM counts WHERE mode = ?", self.mode):
            found.setdefault(what, {})[outcome] = number
        return found

    def problems(self) -> list[dict[str, Any]]:
        """Return the problems, each with at most MAX_NAMES names."""
        found = self._all("SELECT what, reason, example, n FROM problems WHERE mode = ? ORDER BY what, n DESC", self.mode)
        of = "SELECT name FROM names WHERE mode = ? AND what = ? AND reason = ? ORDER BY name"
        return [
            {"what": what, "reason": reason, "count": number, "example": example,
             "names": [name for (name,) in self._all(of, self.mode, what, reason)]}
            for what, reason, example, number in found
        ]  # fmt: skip

    def certificates(self) -> list[dict[str, Any]]:
        """Return the certificate names of bindings, and their numbers."""
        found = self._all("SELECT name, n, at_curlew FROM certificates WHERE mode = ? ORDER BY n DESC, name", self.mode)
        return [{"name": name, "bindings": number, "at_curlew": bool(there)} for name, number, there in found]
