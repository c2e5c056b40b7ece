"""How a call, or a whole run, ends early."""

from __future__ import annotations


class Refused(Exception):
    """The server understood and said no: it costs what was asked about, nothing else."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f"{status} {error}: {description}"[:300])
        self.status, self.error, self.description = status, error, description

    @property
    def reason(self) -> str:
        """What equal refusals have in common."""
        return f"{self.status} {self.error}"[:80]


class Unavailable(Exception):
    """No usable answer after several tries: it costs what was asked about, and the run if it goes on like that."""


class Unreadable(Exception):
    """Easemob does not show this kind of settings, to nobody."""


class NotFound(Exception):
    """Easemob answers 404 for a setting of a user who is there: nothing may be set. Nothing is taken back for it."""


class Stopped(Exception):
    """The run cannot go on now; shown without a traceback."""
