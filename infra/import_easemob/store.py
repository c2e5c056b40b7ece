"""The SQLite file that outlives a run. Only its owner may read it, because it holds names."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from .errors import Stopped

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS progress (mode TEXT PRIMARY KEY, phase TEXT, cursor TEXT, run INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known (kind TEXT, owner TEXT, field TEXT, one TEXT, two TEXT,
  PRIMARY KEY (kind, owner, field)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owners (kind TEXT, name TEXT, run INTEGER, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS done (mode TEXT, scope TEXT, name TEXT, PRIMARY KEY (mode, scope, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS staged (grp TEXT, side TEXT, user TEXT, PRIMARY KEY (grp, side, user)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (mode TEXT, digest TEXT, user TEXT, device TEXT, notifier TEXT, run INTEGER, shared INTEGER,
  PRIMARY KEY (mode, digest)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (mode TEXT, what TEXT, outcome TEXT, n INTEGER, PRIMARY KEY (mode, what, outcome)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS problems (mode TEXT, what TEXT, reason TEXT, example TEXT, n INTEGER,
  PRIMARY KEY (mode, what, reason)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names (mode TEXT, what TEXT, reason TEXT, name TEXT, PRIMARY KEY (mode, what, reason, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS certificates (mode TEXT, name TEXT, n INTEGER, at_curlew INTEGER, PRIMARY KEY (mode, name)) WITHOUT ROWID;
"""


class Store:
    """The file, which one run locks. Its threads share it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        # SQLite's own locks do not last for a whole run.
        self._guard = path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._release()
            raise Stopped(f"another run works with {path}") from None
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # Writes survive when the process is killed. After a power cut the last writes are repeated.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the file. Everything that was reported is already in it."""
        self._db.close()
        self._release()

    def _release(self) -> None:
        self._guard.close()
        os.close(self._file)

    def is_noted(self, name: str) -> bool:
        """Return whether any run noted this name."""
        return self._row("SELECT 1 FROM meta WHERE name = ?", name) is not None

    def note(self, name: str) -> None:
        """Note this name permanently."""
        self._meta(name, "noted")

    def _meta(self, name: str, default: str) -> str:
        self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, default))
        return str(self._one("SELECT value FROM meta WHERE name = ?", name)[0])

    @contextmanager
    def _together(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _do(self, statement: str, *values: Any) -> None:
        with self._lock:
            self._db.execute(statement, values)

    def _row(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        with self._lock:
            found: tuple[Any, ...] | None = self._db.execute(statement, values).fetchone()
            return found

    def _one(self, statement: str, *values: Any) -> tuple[Any, ...]:
        found = self._row(statement, *values)
        assert found is not None, statement
        return found

    def _all(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()
