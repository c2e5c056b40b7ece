"""Tests of the meter's units, on cases computed by hand from DynamoDB's rules. A read unit is a started 4 KB, half of
it when eventually consistent. A write unit is a started KB, and counts twice in a transaction. Refused writes cost the
same.

Usage: LOG_LEVEL=ERROR python -m unittest discover --start-directory infra/local
"""

from __future__ import annotations

import asyncio
import json
import unittest
from typing import Any
from unittest import mock

from ministack.services import dynamodb

import meter

TABLE = "Rows"
KEYS = [("pk", "HASH"), ("sk", "RANGE")]
SCHEMA = {
    "TableName": TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name, _ in KEYS],
    "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in KEYS],
}
OF_ALL = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "p"}}}
NEW = {"ConditionExpression": "attribute_not_exists(pk)"}
THERE = {"ConditionExpression": "attribute_exists(pk)"}
CHANGE = {"UpdateExpression": "SET w = :w", "ExpressionAttributeValues": {":w": {"S": "w"}}}


def key(sk: str) -> Any:
    return {"pk": {"S": "p"}, "sk": {"S": sk}}


def row(sk: str, size: int) -> Any:
    """Return a row of so many bytes. The names of its attributes count."""
    return key(sk) | {"v": {"S": "x" * (size - len("pk" "p" "sk" "v") - len(sk))}}


class Units(unittest.TestCase):
    """Units of calls on the rows a of 1024 bytes, b of 1025, c of 4097."""

    def setUp(self) -> None:
        role = mock.patch.object(meter, "request_caller_arn", return_value="arn:aws:sts::0:assumed-role/role/function")
        role.start()
        self.addCleanup(role.stop)
        self.handle = meter._counted(dynamodb.handle_request, meter._dynamodb)
        self.call(dynamodb.handle_request, "CreateTable", SCHEMA)
        self.addCleanup(lambda: self.call(dynamodb.handle_request, "DeleteTable", {"TableName": TABLE}))
        for sk, size in {"a": 1024, "b": 1025, "c": 4097}.items():
            self.call(dynamodb.handle_request, "PutItem", {"TableName": TABLE, "Item": row(sk, size)})

    def call(self, handle: Any, action: str, asked: Any) -> None:
        asyncio.run(handle("POST", "/", {"x-amz-target": f"DynamoDB.{action}"}, json.dumps(asked).encode(), {}))

    def units(self, action: str, asked: Any) -> tuple[float, float]:
        """Return the read and write units of one call."""
        meter._usage.clear()
        self.call(self.handle, action, asked)
        (used,) = meter._usage.values()
        self.assertEqual(used["requests"], 1)
        return used["read_units"], used["write_units"]

    def of_row(self, action: str, **asked: Any) -> tuple[float, float]:
        return self.units(action, {"TableName": TABLE} | asked)

    def transaction(self, *operations: tuple[str, Any]) -> tuple[float, float]:
        items = [{kind: {"TableName": TABLE} | operation} for kind, operation in operations]
        return self.units("TransactWriteItems", {"TransactItems": items})

    def test_a_read_is_billed_by_started_4_kb_and_half_when_eventually_consistent(self) -> None:
        self.assertEqual(self.of_row("GetItem", Key=key("a"), ConsistentRead=True), (1, 0))
        self.assertEqual(self.of_row("GetItem", Key=key("a")), (0.5, 0))
        self.assertEqual(self.of_row("GetItem", Key=key("c"), ConsistentRead=True), (2, 0))
        self.assertEqual(self.of_row("GetItem", Key=key("none")), (0.5, 0))

    def test_a_query_is_billed_by_the_sum_of_its_rows_and_a_batch_row_by_row(self) -> None:
        self.assertEqual(self.of_row("Query", ConsistentRead=True, **OF_ALL), (2, 0))
        self.assertEqual(self.of_row("Query", **OF_ALL), (1, 0))
        keys = {TABLE: {"Keys": [key("a"), key("b"), key("none")]}}
        self.assertEqual(self.units("BatchGetItem", {"RequestItems": keys}), (1.5, 0))

    def test_what_a_read_leaves_out_is_billed(self) -> None:
        some = {"ProjectionExpression": "sk"}
        self.assertEqual(self.of_row("Query", **OF_ALL, **some), (1, 0))
        self.assertEqual(self.of_row("Query", Select="COUNT", **OF_ALL), (1, 0))
        self.assertEqual(self.of_row("GetItem", Key=key("c"), **some), (1, 0))
        self.assertEqual(self.units("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [key("c")]} | some}}), (1, 0))
        none = {"FilterExpression": "#w = :w", "ExpressionAttributeNames": {"#w": "w"}}
        values = OF_ALL["ExpressionAttributeValues"] | {":w": {"S": "w"}}
        self.assertEqual(self.of_row("Query", **(OF_ALL | none | {"ExpressionAttributeValues": values})), (1, 0))

    def test_a_write_is_billed_by_started_kb_of_the_larger_of_old_and_new_row(self) -> None:
        self.assertEqual(self.of_row("PutItem", Item=row("d", 1024)), (0, 1))
        self.assertEqual(self.of_row("PutItem", Item=row("e", 1025)), (0, 2))
        self.assertEqual(self.of_row("UpdateItem", Key=key("c"), **CHANGE), (0, 5))
        self.assertEqual(self.of_row("PutItem", Item=row("c", 100)), (0, 5))
        self.assertEqual(self.of_row("DeleteItem", Key=key("b")), (0, 2))
        puts = [{"PutRequest": {"Item": row("f", 1024)}}, {"PutRequest": {"Item": row("g", 1025)}}]
        self.assertEqual(self.units("BatchWriteItem", {"RequestItems": {TABLE: puts}}), (0, 3))

    def test_a_transaction_is_billed_twice(self) -> None:
        put, update = ("Put", {"Item": row("d", 1024)}), ("Update", {"Key": key("b")} | CHANGE)
        self.assertEqual(self.transaction(put, update), (0, 6))

    def test_units_are_counted_by_partition(self) -> None:
        meter._partitions.clear()
        other = {"pk": {"S": "q"}, "sk": {"S": "a"}}
        self.of_row("PutItem", Item=row("d", 1025))
        puts = [{"PutRequest": {"Item": row("f", 1024)}}, {"PutRequest": {"Item": other}}]
        self.units("BatchWriteItem", {"RequestItems": {TABLE: puts}})
        self.transaction(("Put", {"Item": row("h", 100)}), ("Delete", {"Key": other}))
        self.assertEqual(meter._partitions, {(TABLE, "p"): 5, (TABLE, "q"): 3})

    def test_a_refused_write_is_billed_by_the_row_that_is_there(self) -> None:
        self.assertEqual(self.of_row("PutItem", Item=row("b", 100), **NEW), (0, 2))
        self.assertEqual(self.of_row("UpdateItem", Key=key("none"), **CHANGE, **THERE), (0, 1))
        self.assertEqual(self.transaction(("Put", {"Item": row("a", 100)} | NEW)), (0, 2))


class Messages(unittest.TestCase):
    """Messages of a WebSocket API."""

    def setUp(self) -> None:
        meter._usage.clear()

    def counted(self) -> dict[tuple[str, ...], tuple[int, int]]:
        return {key[0:1] + key[2:]: (used["requests"], used["billed"]) for key, used in meter._usage.items()}

    def test_frames_of_clients_and_answers_are_billed_by_started_32_kb(self) -> None:
        async def invoke(*_: Any) -> Any:
            return {"statusCode": 200, "body": "x" * 32769}

        frames = meter._frames(invoke)
        for kind in ("CONNECT", "MESSAGE", "MESSAGE", "DISCONNECT"):
            asyncio.run(frames("api", "0", "here", {"routeKey": "$default"}, "live", "id", kind, "request", "x" * 32768))
        self.assertEqual(self.counted(), {("client", "Receive", "$default"): (2, 2), ("client", "Answer", "$default"): (2, 4)})

    def test_posts_of_functions_are_billed_when_they_are_sent(self) -> None:
        async def handle(method: str, _api: str, _stage: str, connection: str, *_: Any) -> Any:
            return (410 if connection == "gone" else 200), {}, b""

        posts, role = meter._posts(handle), "arn:aws:sts::0:assumed-role/role/function"
        with mock.patch.object(meter, "request_caller_arn", side_effect=[role, role, role, "arn:aws:iam::0:user/test"]):
            for method, connection in (("POST", "here"), ("POST", "gone"), ("DELETE", "here"), ("POST", "here")):
                asyncio.run(posts(method, "api", "live", connection, b"x" * 32769, {}))
        billed = {("function", "POST connection", ""): (2, 2), ("function", "DELETE connection", ""): (1, 0)}
        self.assertEqual(self.counted(), billed)


if __name__ == "__main__":
    unittest.main()
