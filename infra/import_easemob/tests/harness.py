"""Runs the import in one process, with a clock that moves only while somebody waits."""

from __future__ import annotations

import tempfile
import threading
import unittest
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from import_easemob import rates, report
from import_easemob.api import Api, App
from import_easemob.clock import Clock
from import_easemob.context import Context
from import_easemob.curlew import Curlew
from import_easemob.easemob import Easemob
from import_easemob.pace import Pace
from import_easemob.run import Run
from import_easemob.state import State

from .fake_curlew import FakeCurlew
from .fake_easemob import FakeEasemob
from .server import Rest

NOW = 1_800_000_000_000
HOUR = 3_600_000
_MEMORY = Path("/dev/shm")


class FakeClock(Clock):
    """A clock that moves only for a thread that waits."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []
        self._now, self._guard = 0.0, threading.Lock()

    def now(self) -> float:
        return self._now

    def millis(self) -> int:
        return NOW

    def sleep(self, seconds: float) -> None:
        with self._guard:
            self._now += seconds
            self.slept.append(seconds)


class Killed(BaseException):
    """The process is killed here."""


class Imports(unittest.TestCase):
    """Base of tests with an app at Easemob and an empty app at Curlew."""

    def setUp(self) -> None:
        self.source, self.target = FakeEasemob(), FakeCurlew()
        self.clock = FakeClock()
        # Tests create hundreds of state files, which is fast in memory.
        folder = tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None)
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "state.sqlite"
        self.workers = 1
        self.told: dict[str, Any] = {}

    def run_import(self, apply: bool = True, pages: int | None = None, templates: Sequence[str] = (), **options: Any) -> bool:
        """Run the import once. `told` has the report. Returns whether the run reached the end."""
        with self._context(apply, options) as context:
            try:
                finished = Run(context, templates, lambda _text: None).go(pages)
                self.told = report.collect(context.state, "a", "b", finished)
                return finished
            except BaseException:
                self.told = report.collect(context.state, "a", "b", False)
                raise

    @contextmanager
    def _context(self, apply: bool, options: dict[str, Any]) -> Iterator[Context]:
        state = State(self.path, "acme#chat at a", "acme#chat at b", "apply" if apply else "dry")
        with closing(state), ThreadPoolExecutor(self.workers) as pool:
            yield Context(
                Easemob(self._api(self.source, rates.EASEMOB, "Easemob"), self.clock),
                Curlew(self._api(self.target, rates.CURLEW, "Curlew")),
                state, self.clock, pool, apply=apply, **options,
            )  # fmt: skip

    def _api(self, rest: Rest, of: dict[str, float], name: str) -> Api:
        app = App(name, rest.org, rest.app, *Rest.CLIENT)
        return Api(app, rest, Pace(of, 1, self.clock), self.clock)

    def count(self, what: str, outcome: str) -> int:
        """Return a number of the report."""
        return int(self.told["counts"].get(what, {}).get(outcome, 0))

    def problems(self) -> dict[str, list[str]]:
        """Return the problems in the report, by kind."""
        found: dict[str, list[str]] = {}
        for it in self.told["problems"]:
            found.setdefault(it["what"], []).extend(it["names"])
        return found


def small_app(source: FakeEasemob) -> None:
    """Create an app with some of everything."""
    source.user("ann", nickname="Ann 安", notification_display_style=1)
    source.user("bob", notification_no_disturbing=True, notification_no_disturbing_start="22", notification_no_disturbing_end="7")
    source.user("cat", activated=False)
    source.user("dan")
    source.bind("ann", "phone-a", "huawei", "token-a")
    source.bind("ann", "tablet-a", "fcm", "token-t")
    source.bind("bob", "phone-b", "fcm", "token-b")
    source.notification["ann", "user", "ann"] = {"type": "AT", "ignoreInterval": "21:30-8:0", "ignoreDuration": NOW + HOUR}
    source.notification["ann", "chatgroup", "77"] = {"type": "NONE", "ignoreDuration": 0}
    source.notification["bob", "user", "ann"] = {"type": "NONE"}
    source.contacts["bob"] = ["ann"]
    source.languages["dan"] = "en"
    source.choices["dan"] = "order"
    source.templates["order"] = {"title_pattern": "Order {0}", "content_pattern": "{$msg}"}
    source.templates["default"] = {"title_pattern": "New", "content_pattern": "See"}
    source.group("77", "ann", ["bob", "dan"], name="Birds", custom="x", admins=["bob"], announcement="Hello")
    source.group("78", "bob", ["ann"], name="Open", public=True, allowinvites=True, disabled=True)
