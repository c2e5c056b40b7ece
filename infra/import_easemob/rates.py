"""Calls a second that an app may make, for each group of calls that share a rate limit.

Easemob's limits are from https://doc.easemob.com/document/server-side/limitationapi.html, in the edition of 2025
(easemob/easemob-doc, commit 1c19a68a). Calls that the page does not name have its general limit, 100 a second. Calls of
the app's clients count towards the same limits, so a run uses only a share of them.

Curlew's limits are from docs/api.md, "Limits". They apply to each process of a function, so a run leaves room for
others.
"""

from __future__ import annotations

# Names of the rates, the same at both sides.
TOKEN = "token"
USERS = "users"
NOTIFICATION = "notification"
LANGUAGE = "language"
CHOICE = "template of a user"
TEMPLATE = "template"
CONTACTS = "contacts"
GROUPS = "list of groups"
GROUP = "group"
MEMBERS = "members"
ADMINS = "admins"
ANNOUNCEMENT = "announcement"

EASEMOB: dict[str, float] = {
    # POST /token
    TOKEN: 300,
    # GET /users, GET /users/{u}, GET /users/{u}/push/binding: all calls about users and bindings together
    USERS: 100,
    # GET /users/{u}/notification/{chattype}/{key}
    NOTIFICATION: 100,
    # GET /users/{u}/notification/language
    LANGUAGE: 100,
    # GET /users/{u}/notification/template: the page has PUT only
    CHOICE: 100,
    # GET /notification/template/{name}
    TEMPLATE: 10,
    # GET /users/{u}/contacts/users
    CONTACTS: 100,
    # GET /chatgroups
    GROUPS: 100,
    # GET /chatgroups/{ids}
    GROUP: 100,
    # GET /chatgroups/{g}/users
    MEMBERS: 100,
    # GET /chatgroups/{g}/admin
    ADMINS: 100,
    # GET /chatgroups/{g}/announcement
    ANNOUNCEMENT: 100,
}

# All calls about groups share one rate at Curlew, and so do the settings of the app.
OTHER = "other"

CURLEW: dict[str, float] = {
    TOKEN: 300,
    USERS: 100,
    NOTIFICATION: 100,
    LANGUAGE: 100,
    CHOICE: 100,
    TEMPLATE: 10,
    OTHER: 100,
}
