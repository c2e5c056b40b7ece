"""Completes the groups that earlier versions wrote: `make backfill`, once after an upgrade.

A membership is two rows of the table `Groups`: one under the group and one under the user, both with the time of
joining. Earlier versions wrote only the first row, without a time. This program scans the table and adds what is
missing. A member without a known time gets the creation of the group. It is the earliest possible time, so no message
is hidden from the member.

The program also removes rows of users who are no members. An earlier version leaves such rows behind when it runs again
for a while.

A member who was erased after the creation of the group leaves it. The erasure did not find the membership, because it
had no row under the user.

A group's row `head` names its newest message. A returning user does not look into a group without a head. Earlier
versions stored messages without a head. The program reads the newest message of every group from the table `Messages`.
It raises heads that are missing or older.

Every change of a membership is one transaction, on the condition that the member's row is as it was read. A head only
rises. The program may therefore run beside joins, leaves, deletions and messages. It may be stopped and repeated, and
continues where it stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from backfill_tables import Pace, Row, connect, find_tables, parts, pk_of, sk_of, tries
from botocore.exceptions import BotoCoreError, ClientError
from deployed import LOCAL, CommandError

# Rows of one read: few enough that reads are spread over the second.
_PAGE = 250
# Members of one transaction, two rows each. A transaction takes 100 items.
_AT_ONCE = 25
_PROGRESS_SECONDS = 5
# Time to live of cached erasures. An erasure sweeps again after 15 minutes. Its sweep finds everybody whose membership
# this program completed meanwhile.
_CACHED_SECONDS = 60
# Alphabet of message ids. Their first 10 characters hold the time: see https://github.com/ulid/spec.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Time from a head's newest message until the head expires: see shared/src/aws/dynamo/group_heads.rs.
_HEAD_MILLIS = 8 * 86_400_000

# Exit status of a run that stopped before the end because `--pages` asked for it.
UNFINISHED = 3

# The tables that it uses, as the template calls them.
_TABLES = ("GroupsTable", "MessagesTable", "RuntimeTable")


class State:
    """The position of a run, stored in a file."""

    def __init__(self, path: Path, table: str) -> None:
        self._path, self._table = path, table
        self.start: Row | None = None
        self.counts = dict.fromkeys(("read", "heads", "erased", "completed", "removed", "changed meanwhile"), 0)
        if path.exists():
            kept = json.loads(path.read_text())
            # An earlier version's file does not cover heads and erasures. The run starts again.
            if kept["table"] == table and kept["counts"].keys() == self.counts.keys():
                self.start, self.counts = kept["start"], kept["counts"]

    def keep(self, start: Row) -> None:
        """Store the key after which the run continues."""
        self.start = start
        self._path.parent.mkdir(parents=True, exist_ok=True)
        written = self._path.with_suffix(".new")
        written.write_text(json.dumps({"table": self._table, "start": start, "counts": self.counts}))
        written.replace(self._path)

    def done(self) -> None:
        """Delete the file."""
        self._path.unlink(missing_ok=True)


class Backfill:
    """A scan of the table `Groups`."""

    def __init__(self, client: Any, tables: dict[str, str], pace: Pace, state: State) -> None:
        self._client, self._pace, self._state = client, pace, state
        self._table, self._messages, self._runtime = (tables[name] for name in _TABLES)
        self._group: tuple[str, Row | None] = ("", None)
        # The last head that was read. A group's head sorts before its own row.
        self._head = ("", "")
        # The times of erasures, and when they were cached.
        self._erased: dict[str, int | None] = {}
        self._erased_since = 0.0

    def run(self, pages: int | None) -> bool:
        """Scan at most so many pages. Returns whether the end was reached."""
        told = time.monotonic()
        about = self._client.describe_table(TableName=self._table)["Table"].get("ItemCount", 0)
        while pages is None or pages > 0:
            pages = None if pages is None else pages - 1
            found = self._scan()
            self._state.counts["read"] += len(found["Items"])
            self._raise_heads(found["Items"])
            self._complete(found["Items"])
            self._remove(found["Items"])
            if "LastEvaluatedKey" not in found:
                self._state.done()
                return True
            self._state.keep(found["LastEvaluatedKey"])
            if time.monotonic() - told >= _PROGRESS_SECONDS:
                told = time.monotonic()
                print(f"[backfill] {summary(self._state.counts)}{_share(self._state.counts['read'], about)}", flush=True)
        return False

    def _scan(self) -> Row:
        start = {"ExclusiveStartKey": self._state.start} if self._state.start else {}
        return self._ask("scan", TableName=self._table, Limit=_PAGE, **start)

    def _ask(self, operation: str, **arguments: Any) -> Row:
        self._pace.wait()
        answer: Row = getattr(self._client, operation)(ReturnConsumedCapacity="TOTAL", **arguments)
        self._pace.used(answer)
        return answer

    # ---- heads ----

    def _raise_heads(self, rows: list[Row]) -> None:
        for row in rows:
            pk, sk = pk_of(row), sk_of(row)
            if not pk.startswith("group#"):
                continue
            if sk == "head":
                self._head = (pk, str(row.get("last", {"S": ""})["S"]))
            elif sk == "meta":
                newest = self._newest(pk)
                seen = self._head[1] if self._head[0] == pk else ""
                # Ids sort by their time, and a head never moves back.
                if newest > seen and _head_ends(newest) > time.time():
                    self._state.counts["heads"] += self._raise_head(pk, newest)

    def _newest(self, pk: str) -> str:
        """Return the id of the group's newest message, or an empty text."""
        found = self._ask(
            "query",
            TableName=self._messages,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :message)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":message": {"S": "m#"}},
            ProjectionExpression="sk",
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )
        return next((sk_of(row).removeprefix("m#") for row in found["Items"]), "")

    def _raise_head(self, pk: str, newest: str) -> int:
        """Count the message as the newest, unless the head names it or a newer one. Returns how many heads changed."""
        try:
            self._ask(
                "update_item",
                TableName=self._table,
                Key={"pk": {"S": pk}, "sk": {"S": "head"}},
                UpdateExpression="ADD n :one SET #last = :id, expires_at = :end",
                ConditionExpression="attribute_not_exists(#last) OR #last < :id",
                ExpressionAttributeNames={"#last": "last"},
                ExpressionAttributeValues={":one": {"N": "1"}, ":id": {"S": newest}, ":end": {"N": str(_head_ends(newest))}},
            )
            return 1
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return 0

    # ---- members without the second row ----

    def _complete(self, rows: list[Row]) -> None:
        older = [row for row in rows if sk_of(row).startswith("member#") and "joined_at" not in row]
        for pk, members in groupby(older, pk_of):
            group = self._meta(pk)
            # An incomplete group is invisible. The next call for its id removes it.
            if group is None or "creating" in group:
                continue
            for part in parts(list(members), _AT_ONCE):
                erased = self._erased_of(part, group)
                staying = [member for member in part if sk_of(member) not in erased]
                self._count("completed", self._transact([self._both_rows(member, group) for member in staying]), len(staying))
                for member in part:
                    # One at a time: a transaction changes the number of members once.
                    if sk_of(member) in erased:
                        self._count("erased", self._transact([self._leave(member, group)]), 1)

    def _count(self, name: str, done: int, of: int) -> None:
        self._state.counts[name] += done
        self._state.counts["changed meanwhile"] += of - done

    def _meta(self, pk: str) -> Row | None:
        if self._group[0] != pk:
            key = {"pk": {"S": pk}, "sk": {"S": "meta"}}
            self._group = (pk, self._ask("get_item", TableName=self._table, Key=key, ConsistentRead=True).get("Item"))
        return self._group[1]

    def _both_rows(self, member: Row, group: Row) -> list[Row]:
        joined = {"joined_at": group["created_at"]}
        update = {
            "TableName": self._table,
            "Key": {"pk": member["pk"], "sk": member["sk"]},
            "UpdateExpression": "SET joined_at = :at",
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(joined_at)",
            "ExpressionAttributeValues": {":at": group["created_at"]},
        }
        return [{"Update": update}, {"Put": {"TableName": self._table, "Item": _other_key(member) | joined | {"name": group["name"]}}}]

    # ---- members who were erased ----

    def _erased_of(self, members: list[Row], group: Row) -> set[str]:
        """Return the sort keys of members who were erased after the creation of the group."""
        if time.monotonic() - self._erased_since > _CACHED_SECONDS:
            self._erased, self._erased_since = {}, time.monotonic()
        keys = {sk_of(member): _erasure_key(_other_key(member)) for member in members}
        unknown = [key for key in keys.values() if pk_of(key) not in self._erased]
        if unknown:
            found = {pk_of(row): int(row["erased_at"]["N"]) for row in self._get(self._runtime, unknown, "pk, erased_at")}
            self._erased |= {pk_of(key): found.get(pk_of(key)) for key in unknown}
        created = int(group["created_at"]["N"])
        times = {sk: self._erased[pk_of(key)] for sk, key in keys.items()}
        return {sk for sk, at in times.items() if at is not None and at >= created}

    def _leave(self, member: Row, group: Row) -> list[Row]:
        less = {
            "TableName": self._table,
            "Key": {"pk": group["pk"], "sk": group["sk"]},
            "UpdateExpression": "ADD members :one_less",
            "ConditionExpression": "created_at = :at AND attribute_not_exists(creating)",
            "ExpressionAttributeValues": {":one_less": {"N": "-1"}, ":at": group["created_at"]},
        }
        delete = {
            "TableName": self._table,
            "Key": {"pk": member["pk"], "sk": member["sk"]},
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(joined_at)",
        }
        return [{"Update": less}, {"Delete": delete}, {"Delete": {"TableName": self._table, "Key": _other_key(member)}}]

    # ---- users' rows without a member ----

    def _remove(self, rows: list[Row]) -> None:
        of_users = [row for row in rows if pk_of(row).startswith("user#") and sk_of(row).startswith("group#")]
        for part in parts(of_users, 100):
            found = self._get(self._table, [_other_key(row) for row in part], "pk, sk")
            members = {(pk_of(row), sk_of(row)) for row in found}
            for row in part:
                other = _other_key(row)
                if (other["pk"]["S"], other["sk"]["S"]) in members:
                    continue
                check = {"TableName": self._table, "Key": other, "ConditionExpression": "attribute_not_exists(pk)"}
                delete = {"TableName": self._table, "Key": {"pk": row["pk"], "sk": row["sk"]}}
                self._count("removed", self._transact([[{"ConditionCheck": check}, {"Delete": delete}]]), 1)

    def _get(self, table: str, keys: list[Row], attributes: str) -> Iterator[Row]:
        left = {table: {"Keys": keys, "ConsistentRead": True, "ProjectionExpression": attributes}}
        for _ in tries():
            answer = self._ask("batch_get_item", RequestItems=left)
            yield from answer["Responses"].get(table, [])
            left = answer.get("UnprocessedKeys") or {}
            if not left:
                return
        raise CommandError("the table is too busy; run it again to continue")

    # ---- writing ----

    def _transact(self, changes: list[list[Row]]) -> int:
        """Make those of the changes whose condition holds; returns how many."""
        for _ in tries():
            if not changes:
                return 0
            try:
                self._ask("transact_write_items", TransactItems=[item for change in changes for item in change])
                return len(changes)
            except ClientError as problem:
                if problem.response["Error"]["Code"] != "TransactionCanceledException":
                    raise
                codes = iter([reason.get("Code") for reason in problem.response["CancellationReasons"]])
                refused = [any([next(codes) == "ConditionalCheckFailed" for _ in change]) for change in changes]
                changes = [change for change, no in zip(changes, refused, strict=True) if not no]
        raise CommandError("the table is too busy; run it again to continue")


def _other_key(row: Row) -> Row:
    """The key of the other row of a membership."""
    kind, org, app, name = pk_of(row).split("#", 3)
    other = sk_of(row).split("#", 1)[1]
    here, there = ("group", "member") if kind == "user" else ("user", "group")
    return {"pk": {"S": f"{here}#{org}#{app}#{other}"}, "sk": {"S": f"{there}#{name}"}}


def _erasure_key(membership: Row) -> Row:
    """The key of the note that a user was erased, from the key of a membership of theirs: see shared/src/aws/dynamo/erasures.rs."""
    _, org, app, user = pk_of(membership).split("#", 3)
    name = hashlib.sha256(f"{org}#{app}\n{user}".encode()).hexdigest()
    return {"pk": {"S": f"gone#{name}"}, "sk": {"S": "gone"}}


def _head_ends(message: str) -> int:
    """Return when a head with this newest message expires, in Unix seconds."""
    accepted = 0
    for digit in message[:10]:
        accepted = accepted * 32 + _DIGITS.index(digit)
    return (accepted + _HEAD_MILLIS) // 1000


def summary(counts: dict[str, int]) -> str:
    """Return the counts of a run as text."""
    return (
        f"{counts['read']} rows read, {counts['heads']} heads raised, {counts['erased']} erased members removed, "
        f"{counts['completed']} memberships completed, {counts['removed']} rows of users removed, "
        f"{counts['changed meanwhile']} changed meanwhile"
    )


def _share(read: int, about: int) -> str:
    # DynamoDB updates the number of rows every six hours, so the share is an estimate.
    return f" (about {min(99, 100 * read // about)} %)" if about else ""


def main(arguments: Iterable[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--environment", default="default", help="environment of samconfig.toml whose stack it is")
    parser.add_argument("--stack", help="the stack's name, in place of the environment's")
    parser.add_argument("--local", action="store_true", help="the local stack")
    parser.add_argument("--tables", nargs=3, metavar=("GROUPS", "MESSAGES", "RUNTIME"), help="the tables themselves")
    parser.add_argument("--endpoint", help="where the tables are, if not in AWS")
    parser.add_argument("--units", type=float, default=200, help="most capacity units a second, reads and writes (200)")
    parser.add_argument("--pages", type=int, help="stop after so many pages")
    parser.add_argument("--state", type=Path, help="where to keep how far it got")
    chosen = parser.parse_args(list(arguments) if arguments is not None else None)
    if chosen.units <= 0:
        parser.error("--units must be more than 0")
    try:
        tables, endpoint = find_tables(chosen, _TABLES)
        table = tables["GroupsTable"]
        state = State(chosen.state or LOCAL / f"backfill-{table}.json", table)
        print(f"[backfill] table {table}{', going on where it stopped' if state.start else ''}", flush=True)
        finished = Backfill(connect(endpoint), tables, Pace(chosen.units), state).run(chosen.pages)
        print(f"[backfill] {'done' if finished else 'stopped'}: {summary(state.counts)}", flush=True)
        return 0 if finished else UNFINISHED
    except KeyboardInterrupt:
        print("[backfill] stopped; run it again to continue", file=sys.stderr)
        return UNFINISHED
    except (CommandError, BotoCoreError, ClientError) as problem:
        print(f"[backfill] error: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
