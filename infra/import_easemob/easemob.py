"""Reads of Easemob.

Pages: https://doc.easemob.com/document/server-side/ with account_detail_obtain_batch, push_information_bind_unbind,
push_settings_query, push_template_create, group_manage, group_member_obtain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from . import rates
from .api import Api, Json
from .clock import Clock
from .errors import NotFound, Refused, Unreadable

USERS_A_PAGE = 100
GROUPS_A_PAGE = 100
MEMBERS_A_PAGE = 1000
# Number of refusals after which a kind of settings is not read any more, if no user's was ever read.
_REFUSALS = 3


@dataclass(frozen=True)
class Page:
    """A page of a list, and the cursor of the next page."""

    rows: list[Json]
    cursor: str | None


@dataclass(frozen=True)
class Binding:
    """A device token of a device."""

    device: str
    notifier: str
    token: str


@dataclass
class Members:
    """A page of the members of a group."""

    users: list[str] = field(default_factory=list)
    owner: str | None = None


class Easemob:
    """The app at Easemob."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._refused: Counter[str] = Counter()
        self._answered: set[str] = set()
        self._as_user = False

    @property
    def shows_notification(self) -> bool:
        """Return whether modes and do-not-disturb can be read, as far as that is known."""
        return rates.NOTIFICATION in self._answered or not self._refused[rates.NOTIFICATION]

    # ---- lists ----

    def users(self, cursor: str | None) -> Page:
        """Return a page of users, the earliest first, with the fields of the list."""
        answer = self._api.call(rates.USERS, "GET", ["users"], query={"limit": USERS_A_PAGE, "cursor": cursor})
        return Page(_rows(answer.get("entities")), _next(answer, cursor))

    def groups(self, cursor: str | None) -> Page:
        """Return a page of groups, the newest first."""
        answer = self._api.call(rates.GROUPS, "GET", ["chatgroups"], query={"limit": GROUPS_A_PAGE, "cursor": cursor})
        return Page(_rows(answer.get("data")), _next(answer, cursor))

    # ---- of a user ----

    def bindings(self, user: str) -> list[Binding]:
        """Return the device tokens of all devices. If the server lacks the call, return those in the user's record."""
        try:
            answer = self._api.call(rates.USERS, "GET", ["users", user, "push", "binding"])
            return [_binding(row, "device_id") for row in _rows(answer.get("entities"))]
        except Refused as refused:
            if refused.status not in (404, 405):
                raise
        answer = self._api.call(rates.USERS, "GET", ["users", user])
        record = next(iter(_rows(answer.get("entities"))), {})
        return [_binding(row, "device_Id") for row in _rows(record.get("pushInfo"))]

    def notification(self, user: str, chat_type: str, key: str) -> tuple[Json, int]:
        """Return mode and do-not-disturb for the whole app or a conversation, and Easemob's time of the answer."""
        answer = self._setting(rates.NOTIFICATION, user, [chat_type, key])
        return _data(answer), int(answer.get("timestamp") or self._clock.millis())

    def language(self, user: str) -> str | None:
        """Return the language into which notifications are translated."""
        return _text(_data(self._setting(rates.LANGUAGE, user, ["language"])).get("language"))

    def template_choice(self, user: str) -> str | None:
        """Return the template that the user chose."""
        return _text(_data(self._setting(rates.CHOICE, user, ["template"])).get("templateName"))

    def contacts(self, user: str) -> list[str]:
        """Return the user's friends."""
        answer = self._api.call(rates.CONTACTS, "GET", ["users", user, "contacts", "users"])
        found = answer.get("data")
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []

    def _setting(self, rate: str, user: str, key: list[str]) -> Json:
        """Return a setting, read with the app's token or else with the user's. Raises `Unreadable` if neither gets an
        answer.
        """
        if self._refused[rate] >= _REFUSALS and rate not in self._answered:
            raise Unreadable(rate)
        path = ["users", user, "notification", *key]
        try:
            answer = self._with_either_token(user, lambda bearer: self._api.call(rate, "GET", path, bearer=bearer))
        except Refused as refused:
            if refused.status == 404:
                raise NotFound(rate) from refused
            if refused.status in (400, 401, 403, 405):
                self._refused[rate] += 1
            raise
        self._answered.add(rate)
        return answer

    def _with_either_token(self, user: str, call: Callable[[str | None], Json]) -> Json:
        """Try both tokens: older pages of Easemob ask for the app's token here, newer ones for the user's."""
        if self._as_user:
            return call(self._api.user_token(user))
        try:
            return call(None)
        except Refused as refused:
            if refused.status not in (401, 403):
                raise
        answer = call(self._api.user_token(user))
        self._as_user = True
        return answer

    # ---- templates ----

    def template(self, name: str) -> Json | None:
        """Return a template, or `None` if there is none with that name."""
        try:
            return _data(self._api.call(rates.TEMPLATE, "GET", ["notification", "template", name]))
        except Refused as refused:
            # Easemob answers 400 for a missing template.
            if refused.status == 404 or "not exist" in refused.description:
                return None
            raise

    # ---- of a group ----

    def group(self, group: str) -> Json | None:
        """Return the settings of a group, or `None` if it does not exist any more."""
        try:
            answer = self._api.call(rates.GROUP, "GET", ["chatgroups", group])
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        return next((row for row in _rows(answer.get("data")) if str(row.get("id")) == group), None)

    def members(self, group: str) -> Iterator[Members]:
        """Yield the members page by page, with the owner."""
        number, before = 1, None
        while True:
            query = {"pagenum": number, "pagesize": MEMBERS_A_PAGE}
            rows = _rows(self._api.call(rates.MEMBERS, "GET", ["chatgroups", group, "users"], query=query).get("data"))
            if rows == before:
                # A server that does not know page numbers always returns the first page.
                return
            page = Members()
            for row in rows:
                name = next((row[role] for role in ("owner", "admin", "member") if isinstance(row.get(role), str)), None)
                if name is not None:
                    page.users.append(name)
                    page.owner = name if "owner" in row else page.owner
            yield page
            if len(rows) < MEMBERS_A_PAGE:
                return
            number, before = number + 1, rows

    def admins(self, group: str) -> list[str]:
        """Return the administrators, without the owner."""
        found = self._api.call(rates.ADMINS, "GET", ["chatgroups", group, "admin"]).get("data")
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []

    def announcement(self, group: str) -> str | None:
        """Return the announcement of a group."""
        answer = self._api.call(rates.ANNOUNCEMENT, "GET", ["chatgroups", group, "announcement"])
        return _text(_data(answer).get("announcement"))


def _rows(found: Any) -> list[Json]:
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _data(answer: Json) -> Json:
    found = answer.get("data")
    return found if isinstance(found, dict) else {}


def _text(found: Any) -> str | None:
    return found if isinstance(found, str) and found else None


def _next(answer: Json, cursor: str | None) -> str | None:
    """Return the next cursor, or `None` at the end of a list: there is no cursor, or it is the one of the request."""
    following = _text(answer.get("cursor"))
    return None if following == cursor else following


def _binding(row: Json, device: str) -> Binding:
    return Binding(*(str(row.get(name) or "") for name in (device, "notifier_name", "device_token")))
