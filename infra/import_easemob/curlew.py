"""Reads and writes of Curlew: docs/api.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from . import rates
from .api import Api, Json
from .errors import Refused, Stopped

# Maximum users of one call that creates users, or adds or removes members.
AT_ONCE = 60
MEMBERS_A_PAGE = 100


class Curlew:
    """The app at Curlew."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._notifiers: set[str] | None = None
        self._lock = Lock()

    def advanced_push(self) -> bool:
        """Return whether modes, do-not-disturb and templates can be set."""
        return self._api.call(rates.OTHER, "GET", ["push", "settings"]).get("advanced_push") is True

    def has_notifier(self, name: str) -> bool:
        """Return whether the app has a notifier with this name. A run reads the app's notifiers, at most 100, once."""
        with self._lock:
            if self._notifiers is None:
                self._notifiers = {str(row.get("name")) for row in self._list("notifiers")}
            return name in self._notifiers

    def _list(self, path: str) -> Iterator[Json]:
        cursor: str | None = None
        while True:
            answer = self._api.call(rates.OTHER, "GET", [path], query={"cursor": cursor})
            yield from (row for row in answer.get("data") or [] if isinstance(row, dict))
            following = answer.get("cursor")
            if not following or following == cursor:
                return
            cursor = str(following)

    # ---- users ----

    def has_users(self) -> bool:
        """Return whether the app has any users."""
        return bool(self._api.call(rates.USERS, "GET", ["users"], query={"limit": 1}).get("entities"))

    def user(self, user: str) -> Json | None:
        """Return the record of a user."""
        found = self._missing_is_none(rates.USERS, ["users", user])
        entities = (found or {}).get("entities")
        return entities[0] if isinstance(entities, list) and entities and isinstance(entities[0], dict) else None

    def create(self, users: Sequence[str]) -> dict[str, str]:
        """Create users. Returns the reasons for those who were not created, existing users among them. Existing users
        stay unchanged.
        """
        answer = self._api.call(rates.USERS, "POST", ["users"], [{"username": user} for user in users])
        failed = answer.get("data")
        rows = [row for row in failed if isinstance(row, dict)] if isinstance(failed, list) else []
        return {str(row.get("username")): str(row.get("registerUserFailReason")) for row in rows}

    def change_user(self, user: str, fields: Json) -> None:
        """Set some fields of a user."""
        self._api.call(rates.USERS, "PUT", ["users", user], fields)

    def ban(self, user: str, banned: bool) -> None:
        """Ban a user, or lift the ban."""
        self._api.call(rates.USERS, "POST", ["users", user, "deactivate" if banned else "activate"])

    def bind(self, user: str, device: str, notifier: str, token: str) -> None:
        """Bind a device token. An empty token removes the binding."""
        body = {"device_id": device, "notifier_name": notifier, "device_token": token}
        self._api.call(rates.USERS, "PUT", ["users", user, "push", "binding"], body)

    def notification(self, user: str, chat_type: str, key: str) -> Json:
        """Return mode and do-not-disturb for the whole app or a conversation."""
        return _data(self._api.call(rates.NOTIFICATION, "GET", ["users", user, "notification", chat_type, key]))

    def set_notification(self, user: str, chat_type: str, key: str, body: Json) -> None:
        """Set some of the settings for the whole app or a conversation."""
        self._api.call(rates.NOTIFICATION, "PUT", ["users", user, "notification", chat_type, key], body)

    def language(self, user: str) -> str | None:
        """Return the user's language."""
        answer = self._api.call(rates.LANGUAGE, "GET", ["users", user, "notification", "language"])
        return _data(answer).get("language") or None

    def set_language(self, user: str, language: str | None) -> None:
        """Set or remove the user's language."""
        body = {"translationLanguage": language or ""}
        self._api.call(rates.LANGUAGE, "PUT", ["users", user, "notification", "language"], body)

    def template_choice(self, user: str) -> str | None:
        """Return the template that the user chose."""
        answer = self._api.call(rates.CHOICE, "GET", ["users", user, "notification", "template"])
        return _data(answer).get("templateName") or None

    def set_template_choice(self, user: str, name: str | None) -> None:
        """Set or remove the template that the user chose."""
        self._api.call(rates.CHOICE, "PUT", ["users", user, "notification", "template"], {"templateName": name or ""})

    # ---- templates ----

    def template(self, name: str) -> Json | None:
        """Return a template, or `None`."""
        try:
            return _data(self._api.call(rates.TEMPLATE, "GET", ["notification", "template", name]))
        except Refused as refused:
            if refused.status == 404 or "not exist" in refused.description:
                return None
            raise

    def create_template(self, template: Json) -> None:
        """Create a template."""
        self._api.call(rates.TEMPLATE, "POST", ["notification", "template"], template)

    def change_template(self, name: str, patterns: Json) -> None:
        """Change the patterns of a template."""
        self._api.call(rates.TEMPLATE, "PUT", ["notification", "template", name], patterns)

    # ---- groups ----

    def group(self, group: str) -> Json | None:
        """Return the settings of a group."""
        found = self._missing_is_none(rates.OTHER, ["chatgroups", group])
        data = (found or {}).get("data")
        if isinstance(data, dict):
            raise Stopped("this Curlew answers GET /chatgroups/{group} in the form of before; upgrade it first")
        return data[0] if isinstance(data, list) and data and isinstance(data[0], dict) else None

    def create_group(self, body: Json) -> None:
        """Create a group."""
        self._api.call(rates.OTHER, "POST", ["chatgroups"], body)

    def change_group(self, group: str, fields: Json) -> None:
        """Set some fields of a group."""
        self._api.call(rates.OTHER, "PUT", ["chatgroups", group], fields)

    def give_group(self, group: str, owner: str) -> None:
        """Make a member the owner."""
        with _done_before("are the same"):
            self._api.call(rates.OTHER, "PUT", ["chatgroups", group], {"newowner": owner})

    def disable_group(self, group: str, disabled: bool) -> None:
        """Disable or enable a group."""
        self._api.call(rates.OTHER, "POST", ["chatgroups", group, "disable" if disabled else "enable"])

    def members(self, group: str) -> Iterator[list[str]]:
        """Yield the members page by page, without the owner."""
        cursor: str | None = None
        while True:
            query: dict[str, str | int | None] = {"version": "v3", "limit": MEMBERS_A_PAGE, "cursor": cursor}
            answer = self._api.call(rates.OTHER, "GET", ["chatgroups", group, "users"], query=query)
            yield [name for name in answer.get("data") or [] if isinstance(name, str)]
            following = answer.get("cursor")
            if not following or following == cursor:
                return
            cursor = str(following)

    def add_members(self, group: str, users: Sequence[str]) -> None:
        """Add members. Existing members stay."""
        with _done_before("already in group"):
            self._api.call(rates.OTHER, "POST", ["chatgroups", group, "users"], {"usernames": list(users)})

    def remove_members(self, group: str, users: Sequence[str]) -> None:
        """Remove members. Users who are no members are ignored."""
        with _done_before("not members"):
            self._api.call(rates.OTHER, "DELETE", ["chatgroups", group, "users", ",".join(users)])

    def admins(self, group: str) -> list[str]:
        """Return the administrators."""
        found = self._api.call(rates.OTHER, "GET", ["chatgroups", group, "admin"]).get("data")
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []

    def make_admin(self, group: str, user: str, admin: bool) -> None:
        """Make a member an administrator, or a plain member again."""
        path = ["chatgroups", group, "admin"]
        with _done_before("is no admin"):
            if admin:
                self._api.call(rates.OTHER, "POST", path, {"newadmin": user})
            else:
                self._api.call(rates.OTHER, "DELETE", [*path, user])

    def announcement(self, group: str) -> str | None:
        """Return the announcement of a group."""
        answer = self._api.call(rates.OTHER, "GET", ["chatgroups", group, "announcement"])
        return _data(answer).get("announcement") or None

    def announce(self, group: str, text: str | None) -> None:
        """Set the announcement of a group."""
        self._api.call(rates.OTHER, "POST", ["chatgroups", group, "announcement"], {"announcement": text or ""})

    def _missing_is_none(self, rate: str, path: list[str]) -> Json | None:
        try:
            return self._api.call(rate, "GET", path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise


@contextmanager
def _done_before(text: str) -> Iterator[None]:
    """Ignore a refusal that says that the change is made already: another client was faster, or an answer was lost."""
    try:
        yield
    except Refused as refused:
        if refused.error != "forbidden_op" or text not in refused.description:
            raise


def _data(answer: Json) -> dict[str, Any]:
    found = answer.get("data")
    return found if isinstance(found, dict) else {}
