"""Moves groups with members, administrators and announcement, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence

from . import names
from .api import Json
from .context import Context, costs
from .conversations import Conversations
from .curlew import AT_ONCE
from .errors import Refused
from .members import CURLEW, EASEMOB, Members, members_of
from .merge import Field
from .state import Item

_SCOPE = "group"
# Flags, which count as off when they are not set, and texts.
_FLAGS = ("public", "membersonly", "allowinvites")
_TEXTS = ("name", "description", "custom", "avatar")


class Groups:
    """Moves groups."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._members, self._conversations = Members(context), Conversations(context)

    def page(self, rows: Sequence[Json]) -> None:
        """Move a page of Easemob's list. Only its ids are used, because its owners have another form."""
        found = dict.fromkeys(str(row.get("groupid")) for row in rows)
        todo = [group for group in found if not self._context.state.is_done(_SCOPE, group)]
        for _ in self._context.pool.map(self._move, todo):
            pass

    def _move(self, group: str) -> None:
        item = Item()
        item.count("groups", "read")
        if names.group(group) is None:
            item.problem("groups: left", "no group id that Curlew takes: 1 to 64 of a-z A-Z 0-9 _ - .", group)
        else:
            with costs(item, "groups", group):
                self._one(group, item)
            self._context.state.unstage(group)
        self._context.state.finish(_SCOPE, group, item)
        self._context.state.clear_done(_conversations_of(group))

    def _one(self, group: str, item: Item) -> None:
        state, target = self._context.state, self._context.target
        source = self._context.source.group(group)
        if source is None:
            item.count("groups", "gone while they were read")
            return
        current = target.group(group)
        if current is None and state.was_moved("group", group):
            item.count("groups", "deleted at Curlew, left so")
            return
        state.unstage(group)
        owner, complete = self._members.read(group, source, item)
        if current is None:
            item.count("groups", "created" if self._context.apply else "to create")
            current = self._create(group, source, owner) if self._context.apply else {}
        if self._context.apply:
            state.note_owner("group", group)
        with costs(item, "settings of groups", group):
            self._describe(group, source, current, item)
        self._members.move(group, current, owner, item)
        if complete:
            self._members.remove(group, item)
        else:
            item.problem("members: none removed", "fewer were read than Easemob counts; a later run tries again", group)
        if self._context.does("settings") and self._context.conversations != "none":
            self._silences(group)

    # ---- fields of the group ----

    def _create(self, group: str, source: Json, owner: str | None) -> Json:
        """Create the group and return Curlew's record of it. Texts are written afterwards, so that an invalid text does
        not prevent the creation.
        """
        state, target = self._context.state, self._context.target
        wanted = _described(source, members_of(source)) | dict.fromkeys(_TEXTS)
        # Curlew creates a public group without invitations, whatever the request says.
        shown = wanted | ({"allowinvites": None} if wanted["public"] else {})
        for name, value in [*shown.items(), ("owner", owner)]:
            state.remember("group", group, name, state.digest(value))
        body = {name: value for name, value in (_sent(wanted) | {"owner": owner}).items() if value not in (None, "")}
        try:
            target.create_group({"groupid": group} | body)
        except Refused:
            # The group may exist: this may be the second try after a lost answer.
            if (found := target.group(group)) is None:
                raise
            return found
        return target.group(group) or {}

    def _describe(self, group: str, source: Json, current: Json, item: Item) -> None:
        target, merge = self._context.target, self._context.merge(item)
        wanted, there = _described(source, members_of(source)), _described(current)
        fields = [Field(name, wanted[name], there[name]) for name in wanted]
        merge.fields(
            "group", group, "settings of groups", fields,
            lambda chosen: target.change_group(group, _sent({it.name: it.source for it in chosen})),
        )  # fmt: skip
        disabled = Field("disabled", source.get("disabled") or None, current.get("disabled") or None)
        merge.fields("group", group, "disabled groups", [disabled], lambda _: target.disable_group(group, disabled.source is True))
        with costs(item, "announcements", group):
            text = self._context.source.announcement(group)
            if text is not None or self._context.state.known("group", group, "announcement") is not None:
                field = Field("announcement", text, target.announcement(group) if current else None)
                merge.fields("group", group, "announcements", [field], lambda _: target.announce(group, text))

    # ---- settings of members ----

    def _silences(self, group: str) -> None:
        state, scope = self._context.state, _conversations_of(group)
        # Settings of users who left the group or were erased at Curlew are not read.
        side, both = (CURLEW, True) if self._context.apply else ("", False)
        for part in state.staged(group, EASEMOB, side, both, AT_ONCE):
            for user in part:
                if state.is_done(scope, user):
                    continue
                own = Item()
                with costs(own, "settings of conversations", f"{user} in {group}"):
                    self._conversations.conversation(user, "chatgroup", group, own)
                state.finish(scope, user, own)


def _conversations_of(group: str) -> str:
    return f"conversation {group}"


def _described(group: Json, members: int = 0) -> Json:
    """Return the fields of a group in one form for both sides. Easemob may have more members than its own maximum."""
    most = int(group.get("maxusers") or 0)
    texts = {name: group.get(name) or None for name in _TEXTS}
    return texts | {name: True if group.get(name) is True else None for name in _FLAGS} | {"maxusers": max(most, members) if most else None}


def _sent(fields: Json) -> Json:
    """Return the fields in the form of a request."""
    unset = dict.fromkeys(_TEXTS, "") | dict.fromkeys(_FLAGS, False)
    return {name: unset.get(name) if value is None else value for name, value in fields.items()}
