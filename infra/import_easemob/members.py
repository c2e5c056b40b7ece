"""Moves the people of a group: members, owner, administrators. Members need not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import names
from .api import Json
from .context import Context, costs
from .curlew import AT_ONCE
from .merge import Field
from .state import Item

# Names of the two sides of a group in the stored rows.
EASEMOB, CURLEW = "easemob", "curlew"


class Members:
    """Moves the people of a group."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def read(self, group: str, source: Json, item: Item) -> tuple[str | None, bool]:
        """Store the members at Easemob. Returns their owner, and whether all were read. A member who joined or left
        during the reads may be missing.
        """
        owner, odd = names.user(source.get("owner")), 0
        for page in self._context.source.members(group):
            folded = [(user, names.user(user)) for user in page.users]
            for user, name in folded:
                if name is None:
                    odd += 1
                    item.problem("members: left", "no user id that Curlew takes: 1 to 64 of a-z 0-9 _ - .", f"{user} in {group}")
            self._context.state.stage(group, EASEMOB, [name for _, name in folded if name is not None])
            owner = owner or names.user(page.owner)
        if owner is not None:
            self._context.state.stage(group, EASEMOB, [owner])
        read = self._context.state.number_staged(group, EASEMOB) + odd
        return owner, read >= members_of(source)

    def move(self, group: str, current: Json, owner: str | None, item: Item) -> None:
        """Move the members who were read, the owner among them."""
        state, target = self._context.state, self._context.target
        before = names.user(current.get("owner"))
        if current:
            for page in target.members(group):
                state.stage(group, CURLEW, page)
            state.stage(group, CURLEW, [before] if before else [])
        merge = self._context.merge(item)
        for both in (True, False):
            for part in state.staged(group, EASEMOB, CURLEW, both, AT_ONCE):
                fields = [Field(user, True, both or None) for user in part]
                merge.fields("member", group, "members", fields, lambda chosen: self._add(group, _names(chosen)))
        if owner is not None:
            field = Field("owner", owner, before)
            merge.fields("group", group, "owners", [field], lambda _: target.give_group(group, owner))
        with costs(item, "administrators", group):
            self._admins(group, current, item)

    def _add(self, group: str, users: Sequence[str]) -> None:
        self._context.target.add_members(group, users)
        self._context.state.stage(group, CURLEW, users)

    def remove(self, group: str, item: Item) -> None:
        """Remove members whom an earlier run added and who have left at Easemob since."""
        state, target = self._context.state, self._context.target
        merge, owner = self._context.merge(item), None
        for part in state.staged(group, CURLEW, EASEMOB, False, AT_ONCE):
            # The present owner cannot be removed.
            owner = owner or names.user((target.group(group) or {}).get("owner"))
            leaving = [Field(user, None, True) for user in part if user != owner]
            merge.fields("member", group, "members who left", leaving, lambda chosen: target.remove_members(group, _names(chosen)))

    def _admins(self, group: str, current: Json, item: Item) -> None:
        target = self._context.target
        wanted = {name for name in map(names.user, self._context.source.admins(group)) if name is not None}
        moved = set(self._context.state.known_fields("admin", group))
        if not wanted and not moved:
            return
        there = set(target.admins(group)) if current else set()
        merge = self._context.merge(item)
        for user in sorted(wanted | moved):
            field = Field(user, user in wanted or None, user in there or None)
            merge.fields("admin", group, "administrators", [field], self._make_admin(group, user, user in wanted))

    def _make_admin(self, group: str, user: str, admin: bool) -> Callable[[list[Field]], None]:
        return lambda _: self._context.target.make_admin(group, user, admin)


def members_of(group: Json) -> int:
    """Return Easemob's number of members. A group has at least its owner."""
    return int(group.get("affiliations_count") or 1)


def _names(fields: Sequence[Field]) -> list[str]:
    return [field.name for field in fields]
