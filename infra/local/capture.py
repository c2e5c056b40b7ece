"""Captures what the running version writes, for tests such as tests/it/upgrade: rows of every table and records of
every queue.

Usage: capture.py NAME

Plays `story.py` on the local stack, which must be fresh (`make up`), and writes tests/fixtures/upgrade/NAME. An
existing folder is never changed, because it belongs to a released version.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import boto3

from settings import REGION, ROOT, STACK_NAME, STATE_FILE, Settings, aws_environment
from story import APP, ORG, Refused, Story
from story_tasks import CROWD

FIXTURES = ROOT / "tests" / "fixtures" / "upgrade"
TABLES = {"AppsTable": "apps", "UsersTable": "users", "MessagesTable": "messages", "GroupsTable": "groups", "RuntimeTable": "runtime"}
# Maximum rows that are kept of those that many users have alike.
_ALIKE = {"member#": 8, "group#large": 8, "group#gone": 8, "b#bind#mate": 8, "suspect": 3}
_OF_CROWD = 4

Row = dict[str, Any]


def rows(table: Any) -> list[Row]:
    """Return a table's rows as DynamoDB's JSON, sorted by key. Of similar rows only the first few are kept."""
    found = [row for page in table["client"].get_paginator("scan").paginate(TableName=table["name"]) for row in page["Items"]]
    found.sort(key=lambda row: (row["pk"]["S"], row["sk"]["S"]))
    kept: list[Row] = []
    alike: dict[str, int] = {}
    for row in found:
        kind, most = _alike(row)
        alike[kind] = alike.get(kind, 0) + 1
        if most is not None and alike[kind] > most:
            continue
        kept.append({name: _written(value) for name, value in sorted(row.items())})
    return kept


def _alike(row: Row) -> tuple[str, int | None]:
    """Return what similar rows have in common, and how many of them are kept, if not all."""
    pk, sk = row["pk"]["S"], row["sk"]["S"]
    if pk.startswith(f"user#{ORG}#{CROWD}#"):
        return f"{CROWD} {sk.split('#')[0]}", _OF_CROWD
    kind = next((kind for kind in _ALIKE if sk.startswith(kind)), None)
    if kind is None:
        return "", None
    return f"{kind} {pk if kind == 'member#' else ''}", _ALIKE[kind]


def _written(value: dict[str, Any]) -> dict[str, Any]:
    """Return an attribute as DynamoDB's JSON, with bytes in base64."""
    (kind, inner), *_ = value.items()
    return {kind: base64.b64encode(inner).decode() if kind == "B" else inner}


def records(sent: Iterable[Row], queue: re.Pattern[str]) -> list[Any]:
    """Return one record of every shape from the matching queues."""
    kept: dict[str, Any] = {}
    for it in sent:
        if queue.fullmatch(it["queue"]):
            record = json.loads(it["entry"]["MessageBody"])
            kept.setdefault(json.dumps(_shape(record)), record)
    return list(kept.values())


def events(sent: Iterable[Row], queue: str) -> list[Row]:
    """Return records of callbacks: one event of every shape, each in a record of its own."""
    kept: dict[str, Any] = {}
    for it in sent:
        if it["queue"] == queue:
            record = json.loads(it["entry"]["MessageBody"])
            for event in record["events"]:
                kept.setdefault(json.dumps(_shape(event)), record | {"events": [event]})
    return list(kept.values())


# Fields whose value is part of a record's shape.
_TELLING = {"v", "class", "type", "verdict", "event"}


def _shape(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _shape(inner, name) for name, inner in sorted(value.items()) if name not in ("rules", "body", "ext", "custom")}
    if isinstance(value, list):
        return [_shape(value[0])] if value else []
    return value if name in _TELLING else ""


def capture(name: str) -> None:
    """Play the story and write the folder."""
    folder = FIXTURES / name
    if folder.exists():
        raise Refused(f"{folder} exists; what a landed version wrote is never changed")
    state = json.loads(STATE_FILE.read_text())
    environment = aws_environment(Settings.from_environment())
    session = boto3.Session(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
    clients = lambda service: session.client(service, endpoint_url=state["aws_endpoint_url"])  # noqa: E731
    story = Story(state, clients)
    story.play()
    told = {
        "app": f"{ORG}#{APP}",
        "captured_at": int(time.time() * 1000),
        "messages": story.messages,
        "answers": story.answers,
    }
    files: dict[str, Any] = {"story": told}
    for logical, short in TABLES.items():
        files[short] = rows({"client": clients("dynamodb"), "name": state["tables"][logical]})
    sent = story.sent()
    files["dispatch"] = records(sent, re.compile(f"{STACK_NAME}-dispatch"))
    files["push"] = records(sent, re.compile(f"{STACK_NAME}-push-[a-z]+"))
    files["direct"] = records(sent, re.compile(f"{STACK_NAME}-direct"))
    files["erase"] = records(sent, re.compile(f"{STACK_NAME}-erase"))
    files["callback"] = events(sent, f"{STACK_NAME}-callback")
    folder.mkdir(parents=True)
    for short, content in files.items():
        (folder / f"{short}.json").write_text(_lines(content))
    print(f"[capture] {folder}: " + ", ".join(f"{len(it)} {short}" for short, it in files.items() if short != "story"))


def _lines(content: Any, depth: int = 0) -> str:
    """Return JSON with a row, a record or an answer on each line."""
    if depth == 0 and isinstance(content, list):
        return "[\n" + ",\n".join(json.dumps(it, ensure_ascii=False) for it in content) + "\n]\n"
    if depth < 2 and isinstance(content, dict):
        members = (f"{json.dumps(name)}: {_lines(it, depth + 1).rstrip()}" for name, it in content.items())
        return "{\n" + ",\n".join(members) + "\n}\n"
    return json.dumps(content, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Entry point."""
    match arguments:
        case [name] if re.fullmatch(r"[0-9a-z-]+", name):
            try:
                capture(name)
            except (Refused, FileNotFoundError) as problem:
                print(f"[capture] error: {problem}", file=sys.stderr)
                return 1
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
