"""Compares the running local stack with docs/openapi.yaml: schemathesis calls every route and checks the answers.

Usage: openapi.py [ARGUMENT OF SCHEMATHESIS...]

Runs with the Python of schemathesis's environment. schemathesis.toml says what is called and checked.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from settings import CANARIES, LOCAL, ROOT, STATE_FILE

ORG = "openapi"


class Api:
    """The deployed API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def post(self, path: str, bearer: str | None, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a call that must succeed."""
        headers = {"Content-Type": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as refusal:
            sys.exit(f"[openapi] error: POST {path}: {refusal.code} {refusal.read().decode(errors='replace')}")


def note(kind: str, *texts: str) -> None:
    """Note texts that no log may show. The last step of `make e2e` searches for them."""
    with CANARIES.open("a") as file:
        file.writelines(f"{kind} {text}\n" for text in texts)


def prepare(state: dict[str, Any]) -> dict[str, str]:
    """Create what the routes need to succeed. Returns it under the names in schemathesis.toml."""
    api, operator = Api(state["api_url"]), state["operator_key"]
    # Each run uses an app name of its own, because the name of a deleted app stays reserved for a while.
    run = str(time.time_ns())
    app, doomed, revoked = f"calls-{run}", f"doomed-{run}", f"revoked-{run}"
    client = api.post("/management/apps", operator, {"org": ORG, "app": app, "settings": {"advanced_push": True}})
    for other in (doomed, revoked):
        api.post("/management/apps", operator, {"org": ORG, "app": other})
    login = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    token = api.post(f"/{ORG}/{app}/token", None, {"grant_type": "client_credentials", **login})["access_token"]
    with urllib.request.urlopen(f"{state['vendor_base_url']}/_sim/test-accounts", timeout=10) as answer:
        credential = json.load(answer)["xiaomi"]
    notifier = {"vendor": "xiaomi", "credential": credential}
    created = api.post(f"/{ORG}/{app}/notifiers", token, {"name": "xiaomi", **notifier})
    api.post(f"/{ORG}/{app}/notifiers", token, {"name": "doomed", **notifier})
    patterns = {"title_pattern": "{$fromNickname}", "content_pattern": "{$msg}"}
    for name in ("order", "doomed"):
        api.post(f"/{ORG}/{app}/notification/template", token, {"name": name, **patterns})
    for group in ("crew", "doomed"):
        new = {"groupid": group, "owner": "ann", "members": ["bob", "zed"]}
        api.post(f"/{ORG}/{app}/chatgroups", token, new)
        api.post(f"/{ORG}/{app}/chatgroups/{group}/admin", token, {"newadmin": "bob"})
    api.post(f"/{ORG}/{app}/users", token, {"username": "reader", "password": "1"})
    for label in ("vip", "doomed"):
        api.post(f"/{ORG}/{app}/push/label", token, {"name": label})
        api.post(f"/{ORG}/{app}/push/label/{label}/user", token, {"usernames": ["reader"]})
    canary = f"canary{secrets.token_hex(8)}"
    note("private", canary)
    for text in ("one", "two"):
        message = {"from": "ann", "to": ["reader"], "type": "txt", "body": {"msg": f"{canary} {text}"}}
        api.post(f"/{ORG}/{app}/messages/users", token, message)
    push = {"pushMessage": {"title": "Sale", "content": "Until Sunday"}}
    task = api.post(f"/{ORG}/{app}/push/task", token, push)["data"]
    stored_push = api.post(f"/{ORG}/{app}/push/message", token, push)["data"]
    receipt_secret = created["receipt_url"].rpartition("/")[2]
    note("credential", token, client["client_secret"], receipt_secret)
    return {
        "CURLEW_API_URL": state["api_url"],
        "CURLEW_OPERATOR_KEY": operator,
        "CURLEW_APP_TOKEN": token,
        "CURLEW_ORG": ORG,
        "CURLEW_APP": app,
        "CURLEW_DOOMED_APP": doomed,
        "CURLEW_REVOKED_APP": revoked,
        "CURLEW_TASK": task,
        "CURLEW_STORED_PUSH": stored_push,
        "CURLEW_RECEIPT_SECRET": receipt_secret,
    }


def main(arguments: list[str]) -> int:
    """Entry point."""
    try:
        state = json.loads(STATE_FILE.read_text())
    except FileNotFoundError:
        sys.exit("[openapi] error: no local stack runs; start it with `make up`")
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file", str(Path(__file__).with_name("schemathesis.toml")),
        "run", str(ROOT / "docs" / "openapi.yaml"), *arguments,
    ]  # fmt: skip
    return subprocess.run(command, cwd=LOCAL, env=os.environ | prepare(state), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
