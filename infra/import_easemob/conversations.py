"""Moves notification modes and do-not-disturb, for a user's whole app and for single conversations."""

from __future__ import annotations

from . import notification
from .api import Json
from .context import Context
from .errors import NotFound, Refused, Unreadable
from .merge import Field
from .notification import Settings
from .state import Item


class Conversations:
    """Moves what users set."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def whole_app(self, user: str, row: Json, item: Item) -> None:
        """Move the settings for the whole app. `row` is the user in Easemob's list."""
        try:
            data, now = self._context.source.notification(user, "user", user)
        except (NotFound, Refused, Unreadable):
            # The list has the older form of the daily window.
            self._move(user, "user", user, notification.of_hours(row), self._context.clock.millis(), item, "interval")
            raise
        settings = notification.parse(data, True, now)
        if settings.interval is None:
            settings = Settings(settings.mode, notification.of_hours(row).interval, settings.silent_until)
        self._move(user, "user", user, settings, now, item)

    def conversation(self, user: str, chat_type: str, key: str, item: Item) -> None:
        """Move the settings for one conversation."""
        data, now = self._context.source.notification(user, chat_type, key)
        self._move(user, chat_type, key, notification.parse(data, False, now), now, item)

    def muted(self, user: str, row: Json, item: Item) -> None:
        """Move the groups that the user muted in the older form, which Easemob's list has."""
        prefix = "notification_ignore_"
        for name, value in row.items():
            if name.startswith(prefix) and value is True:
                now = self._context.clock.millis()
                self._move(user, "chatgroup", name.removeprefix(prefix), Settings(mode="NONE"), now, item, "mode")

    def _move(self, user: str, chat_type: str, key: str, source: Settings, now: int, item: Item, only: str = "") -> None:
        """Move these settings. `only` names the one that could be read."""
        whole_app = chat_type == "user" and key == user
        owner = user if whole_app else f"{user} {chat_type} {key}"
        what = "notification settings" if whole_app else "settings of conversations"
        item.count(what, "read")
        if source == Settings() and (only or not self._context.state.known_fields("notification", owner)):
            return
        clock, target = self._context.clock, self._context.target
        # The length is by Easemob's clock, also when the call has to wait.
        ahead = now - clock.millis()

        def write(chosen: list[Field]) -> None:
            target.set_notification(user, chat_type, key, notification.body(chosen, clock.millis() + ahead))

        current = notification.parse(target.notification(user, chat_type, key), whole_app, now)
        fields = [it for it in notification.fields(source, current, whole_app, now) if only in ("", it.name)]
        self._context.merge(item).fields("notification", owner, what, fields, write)
