"""A run moves templates, then users, then groups, a page at a time. The state says where it continues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .api import Json
from .context import Context
from .easemob import Page
from .errors import Refused, Stopped, Unavailable
from .groups import Groups
from .report import summary
from .state import FIRST_PHASE, Item
from .templates import Templates
from .users import Users

_PROGRESS_SECONDS = 5
# Name of the note that the first run with bindings has begun.
_FIRST_BINDINGS = "bindings"


class Run:
    """Reads the app at Easemob once."""

    def __init__(self, context: Context, templates: Iterable[str], tell: Callable[[str], None]) -> None:
        self._context, self._names, self._tell = context, tuple(templates), tell
        self._told = context.clock.now()
        self._templates = Templates(context)

    def go(self, pages: int | None = None) -> bool:
        """Run to the end, or for so many pages. Returns whether the end was reached."""
        context = self._context
        try:
            self._check()
            if context.does("templates"):
                self._templates.named(self._names)
            if context.state.phase != "groups":
                if not self._walk(FIRST_PHASE, context.source.users, Users(context, self._templates).page, pages):
                    return False
                context.state.advance("groups", None)
            if context.does("groups") and not self._walk("groups", context.source.groups, Groups(context).page, pages):
                return False
            context.state.advance("", None)
            return True
        except (Refused, Unavailable) as failure:
            raise Stopped(f"a list or a setting of the app cannot be read: {failure}") from failure

    def _check(self) -> None:
        """Check that Curlew can accept what will be written."""
        needs = [part for part in ("settings", "templates") if self._context.does(part)]
        if needs and not self._context.target.advanced_push():
            raise Stopped(
                "advanced_push is off at Curlew, and notification modes and templates need it: switch it on with"
                ' PUT /{org}/{app}/push/settings {"advanced_push": true}, or leave them out with --skip settings --skip templates'
            )
        if self._context.apply and self._context.does("bindings"):
            self._check_phones()

    def _check_phones(self) -> None:
        """Check that the operator confirmed that no phone has bound a token at Curlew.

        Easemob keeps tokens of a phone's former users. Moving one would take it from the user who bound it at Curlew.
        Only the first run must precede the phones, because later runs know what it has seen.
        """
        state = self._context.state
        if state.is_noted(_FIRST_BINDINGS):
            return
        if not self._context.no_phone_yet and self._context.target.has_users():
            raise Stopped(
                "Curlew has users already. If phones bind their tokens there, a binding that Easemob kept of a former user would take"
                " a token from its owner: leave them out with --skip bindings. If no phone does so yet, say --no-phone-yet"
            )
        state.note(_FIRST_BINDINGS)

    def _walk(self, phase: str, read: Callable[[str | None], Page], move: Callable[[Sequence[Json]], None], pages: int | None) -> bool:
        state = self._context.state
        cursor = state.cursor
        resumed, left = cursor is not None, pages
        while left is None or left > 0:
            left = None if left is None else left - 1
            try:
                page = read(cursor)
            except Refused as refused:
                if not resumed or refused.status != 400:
                    raise
                # Easemob does not know the cursor any more. The phase starts again, which is safe: moved values are
                # compared and stay.
                page = read(None)
                self._note_restart(phase)
            resumed = False
            move(page.rows)
            self._progress()
            if page.cursor is None:
                return True
            cursor = page.cursor
            state.advance(phase, cursor)
        return False

    def _note_restart(self, phase: str) -> None:
        item = Item()
        item.problem(f"{phase}: counted twice", "Easemob did not know the cursor any more, and the list began anew", phase)
        self._context.state.tell(item)

    def _progress(self) -> None:
        now = self._context.clock.now()
        if now - self._told >= _PROGRESS_SECONDS:
            self._told = now
            self._tell(summary(self._context.state.counts()))
