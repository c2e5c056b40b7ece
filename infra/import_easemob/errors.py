"""Errors that end a call or a run early."""

from __future__ import annotations


class Refused(Exception):
    """The server refused the request. The value is not moved; the run continues."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f"{status} {error}: {description}"[:300])
        self.status, self.error, self.description = status, error, description

    @property
    def reason(self) -> str:
        """Return the text that equal refusals share."""
        return f"{self.status} {self.error}"[:80]


class Unavailable(Exception):
    """Several tries brought no usable answer. The value is not moved. Many such errors in a row end the run."""


class Unreadable(Exception):
    """Easemob does not show this kind of settings for any user."""


class NotFound(Exception):
    """Easemob answers 404 for a setting of an existing user: nothing may be set. The run removes nothing at Curlew for
    it.
    """


class Stopped(Exception):
    """The run cannot continue. It is shown without a traceback."""
