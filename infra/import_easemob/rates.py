"""How many calls a second an app may make, by the calls that share a rate.

Easemob's are those of its page of limits, https://doc.easemob.com/document/server-side/limitationapi.html, read in its edition of
2025 (easemob/easemob-doc, commit 1c19a68a). Where it names no rate its general one holds, 100 a second. Calls of the app's clients count
towards the same rates, so a run takes a share of them only.

Curlew's are those of docs/api.md, "Limits". They hold for each process of a function, so a run that keeps to them leaves room.
"""

from __future__ import annotations

# Names of the rates. Both sides have the same.
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

# Everything about groups shares one rate here, and so do the settings of the app.
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
