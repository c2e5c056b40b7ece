"""Moves users with their bindings and settings, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence

from . import names
from .api import Json
from .bindings import Bindings
from .context import Context, costs
from .conversations import Conversations
from .curlew import AT_ONCE
from .errors import Refused, Unavailable
from .merge import Field
from .state import Item
from .templates import Templates

_SCOPE = "user"


class Users:
    """Moves users."""

    def __init__(self, context: Context, templates: Templates) -> None:
        self._context, self._templates = context, templates
        self._bindings, self._conversations = Bindings(context), Conversations(context)

    def page(self, rows: Sequence[Json]) -> None:
        """Move a page of Easemob's list."""
        context = self._context
        todo = {}
        for row in rows:
            name = names.user(row.get("username"))
            if name is None:
                self._refuse(str(row.get("username")))
            elif not context.state.is_done(_SCOPE, name):
                todo[name] = row
        records = dict(zip(todo, context.pool.map(self._record, todo), strict=True))
        failed = self._create([name for name in todo if records[name] is None and not context.state.was_moved("user", name)])
        for name, record in records.items():
            # A user who was just created has no settings yet.
            if record is None and not context.state.was_moved("user", name):
                records[name] = failed.get(name, {})
        for _ in context.pool.map(lambda name: self._move(name, todo[name], records[name]), todo):
            pass

    def _refuse(self, name: str) -> None:
        item = Item()
        item.count("users", "read")
        item.problem("users: left", "no user id that Curlew takes: 1 to 64 of a-z 0-9 _ - .", name)
        if not self._context.state.is_done(_SCOPE, name):
            self._context.state.finish(_SCOPE, name, item)

    def _record(self, user: str) -> Json | Exception | None:
        """Return Curlew's record of the user, or the error of reading it."""
        try:
            return self._context.target.user(user)
        except (Refused, Unavailable) as failure:
            return failure

    def _create(self, users: Sequence[str]) -> dict[str, Exception]:
        """Create users. Returns the errors of those who were not created."""
        if not self._context.apply:
            return {}
        failed: dict[str, Exception] = {}
        for first in range(0, len(users), AT_ONCE):
            part = users[first : first + AT_ONCE]
            try:
                self._create_part(part, failed)
            except (Refused, Unavailable):
                for user in part:
                    try:
                        self._create_part([user], failed)
                    except (Refused, Unavailable) as failure:
                        failed[user] = failure
        return failed

    def _create_part(self, part: Sequence[str], failed: dict[str, Exception]) -> None:
        reasons, item = self._context.target.create(part), Item()
        item.count("users", "created", len(part) - len(reasons))
        self._context.state.tell(item)
        for user, reason in reasons.items():
            if self._context.target.user(user) is None:
                failed[user] = Refused(200, "registerUserFailReason", reason)

    def _move(self, user: str, row: Json, record: Json | Exception | None) -> None:
        item = Item()
        item.count("users", "read")
        if isinstance(record, Exception):
            with costs(item, "users", user):
                raise record
        elif record is None:
            item.count("users", "deleted at Curlew, left so")
        else:
            if self._context.apply:
                self._context.state.note_owner("user", user)
            elif not record:
                item.count("users", "to create")
            self._parts(user, row, record, item)
        self._context.state.finish(_SCOPE, user, item)

    def _parts(self, user: str, row: Json, record: Json, item: Item) -> None:
        with costs(item, "users", user):
            self._profile(user, row, record, item)
        if self._context.does("bindings"):
            with costs(item, "bindings", user):
                self._bindings.move(user, record, item, _banned(row) is True)
        with costs(item, "languages", user):
            self._language(user, item)
        if self._context.does("settings"):
            self._settings(user, row, item)
        if self._context.does("templates"):
            with costs(item, "choices of a template", user):
                self._choice(user, item)
        with costs(item, "bans", user):
            self._ban(user, row, record, item)

    def _profile(self, user: str, row: Json, record: Json, item: Item) -> None:
        target = self._context.target

        def write(chosen: list[Field]) -> None:
            unset = {"nickname": "", "notification_display_style": 0}
            target.change_user(user, {it.name: unset[it.name] if it.source is None else it.source for it in chosen})

        nickname = Field("nickname", row.get("nickname") or None, record.get("nickname") or None)
        style = Field("notification_display_style", _style(row), _style(record))
        self._context.merge(item).fields("user", user, "nicknames and display styles", [nickname, style], write)

    def _ban(self, user: str, row: Json, record: Json, item: Item) -> None:
        """Ban a user as the last step, because a ban forces the devices off."""
        target, banned = self._context.target, Field("banned", _banned(row), _banned(record))
        self._context.merge(item).fields("user", user, "bans", [banned], lambda _: target.ban(user, banned.source is True))

    def _language(self, user: str, item: Item) -> None:
        target, language = self._context.target, self._context.source.language(user)
        if language is not None or self._context.state.known("user", user, "language") is not None:
            field = Field("language", language, target.language(user))
            self._context.merge(item).fields("user", user, "languages", [field], lambda _: target.set_language(user, language))

    def _choice(self, user: str, item: Item) -> None:
        target, choice = self._context.target, self._context.source.template_choice(user)
        if choice is not None:
            self._templates.move(choice)
        if choice is not None or self._context.state.known("user", user, "template") is not None:
            field = Field("template", choice, target.template_choice(user))
            self._context.merge(item).fields(
                "user", user, "choices of a template", [field], lambda _: target.set_template_choice(user, choice)
            )

    def _settings(self, user: str, row: Json, item: Item) -> None:
        with costs(item, "notification settings", user):
            self._conversations.whole_app(user, row, item)
        if self._context.conversations == "all":
            with costs(item, "settings of conversations", user):
                self._contacts(user, item)
        asked = self._context.conversations != "none" and self._context.does("groups")
        if not asked or not self._context.source.shows_notification:
            with costs(item, "settings of conversations", user):
                self._conversations.muted(user, row, item)

    def _contacts(self, user: str, item: Item) -> None:
        for contact in self._context.source.contacts(user):
            name = names.user(contact)
            if name is not None:
                with costs(item, "settings of conversations", user):
                    self._conversations.conversation(user, "user", name, item)


def _style(row: Json) -> int | None:
    """Return the display style. The first of the two is the default."""
    return 1 if str(row.get("notification_display_style")) == "1" else None


def _banned(row: Json) -> bool | None:
    return True if row.get("activated") is False else None
