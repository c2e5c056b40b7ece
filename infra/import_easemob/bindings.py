"""Moves the device tokens of users.

A device token must not reach another user's messages. A token that Easemob has for two users is bound for neither,
because nobody can tell who has the phone now. The app binds it again when it starts.
"""

from __future__ import annotations

import json
from threading import Lock

from .api import Json
from .context import Context
from .easemob import Binding
from .ledger import TokenOwner
from .merge import Field, Merge
from .state import Item

_SHARED = "a device token of two users: bound for neither until the app starts again"


class Bindings:
    """Moves bindings."""

    def __init__(self, context: Context) -> None:
        self._context = context
        # A thread that decides about a token holds its lock until the token is bound.
        self._locks = [Lock() for _ in range(64)]

    def move(self, user: str, record: Json, item: Item, banned: bool) -> None:
        """Move the bindings of a user to Curlew, where they are as in `record`. A banned user has none there."""
        wanted: dict[tuple[str, str], str] = {}
        left: set[tuple[str, str]] = set()
        # A banned user gets no pushes, and binds again at the first login after the ban.
        if not banned:
            wanted, left = self._wanted(user, item)
        current = _bound(record)
        moved = {_key(field) for field in self._context.state.known_fields("binding", user)}
        merge = self._context.merge(item)
        for device, notifier in sorted((moved | wanted.keys()) - left):
            token = wanted.get((device, notifier))
            if token is None:
                self._one(merge, user, Binding(device, notifier, ""), None, current.get((device, notifier)))
                continue
            binding = Binding(device, notifier, token)
            digest = self._context.state.digest([notifier, token])
            with self._locks[int(digest[:4], 16) % len(self._locks)]:
                if not self._is_shared(user, binding, digest, item):
                    self._one(merge, user, binding, token, current.get((device, notifier)))

    def _one(self, merge: Merge, user: str, binding: Binding, token: str | None, current: str | None) -> None:
        field = Field(_field(binding.device, binding.notifier), token, current)
        target = self._context.target
        merge.fields("binding", user, "bindings", [field], lambda _: target.bind(user, binding.device, binding.notifier, token or ""))

    def _wanted(self, user: str, item: Item) -> tuple[dict[tuple[str, str], str], set[tuple[str, str]]]:
        """Return the tokens at Easemob by device and notifier, and the bindings to leave unchanged."""
        wanted: dict[tuple[str, str], str] = {}
        left: set[tuple[str, str]] = set()
        for binding in self._context.source.bindings(user):
            if not (binding.device and binding.notifier and binding.token):
                item.problem("bindings: cannot be understood", "without a device, a certificate or a token", user)
                continue
            there = self._context.target.has_notifier(binding.notifier)
            item.certificate(binding.notifier, there)
            item.count("bindings", "read")
            if there:
                wanted[binding.device, binding.notifier] = binding.token
            else:
                left.add((binding.device, binding.notifier))
                item.count("bindings", "left: no such notifier at Curlew")
        return wanted, left

    # ---- tokens of two users ----

    def _is_shared(self, user: str, binding: Binding, digest: str, item: Item) -> bool:
        state = self._context.state
        owner = state.token_owner(digest)
        # The owner that an earlier run saw may have changed since.
        if owner is None or owner.user == user or (owner.run < state.run and not owner.shared):
            shared = owner is not None and owner.shared
            state.note_token(digest, user, binding.device, binding.notifier, shared)
        else:
            shared = True
            if not owner.shared:
                self._take_back(owner, binding.token)
                item.problem("bindings: left", _SHARED, owner.user)
            state.note_token(digest, user, binding.device, binding.notifier, shared=True)
        if shared:
            item.problem("bindings: left", _SHARED, user)
            item.count("bindings", "left: of two users")
        return shared

    def _take_back(self, owner: TokenOwner, token: str) -> None:
        """Remove the first user's binding, if this run made it."""
        if not self._context.apply:
            return
        field = _field(owner.device, owner.notifier)
        if self._context.state.known("binding", owner.user, field) is not None:
            if _bound(self._context.target.user(owner.user) or {}).get((owner.device, owner.notifier)) == token:
                self._context.target.bind(owner.user, owner.device, owner.notifier, "")
            self._context.state.forget("binding", owner.user, field)


def _bound(record: Json) -> dict[tuple[str, str], str]:
    found = record.get("pushInfo")
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return {(str(row.get("device_Id")), str(row.get("notifier_name"))): str(row.get("device_token")) for row in rows}


def _field(device: str, notifier: str) -> str:
    return json.dumps([device, notifier])


def _key(field: str) -> tuple[str, str]:
    device, notifier = json.loads(field)
    return str(device), str(notifier)
