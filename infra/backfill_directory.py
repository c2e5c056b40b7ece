"""Lists the users, groups and apps that earlier versions did not list: `make backfill`, once after an upgrade.

The deletion of an app erases the users in its directory. This program scans the tables `Users` and `Groups` and lists
whoever is missing. Then it notes in every app that the directory is complete. Until then the name of a deleted app
stays reserved. `infra/backfill.py` runs first, because the note also says that the groups are complete.

`GET /management/apps` shows the apps in the directory of apps. A scan of the table `Apps` lists missing apps and
removes entries of deleted ones. Earlier versions create apps without listing them, and free the name of a deleted app
without removing its entry.

Every change is one transaction, on the condition that a row of the user or group exists. Nobody who was erased
meanwhile is listed. The program may be stopped and repeated: it then starts again, and existing entries stay. No
function of an earlier version may run any more, because it would make users known without listing them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from backfill_tables import Pace, Row, connect, find_tables, parts, pk_of, sk_of, tries
from botocore.exceptions import BotoCoreError, ClientError
from deployed import CommandError

# Rows of one read.
_PAGE = 250
# Time from which creations are counted back: see shared/src/aws/dynamo/group_directory.rs.
_END = 9_999_999_999_999
# Partition key of the directory of apps: see shared/src/aws/dynamo/app_directory.rs.
_APPS = "apps"
# The tables that the program uses, by their logical ids in the template.
_TABLES = ("UsersTable", "GroupsTable", "AppsTable")


def shard(user: str) -> str:
    """Return the digit of a user's shard: see shared/src/domain/directory.rs."""
    value = 0x811C9DC5
    for byte in user.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    folded = value ^ value >> 16
    return f"{(folded ^ folded >> 8) % 16:x}"


class Directory:
    """A scan of the tables."""

    def __init__(self, client: Any, pace: Pace) -> None:
        self._client, self._pace = client, pace

    def list_users(self, table: str) -> int:
        """List users who have a row. Returns how many were listed."""
        listed = 0
        for rows in self._pages(table):
            # Nobody is known by the marks of the offline store alone.
            known = {pk_of(row): row for row in rows if pk_of(row).startswith("user#") and sk_of(row) != "c#inbox"}
            entries = {pk: _entry_of_user(pk) for pk in known}
            for pk in self._missing(table, entries):
                update = {
                    "TableName": table,
                    "Key": entries[pk],
                    "UpdateExpression": "ADD #times :one",
                    "ExpressionAttributeNames": {"#times": "times"},
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
                listed += self._write({"Update": update}, table, known[pk])
        return listed

    def list_groups(self, table: str) -> int:
        """List the groups. Returns how many were listed."""
        listed = 0
        for rows in self._pages(table):
            groups = {pk_of(row): row for row in rows if pk_of(row).startswith("group#") and sk_of(row) == "meta"}
            entries = {pk: _entry_of_group(row) for pk, row in groups.items()}
            for pk in self._missing(table, entries):
                listed += self._write(_put(table, entries[pk]), table, groups[pk])
        return listed

    def complete_apps(self, table: str) -> tuple[int, int, int]:
        """Note that the directory of every app is complete, and list the apps. Returns how many were noted, listed and
        removed from the list.
        """
        noted = listed = gone = 0
        for rows in self._pages(table):
            apps = [row for row in rows if pk_of(row).startswith("app#") and sk_of(row) == "app"]
            for row in apps:
                update = {"TableName": table, "Key": _key(row), "UpdateExpression": "SET users_listed = :yes"}
                update |= {"ExpressionAttributeValues": {":yes": {"BOOL": True}}}
                noted += self._write({"Update": update | {"ConditionExpression": "attribute_exists(pk)"}})
            listed += self._list_apps(table, apps)
            gone += self._take_off(table, [row for row in rows if pk_of(row) == _APPS])
        return noted, listed, gone

    def _list_apps(self, table: str, apps: list[Row]) -> int:
        # A version before may have left the entry of a former app of the name: the creation must be the same. Of an app that an early
        # version deleted it is not known; it is not shown, either.
        known = {pk_of(row): row for row in apps if "created_at" in row}
        missing = self._missing(table, {pk: _entry_of_app(row) for pk, row in known.items()}, "created_at")
        return sum(self._write(_put(table, _entry_of_app(known[pk])), table, known[pk], "created_at") for pk in missing)

    def _take_off(self, table: str, entries: list[Row]) -> int:
        apps = {sk_of(entry): {"pk": {"S": f"app#{sk_of(entry)}"}, "sk": {"S": "app"}} for entry in entries}
        missing = self._missing(table, apps)
        off = 0
        for name in missing:
            entry = {"pk": {"S": _APPS}, "sk": {"S": name}}
            check = {"TableName": table, "Key": apps[name], "ConditionExpression": "attribute_not_exists(pk)"}
            off += self._transact([{"Delete": {"TableName": table, "Key": entry}}, {"ConditionCheck": check}])
        return off

    def _pages(self, table: str) -> Iterator[list[Row]]:
        start: Row = {}
        while True:
            found = self._ask("scan", TableName=table, Limit=_PAGE, ProjectionExpression="pk, sk, created_at", **start)
            yield found["Items"]
            if "LastEvaluatedKey" not in found:
                return
            start = {"ExclusiveStartKey": found["LastEvaluatedKey"]}

    def _missing(self, table: str, entries: dict[str, Row], attribute: str = "sk") -> list[str]:
        """Return the names whose row is missing in the table, or has another value of this attribute."""
        there = set()
        for part in parts(list(entries.values()), 100):
            left = {table: {"Keys": [_key(row) for row in part], "ConsistentRead": True}}
            for _ in tries():
                answer = self._ask("batch_get_item", RequestItems=left)
                there |= {(pk_of(row), sk_of(row), str(row.get(attribute))) for row in answer["Responses"].get(table, [])}
                left = answer.get("UnprocessedKeys") or {}
                if not left:
                    break
            else:
                raise CommandError("the table is too busy; run it again")
        return [name for name, row in entries.items() if (pk_of(row), sk_of(row), str(row.get(attribute))) not in there]

    def _write(self, change: Row, table: str = "", seen: Row | None = None, attribute: str = "pk") -> int:
        """Make a change while the row that was seen exists with the same attribute. Returns how many changes were made.
        """
        if seen is None:
            return self._transact([change])
        check = {"TableName": table, "Key": _key(seen), "ConditionExpression": "#same = :same"}
        check |= {"ExpressionAttributeNames": {"#same": attribute}}
        check |= {"ExpressionAttributeValues": {":same": seen[attribute]}}
        return self._transact([change, {"ConditionCheck": check}])

    def _transact(self, items: list[Row]) -> int:
        for _ in tries():
            try:
                self._ask("transact_write_items", TransactItems=items)
                return 1
            except ClientError as problem:
                if problem.response["Error"]["Code"] != "TransactionCanceledException":
                    raise
                codes = [reason.get("Code") for reason in problem.response["CancellationReasons"]]
                if "ConditionalCheckFailed" in codes:
                    return 0
        raise CommandError("the table is too busy; run it again")

    def _ask(self, operation: str, **arguments: Any) -> Row:
        self._pace.wait()
        answer: Row = getattr(self._client, operation)(ReturnConsumedCapacity="TOTAL", **arguments)
        self._pace.used(answer)
        return answer


def _key(row: Row) -> Row:
    return {"pk": row["pk"], "sk": row["sk"]}


def _put(table: str, row: Row) -> Row:
    return {"Put": {"TableName": table, "Item": row}}


def _entry_of_app(app: Row) -> Row:
    return {"pk": {"S": _APPS}, "sk": {"S": pk_of(app).removeprefix("app#")}, "created_at": app["created_at"]}


def _entry_of_user(pk: str) -> Row:
    _, org, app, user = pk.split("#", 3)
    return {"pk": {"S": f"dir#{org}#{app}#{shard(user)}"}, "sk": {"S": user}}


def _entry_of_group(meta: Row) -> Row:
    _, org, app, group = pk_of(meta).split("#", 3)
    created = int(meta["created_at"]["N"])
    month = datetime.fromtimestamp(created / 1000, UTC).strftime("%Y%m")
    return {"pk": {"S": f"gdir#{org}#{app}#{month}"}, "sk": {"S": f"{_END - created:013}#{group}"}}


def main(arguments: Iterable[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--environment", default="default", help="environment of samconfig.toml whose stack it is")
    parser.add_argument("--stack", help="the stack's name, in place of the environment's")
    parser.add_argument("--local", action="store_true", help="the local stack")
    parser.add_argument("--tables", nargs=3, metavar=("USERS", "GROUPS", "APPS"), help="the tables themselves")
    parser.add_argument("--endpoint", help="where the tables are, if not in AWS")
    parser.add_argument("--units", type=float, default=200, help="most capacity units a second, reads and writes (200)")
    chosen = parser.parse_args(list(arguments) if arguments is not None else None)
    if chosen.units <= 0:
        parser.error("--units must be more than 0")
    try:
        tables, endpoint = find_tables(chosen, _TABLES)
        directory = Directory(connect(endpoint), Pace(chosen.units))
        users = directory.list_users(tables["UsersTable"])
        groups = directory.list_groups(tables["GroupsTable"])
        apps, listed, gone = directory.complete_apps(tables["AppsTable"])
        done = f"{users} users and {groups} groups listed, {apps} apps complete, {listed} apps listed, {gone} taken off"
        print(f"[backfill] done: {done}", flush=True)
        return 0
    except KeyboardInterrupt:
        print("[backfill] stopped; run it again, it starts from the beginning", file=sys.stderr)
        return 3
    except (CommandError, BotoCoreError, ClientError) as problem:
        print(f"[backfill] error: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
