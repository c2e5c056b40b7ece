"""Fake of Curlew's routes that the import uses, with the rules that it could break: docs/api.md."""

from __future__ import annotations

import copy
import re
from typing import Any

from .server import Error, Json, Rest, cursor, page

_USER = re.compile(r"[a-z0-9_.-]{1,64}")


class FakeCurlew(Rest):
    """An app at Curlew."""

    def __init__(self, key: str = "acme#chat") -> None:
        super().__init__(key)
        self.advanced_push = True
        self.notifiers = {"huawei", "fcm"}
        self.users: dict[str, Json] = {}
        self.bindings: dict[str, dict[tuple[str, str], str]] = {}
        self.notification: dict[tuple[str, str, str], Json] = {}
        self.languages: dict[str, str] = {}
        self.choices: dict[str, str] = {}
        self.templates: dict[str, Json] = {}
        self.groups: dict[str, Json] = {}

    def everything(self) -> Json:
        """Return everything that could be lost or duplicated. The order of members is not defined."""
        names = ("users", "bindings", "notification", "languages", "choices", "templates", "groups")
        kept: Json = copy.deepcopy({name: getattr(self, name) for name in names})
        for group in kept["groups"].values():
            group["members"].sort()
        return kept

    def route(self, method: str, path: list[str], query: dict[str, str], body: Any, user: str | None) -> Json:
        match method, path:
            case "GET", ["push", "settings"]:
                return {"advanced_push": self.advanced_push}
            case "GET", ["notifiers"]:
                rows, following = page([{"name": name} for name in sorted(self.notifiers)], {"limit": "1"} | query, 100)
                return {"data": rows, **cursor(following)}
            case "GET", ["users"]:
                rows, following = page([{"username": name} for name in self.users], query, 100)
                return {"entities": rows, **cursor(following)}
            case "POST", ["users"]:
                return self._create(body)
            case _, ["users", name, *rest]:
                return self._of_user(method, name, rest, body)
            case _, ["notification", "template", *rest]:
                return {"data": self._template(method, rest, body)}
            case "POST", ["chatgroups"]:
                return {"data": {"groupid": self._create_group(body)}}
            case _, ["chatgroups", group, *rest]:
                return self._of_group(method, group, rest, query, body)
        raise Error(404, "service_resource_not_found", f"{method} {path} is not a route of this API")

    # ---- users ----

    def _create(self, body: list[Json]) -> Json:
        if not 1 <= len(body) <= 60:
            raise Error(400, "illegal_argument", "the request body must have 1 to 60 entries")
        if any(not _USER.fullmatch(it["username"]) for it in body):
            raise Error(400, "illegal_argument", "username is not legal")
        taken = [it["username"] for it in body if it["username"] in self.users]
        fresh = [it["username"] for it in body if it["username"] not in self.users]
        for name in fresh:
            self.users[name] = {"username": name, "activated": True}
        failed = [{"username": name, "registerUserFailReason": f"the user {name} exists"} for name in taken]
        return {"entities": [self.users[name] for name in fresh], "data": failed}

    def _of_user(self, method: str, name: str, rest: list[str], body: Any) -> Json:
        match method, rest:
            case "GET", []:
                if name not in self.users:
                    raise Error(404, "service_resource_not_found", f"the app has no user {name}")
                rows = [
                    {"device_Id": device, "notifier_name": notifier, "device_token": token}
                    for (device, notifier), token in self.bindings.get(name, {}).items()
                ]
                return {"entities": [self.users[name] | ({"pushInfo": rows} if rows else {})]}
            case "PUT", []:
                return self._change(name, body)
            case "POST", ["deactivate" | "activate" as asked]:
                self._user(name)["activated"] = asked == "activate"
                return {"entities": [self.users[name]]}
            case "PUT", ["push", "binding"]:
                return self._bind(name, body)
            case _, ["notification", *key]:
                return {"data": self._settings(method, name, key, body)}
        raise Error(404, "service_resource_not_found")

    def _user(self, name: str) -> Json:
        return self.users.setdefault(name, {"username": name, "activated": True})

    def _change(self, name: str, body: Json) -> Json:
        if len(body.get("nickname") or "") > 100:
            raise Error(400, "illegal_argument", "nickname must be at most 100 characters")
        if str(body.get("notification_display_style", 0)) not in ("0", "1"):
            raise Error(400, "illegal_argument", "notification_display_style must be 0 or 1")
        user = self._user(name)
        for field, value in body.items():
            if value == "":
                user.pop(field, None)
            else:
                user[field] = value
        return {"entities": [user]}

    def _bind(self, name: str, body: Json) -> Json:
        device, notifier, token = body["device_id"], body["notifier_name"], body["device_token"]
        if len(token) > 4096:
            raise Error(400, "illegal_argument", "device_token must be 1 to 4096 bytes long")
        self._user(name)
        if token:
            # The last user who binds a token owns it.
            for others in self.bindings.values():
                for slot in [it for it, held in others.items() if held == token and it[1] == notifier]:
                    del others[slot]
            self.bindings.setdefault(name, {})[device, notifier] = token
        else:
            self.bindings.get(name, {}).pop((device, notifier), None)
        return {"entities": []}

    def _settings(self, method: str, name: str, key: list[str], body: Any) -> Json:
        if method == "PUT":
            self._user(name)
        match key:
            case ["language"]:
                if method == "PUT":
                    self.languages[name] = body["translationLanguage"]
                return {"language": self.languages.get(name, "")}
            case ["template"]:
                if method == "PUT":
                    if body["templateName"] and body["templateName"] not in self.templates:
                        raise Error(400, "entity_not_found", f"{body['templateName']} template is not exist")
                    self.choices[name] = body["templateName"]
                return {"templateName": self.choices.get(name, "")}
            case [chat_type, other]:
                return self._notification(method, name, chat_type, other, body)
        raise Error(404, "service_resource_not_found")

    def _notification(self, method: str, name: str, chat_type: str, other: str, body: Any) -> Json:
        if not self.advanced_push:
            raise Error(403, "service_not_open", "push service not open: advanced_push is off")
        unset = "ALL" if chat_type == "user" and name == other else "DEFAULT"
        found = self.notification.get((name, chat_type, other), {"type": unset, "ignoreInterval": "", "ignoreDuration": 0})
        if method == "PUT":
            found = found | body
            if "ignoreDuration" in body and body["ignoreDuration"]:
                # A request has the length, an answer has the end.
                found["ignoreDuration"] = self.now() + body["ignoreDuration"]
            found["type"] = unset if found["type"] == "DEFAULT" else found["type"]
            self.notification[name, chat_type, other] = found
        return found

    # ---- templates ----

    def _template(self, method: str, rest: list[str], body: Any) -> Json:
        name = rest[0] if rest else body["name"]
        if method == "POST" and name in self.templates:
            raise Error(409, "conflict", f"the template {name} exists")
        if method != "POST" and name not in self.templates:
            raise Error(400, "entity_not_found", f"{name} template is not exist")
        if method in ("POST", "PUT"):
            patterns = {it: body[it] for it in ("title_pattern", "content_pattern") if it in body}
            self.templates[name] = self.templates.get(name, {}) | patterns
        return self.templates[name] | {"name": name}

    # ---- groups ----

    def _create_group(self, body: Json) -> str:
        group = str(body["groupid"])
        if group in self.groups:
            raise Error(400, "illegal_argument", f"group ID {group} already exists!")
        members = ([body["owner"]] if body.get("owner") else []) + body.get("members", [])
        self.groups[group] = {
            "name": body.get("groupname", ""), "description": body.get("description", ""), "custom": body.get("custom", ""),
            "avatar": body.get("avatar", ""), "public": body["public"], "membersonly": body.get("membersonly", False),
            # Curlew creates a public group without invitations.
            "allowinvites": body.get("allowinvites", False) and not body["public"],
            "maxusers": body.get("maxusers", 200), "owner": body.get("owner"), "members": members, "admins": [],
            "announcement": "", "disabled": False,
        }  # fmt: skip
        return group

    def _of_group(self, method: str, group: str, rest: list[str], query: dict[str, str], body: Any) -> Json:
        if group not in self.groups:
            raise Error(404, "resource_not_found", f"grpID {group} does not exist!")
        found = self.groups[group]
        match method, rest:
            case "GET", []:
                shown = {name: value for name, value in found.items() if name not in ("members", "admins", "announcement")}
                return {"data": [shown | {"id": group, "affiliations_count": len(found["members"])}]}
            case "PUT", []:
                return self._change_group(found, body)
            case "POST", ["disable" | "enable" as asked]:
                found["disabled"] = asked == "disable"
                return {"data": {"disabled": found["disabled"]}}
            case "GET", ["users"]:
                names = [name for name in found["members"] if name != found["owner"]]
                rows, following = page(names, query, 100)
                return {"data": rows, **cursor(following)}
            case "POST", ["users"]:
                return self._add(group, found, body["usernames"])
            case "DELETE", ["users", names]:
                return self._remove(group, found, names.split(","))
            case _, ["admin", *user]:
                return {"data": self._admin(method, group, found, user, body)}
            case _, ["announcement"]:
                if method == "POST":
                    found["announcement"] = body["announcement"]
                return {"data": {"announcement": found["announcement"]}}
        raise Error(404, "service_resource_not_found")

    def _change_group(self, found: Json, body: Json) -> Json:
        if len(body.get("name", "")) > 128:
            raise Error(400, "illegal_argument", "name must be at most 128 characters")
        if (owner := body.get("newowner")) is not None:
            if owner == found["owner"]:
                raise Error(403, "forbidden_op", "new owner and old owner are the same")
            if owner not in found["members"]:
                raise Error(403, "forbidden_op", f"user: {owner} doesn't exist in group")
            found["owner"] = owner
        found |= {name: value for name, value in body.items() if name != "newowner"}
        return {"data": dict.fromkeys(body, True)}

    def _add(self, group: str, found: Json, names: list[str]) -> Json:
        fresh = [name for name in names if name not in found["members"]]
        if not 1 <= len(names) <= 60:
            raise Error(400, "illegal_argument", "usernames must have 1 to 60 entries")
        if not fresh:
            raise Error(403, "forbidden_op", f"can not join this group, reason:user: {','.join(names)} already in group: {group}")
        if len(found["members"]) + len(fresh) > found["maxusers"]:
            raise Error(403, "exceed_limit", f"the group {group} is full")
        found["members"] += fresh
        return {"data": {"groupid": group, "newmembers": fresh, "action": "add_member"}}

    def _remove(self, group: str, found: Json, names: list[str]) -> Json:
        if len(names) > 60 or found["owner"] in names:
            raise Error(403, "forbidden_op", "forbidden operation on group owner!")
        if not set(names) & set(found["members"]):
            raise Error(403, "forbidden_op", f"users [{','.join(names)}] are not members of this group!")
        found["members"] = [name for name in found["members"] if name not in names]
        found["admins"] = [name for name in found["admins"] if name not in names]
        gone = [{"groupid": group, "action": "remove_member", "user": name, "result": True} for name in names]
        return {"data": gone if len(gone) > 1 else gone[0]}

    def _admin(self, method: str, group: str, found: Json, user: list[str], body: Any) -> Any:
        if method == "POST":
            if body["newadmin"] not in found["members"]:
                raise Error(403, "forbidden_op", "no member")
            found["admins"] = sorted({*found["admins"], body["newadmin"]})
        elif method == "DELETE":
            if user[0] not in found["admins"]:
                raise Error(403, "forbidden_op", f"user: {user[0]} is no admin of group: {group}")
            found["admins"] = [name for name in found["admins"] if name != user[0]]
        return found["admins"]
