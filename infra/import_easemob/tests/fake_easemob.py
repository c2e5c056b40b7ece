"""Fake of Easemob's routes that the import reads, with the shapes of its pages. It refuses calls that would write."""

from __future__ import annotations

from typing import Any

from .server import Error, Json, Rest, cursor, page


class FakeEasemob(Rest):
    """An app at Easemob."""

    def __init__(self, key: str = "acme#chat") -> None:
        super().__init__(key)
        # User name to fields of the list, in the order of creation.
        self.users: dict[str, Json] = {}
        self.bindings: dict[str, list[Json]] = {}
        self.notification: dict[tuple[str, str, str], Json] = {}
        self.languages: dict[str, str] = {}
        self.choices: dict[str, str] = {}
        self.contacts: dict[str, list[str]] = {}
        self.templates: dict[str, Json] = {}
        # Group id to fields of the details, with `members`, `admins` and `announcement`; the newest last.
        self.groups: dict[str, Json] = {}
        self.users_a_page = 100
        # The token that calls of settings need: any, or the user's own.
        self.settings_for = "anybody"
        self.has_bindings_route = True

    def user(self, name: str, **fields: Any) -> None:
        """Register a user."""
        self.users[name] = {"username": name, "activated": True, **fields}

    def bind(self, user: str, device: str, notifier: str, token: str) -> None:
        """Bind a device token."""
        binding = {"device_id": device, "device_token": token, "notifier_name": notifier}
        self.bindings.setdefault(user, []).append(binding)

    def group(self, group: str, owner: str, members: list[str], **fields: Any) -> None:
        """Create a group."""
        self.groups[group] = {
            "name": "", "description": "", "custom": "", "public": False, "membersonly": True, "allowinvites": False, "maxusers": 200,
            "disabled": False, "owner": owner, "members": members, "admins": [], "announcement": "", **fields,
        }  # fmt: skip

    def route(self, method: str, path: list[str], query: dict[str, str], body: Any, user: str | None) -> Json:
        if method != "GET":
            raise AssertionError(f"the import writes to Easemob: {method} {path}")
        match path:
            case ["users"]:
                rows, following = page(list(self.users.values()), query, self.users_a_page)
                return {"entities": rows, "count": len(rows), **cursor(following)}
            case ["users", name]:
                shown = [{"device_Id": it["device_id"]} | it for it in self.bindings.get(name, [])]
                return {"entities": [self._known(name) | {"pushInfo": shown}]}
            case ["users", name, "push", "binding"] if self.has_bindings_route:
                self._known(name)
                return {"entities": self.bindings.get(name, [])}
            case ["users", name, "contacts", "users"]:
                return {"data": self.contacts.get(name, [])}
            case ["users", name, "notification", *key]:
                return {"data": self._settings(name, key, user)}
            case ["notification", "template", name]:
                if name not in self.templates:
                    raise Error(400, "EntityNotFoundException", f"{name} template is not exist")
                return {"data": self.templates[name] | {"name": name, "createAt": 1, "updateAt": 1}}
            case ["chatgroups"]:
                newest = list(reversed(self.groups))
                rows, following = page([self._listed(it) for it in newest], query, 1000)
                return {"data": rows, "count": len(rows), **cursor(following)}
            case ["chatgroups", group, *rest]:
                return self._of_group(group, rest, query)
        raise Error(404, "service_resource_not_found", "no such route")

    def _known(self, name: str) -> Json:
        if name not in self.users:
            raise Error(404, "service_resource_not_found", "Service resource not found")
        return self.users[name]

    def _settings(self, name: str, key: list[str], user: str | None) -> Json:
        if self.settings_for == "unknown":
            raise Error(404, "service_resource_not_found")
        if self.settings_for == "nobody":
            raise Error(403, "ServiceNotOpenException", "push service not open")
        if self.settings_for == "themselves" and user != name:
            raise Error(401, "unauthorized", "Unable to authenticate (OAuth)")
        self._known(name)
        match key:
            case ["language"]:
                return {"language": self.languages.get(name, "")}
            case ["template"]:
                return {"templateName": self.choices[name]} if name in self.choices else {}
            case [chat_type, other]:
                return self.notification.get((name, chat_type, other), {})
        raise Error(404, "service_resource_not_found")

    def _listed(self, group: str) -> Json:
        owner = f"{self.org}#{self.app}_{self.groups[group]['owner']}"
        return {"groupid": group, "groupname": self.groups[group]["name"], "owner": owner, "affiliations": 1}

    def _of_group(self, group: str, rest: list[str], query: dict[str, str]) -> Json:
        if group not in self.groups:
            raise Error(404, "resource_not_found", f"grpID {group} does not exist!")
        found = self.groups[group]
        match rest:
            case []:
                own = ("members", "admins", "announcement")
                shown = {name: value for name, value in found.items() if name not in own}
                return {"data": [{"id": group, "affiliations_count": len(found["members"]) + 1} | shown], "count": 1}
            case ["users"]:
                number, size = int(query["pagenum"]), int(query["pagesize"])
                rows = [{"owner": found["owner"]}]
                rows += [{"admin" if it in found["admins"] else "member": it} for it in found["members"]]
                rows = rows[(number - 1) * size : number * size]
                return {"data": rows, "count": len(rows), "params": {"pagenum": [str(number)], "pagesize": [str(size)]}}
            case ["admin"]:
                return {"data": found["admins"]}
            case ["announcement"]:
                return {"data": {"announcement": found["announcement"]}}
        raise Error(404, "service_resource_not_found")
